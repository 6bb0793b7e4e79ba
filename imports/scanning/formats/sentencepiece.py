"""SentencePiece models (``spiece.model``, ``tokenizer.model``): pieces with scores."""

from typing import Final

from imports.scanning.examination import Examination, Format, Scan
from imports.scanning.formats.protobuf import BYTES, FIXED32, VARINT, Field, Wire, looks_like
from imports.scanning.formats.saying import malformed
from imports.scanning.sources import Source

_MODEL: Final = {1: BYTES, 2: BYTES, 3: BYTES, 4: BYTES, 5: BYTES}
_PIECE: Final = {1: BYTES, 2: FIXED32, 3: VARINT}


def recognises(source: Source) -> bool:
    """Say whether a short piece, with its score right behind it, comes first."""
    head = source.head
    if len(head) < 9 or head[0] != 0x0A or head[2] != 0x0A:  # noqa: PLR2004 -- tag, length, tag.
        return False
    score = 4 + head[3]
    return head[score : score + 1] == b"\x15" and looks_like(source, _MODEL)


def examine(source: Source, scan: Scan) -> Examination:
    """Hold every field against what a model consists of."""
    wire = Wire(source, scan)
    for each in wire.fields(wire.whole()):
        if _MODEL.get(each.number) != each.wire:
            sentence = f"A SentencePiece model has no field {each.number} of this kind."
            raise malformed(source, "field_unknown", sentence)
        if each.number == 1:
            _check_piece(wire, each)
        else:
            for _ in wire.fields(each, 1):
                pass
    return Examination()


def _check_piece(wire: Wire, piece: Field) -> None:
    for each in wire.fields(piece, 1):
        if _PIECE.get(each.number) != each.wire:
            sentence = f"A piece has no field {each.number} of this kind."
            raise malformed(wire.source, "field_unknown", sentence)


FORMAT: Final = Format("sentencepiece", frozenset({".spm"}), recognises, examine)
