"""Parquet and Arrow: magic at both ends, and no extension type that is a pickle.

pyarrow before 14.0.1 unpickled ``arrow.py_extension_type`` from the schema (CVE-2023-47248).
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from imports.scanning.examination import Examination, Format, Scan
from imports.scanning.formats.flatbuffers import Buffer
from imports.scanning.formats.reading import Cursor
from imports.scanning.formats.saying import malformed, trailing, unsafe
from imports.scanning.sources import Source

_PARQUET: Final = b"PAR1"
_ARROW: Final = b"ARROW1"
_CONTINUATION: Final = b"\xff\xff\xff\xff"
_FEATHER_1: Final = b"FEA1"
_PICKLED: Final = b"arrow.py_extension_type"
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{64,}={0,2}")


def recognises_parquet(source: Source) -> bool:
    """Say whether the magic comes first."""
    return source.head.startswith((_PARQUET, b"PARE"))


def examine_parquet(source: Source, scan: Scan) -> Examination:
    """Hold the footer's length against the file and look through the footer."""
    if not source.head.startswith(_PARQUET) or not source.tail.endswith(_PARQUET):
        raise malformed(source, "footer_missing", "The end is not that of a readable Parquet file.")
    length = int.from_bytes(source.tail[-8:-4], "little")
    return _examine_footer(source, scan, length, behind=8)


def recognises_arrow(source: Source) -> bool:
    """Say whether the magic of a file, or a message of a stream, comes first."""
    head = source.head
    return head.startswith((_ARROW + b"\0\0", _FEATHER_1)) or (
        head.startswith(_CONTINUATION) and 0 < int.from_bytes(head[4:8], "little") < 1 << 30
    )


def examine_arrow(source: Source, scan: Scan) -> Examination:
    """Examine a file by its footer, a stream by all of its messages."""
    if source.head.startswith(_FEATHER_1):
        raise malformed(source, "version_unknown", "Feather's first version is not read here.")
    if source.head.startswith(_CONTINUATION):
        return _examine_stream(source, scan)
    if not source.tail.endswith(_ARROW):
        raise malformed(source, "footer_missing", "The end is not that of an Arrow file.")
    length = int.from_bytes(source.tail[-10:-6], "little", signed=True)
    found = _examine_footer(source, scan, length, behind=10)
    return found + _examine_stream(source, scan, start=8, end=source.size - length - 10)


def _examine_footer(source: Source, scan: Scan, length: int, *, behind: int) -> Examination:
    """Look through a footer; ``behind`` it stand its length and the magic."""
    if not 0 < length <= min(source.size - 12, scan.limits.structure_bytes):
        raise malformed(source, "footer_length", f"The footer claims {length:,} bytes.")
    return _examine_schema(source.read_at(source.size - behind - length, length), source)


def _examine_schema(schema: bytes, source: Source) -> Examination:
    if any(_PICKLED in each for each in (schema, *_decoded(schema))):
        sentence = "The schema holds an extension type that older pyarrow unpickles."
        return unsafe("arrow_pickled_type", sentence, source.place, is_dangerous=True)
    return Examination()


def _decoded(schema: bytes) -> Iterator[bytes]:
    """Yield what is encoded in a schema: Parquet keeps Arrow's own in base64."""
    for match in _BASE64.finditer(schema):
        text = match[0]
        try:
            yield base64.b64decode(text[: len(text) // 4 * 4])
        except binascii.Error:
            continue


def _examine_stream(
    source: Source, scan: Scan, *, start: int = 0, end: int | None = None
) -> Examination:
    """Walk over messages: a length, a FlatBuffer that says how long the body is, and the body.

    A stream ends with a length of zero; one that just stops may have been cut.
    """
    cursor = Cursor(source, start, end)
    found = Examination()
    while end is None or cursor.left:
        scan.check_time(source.place)
        if cursor.take(4) != _CONTINUATION:
            raise malformed(source, "message_missing", "A message does not begin where it should.")
        length = cursor.unsigned(4)
        if not length:
            break
        if length > scan.limits.structure_bytes:
            raise malformed(source, "message_length", f"A message claims {length:,} bytes.")
        place = cursor.position
        found += _examine_schema(cursor.take(length), source)
        body = Buffer(source, scan, place, length).root().number(3, 8, signed=True)
        if body < 0:
            raise malformed(source, "length_negative", "A body's length is negative.")
        cursor.skip(body)
    return found + (trailing(source, cursor.position, "stream") if end is None else Examination())


PARQUET: Final = Format("parquet", frozenset({".parquet"}), recognises_parquet, examine_parquet)
ARROW: Final = Format("arrow", frozenset({".arrow", ".feather"}), recognises_arrow, examine_arrow)
