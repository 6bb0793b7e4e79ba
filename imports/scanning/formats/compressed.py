"""Compressed streams: what they expand to is examined, within limits."""

import re
from typing import Final

from imports.scanning.archives.expanding import (
    BZ2,
    GZIP,
    LZ4,
    LZMA,
    XZ,
    ZLIB,
    Compression,
    examine_expanded,
    expanded,
)
from imports.scanning.examination import Examination, Format, Malformed, Scan
from imports.scanning.sources import Source, part_of

_MAGICS: Final = (
    (b"\x1f\x8b", GZIP),
    (b"\xfd7zXZ\0", XZ),
    (b"\x04\x22\x4d\x18", LZ4),
)
# Their first bytes are short, so that the rest has to begin well, too.
_WEAK_MAGICS: Final = ((b"\x78", ZLIB), (b"\x5d\0\0", LZMA))
_EXTENSIONS: Final = frozenset(
    {".bz2", ".gz", ".lz4", ".lzma", ".tbz2", ".tgz", ".txz", ".xz", ".z"}
)
# Its first block, or its end where there is none.
_BZIP2: Final = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_ZLIB_HEADER: Final = 31


def _compression(source: Source) -> Compression | None:
    for magic, compression in _MAGICS:
        if source.head.startswith(magic):
            return compression
    if _BZIP2.match(source.head):
        return BZ2
    for magic, compression in _WEAK_MAGICS:
        if source.head.startswith(magic) and _begins_well(source, compression):
            return compression
    return None


def _begins_well(source: Source, compression: Compression) -> bool:
    if compression is ZLIB and int.from_bytes(source.head[:2], "big") % _ZLIB_HEADER:
        return False
    try:
        next(expanded(part_of(source, 0, source.size), compression), b"")
    except Malformed:
        return False
    return True


def _examine(source: Source, scan: Scan) -> Examination:
    compression = _compression(source)
    assert compression is not None
    stem, _, extension = source.name.rpartition(".")
    name = stem if f".{extension.lower()}" in source.extension and stem else "content"
    stream = part_of(source, 0, source.size)
    return examine_expanded(stream, compression, name=name, of=source, scan=scan)


FORMAT: Final = Format(
    name="compressed",
    extensions=_EXTENSIONS,
    recognises=lambda source: _compression(source) is not None,
    examine=_examine,
)
