"""Formats that are known and not read: each is inconclusive, with a sentence that says why."""

from typing import Final

from imports.scanning.examination import Examination, Format, Scan
from imports.scanning.formats.saying import malformed
from imports.scanning.sources import Source

_SOUND: Final = "Sound and film of this form are recognised and not read."
_MAGICS: Final = {
    b"lmgg": "The old GGML format has no description of itself; convert it to GGUF.",
    b"fmgg": "The old GGML format has no description of itself; convert it to GGUF.",
    b"tjgg": "The old GGML format has no description of itself; convert it to GGUF.",
    b"algg": "The old GGML format has no description of itself; convert it to GGUF.",
    b"OggS": _SOUND,
    b"fLaC": _SOUND,
    b"ID3": _SOUND,
    b"\xff\xfb": _SOUND,
    b"\x1aE\xdf\xa3": _SOUND,
    b"SQLite format 3\0": "Databases of SQLite are not read here.",
    b"ftrt": "Engines of TensorRT hold code for one machine and are not read here.",
    b"Obj\x01": "Avro is not read here.",
    b"ORC": "ORC is not read here.",
}


def recognises(source: Source) -> bool:
    """Say whether a known magic comes first."""
    return source.head.startswith(tuple(_MAGICS))


def examine(source: Source, scan: Scan) -> Examination:
    """Refuse it with its sentence."""
    scan.check_time(source.place)
    sentence = next(text for magic, text in _MAGICS.items() if source.head.startswith(magic))
    raise malformed(source, "format_not_read", sentence)


FORMAT: Final = Format("not-read", frozenset({".ggml"}), recognises, examine)
