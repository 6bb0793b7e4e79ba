"""Archives and compressed streams that are known and not read here."""

from typing import Final

from imports.scanning.examination import Examination, Format, Malformed, Scan
from imports.scanning.sources import Source

_MAGICS: Final = {
    b"7z\xbc\xaf\x27\x1c": "7-Zip archives",
    b"Rar!\x1a\x07": "RAR archives",
    b"MSCF\0\0\0\0": "cabinet archives",
    b"\x28\xb5\x2f\xfd": "Zstandard streams",
    b"\x1f\x9d": "compress streams",
    b"ZF0x": "compressed files of joblib before 0.9.3",
}


def _name(source: Source) -> str | None:
    return next((name for magic, name in _MAGICS.items() if source.head.startswith(magic)), None)


def _examine(source: Source, _: Scan) -> Examination:
    sentence = f"It is one of {_name(source)}, which are not read here. Send its content itself."
    raise Malformed("archive_not_read", sentence, source.place)


FORMAT: Final = Format(
    name="archive",
    extensions=frozenset({".7z", ".cab", ".rar", ".zst"}),
    recognises=lambda source: _name(source) is not None,
    examine=_examine,
)
