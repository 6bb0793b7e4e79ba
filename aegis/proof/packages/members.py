"""The gzip members of a seekable package: one for each chunk of the tar stream.

A member names its own number and the length of its data in the header's extra field, so that
it is known for what it is wherever somebody begins to read. Its data is one deflate stream:
stored blocks where compressing gains little, compressed otherwise.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from isal import isal_zlib

from aegis.proof.packages.framing import damaged
from aegis.proof.streams import Bytes, Readable, chunks

LAYOUT: Final = "seekable-1"
CHUNK_SIZE: Final = 2 * 1024 * 1024
"""How much of the tar stream each member holds; the last one holds what is left."""

_START: Final = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x10\0AE\x0c\0"
_HEADER: Final = struct.Struct("<16sQI")
_TRAILER: Final = struct.Struct("<II")
_BLOCK_HEADER: Final = struct.Struct("<BHH")
_LARGEST_BLOCK: Final = 0xFFFF
_RAW: Final = -zlib.MAX_WBITS
_LEVEL: Final = 1
_FRAME: Final = _HEADER.size + _TRAILER.size
# Compressed data costs every later reader time, so it must be smaller by an eighth.
_WORTH_IT: Final = 7 / 8
_SAMPLES: Final = 8
_SAMPLE: Final = 8 * 1024


def member_of(number: int, plain: memoryview) -> tuple[list[Bytes], int]:
    """Return the pieces of the member that holds ``plain``, and their length together.

    Pieces of a stored member are views into ``plain``: nothing is copied.
    """
    crc = isal_zlib.crc32(plain)
    data = _compressed(plain)
    pieces = list(_stored(plain)) if data is None else [data]
    size = sum(map(len, pieces))
    head = _HEADER.pack(_START, number, size)
    return [head, *pieces, _TRAILER.pack(crc, len(plain))], size + _FRAME


def largest_member() -> int:
    """Return how long a member is at most: that of a whole chunk, stored."""
    blocks = -(-CHUNK_SIZE // _LARGEST_BLOCK)
    return _FRAME + CHUNK_SIZE + blocks * _BLOCK_HEADER.size


def read_member(source: Readable, number: int) -> tuple[bytes, int] | None:
    """Read the next member and return its plain bytes and its length; None at the end.

    Raises ``Conflict`` with ``package_damaged`` unless it is member ``number``, whole and right.
    """
    head = exactly(source, _HEADER.size)
    if not head:
        return None
    if len(head) < _HEADER.size:
        raise damaged("it ends too early")
    start, found, size = _HEADER.unpack(head)
    if start != _START or found != number:
        raise damaged(f"its part {number} is not where it belongs")
    if size + _FRAME > largest_member():
        raise damaged(f"its part {number} is too large")
    rest = exactly(source, size + _TRAILER.size)
    if len(rest) < size + _TRAILER.size:
        raise damaged("it ends too early")
    return _plain(rest, size, number), size + _FRAME


def exactly(source: Readable, size: int) -> bytes:
    """Return ``size`` bytes, or fewer at the end only."""
    data = source.read(size)
    return (
        data
        if len(data) == size or not data
        else b"".join([data, *chunks(source, size - len(data))])
    )


def _plain(rest: bytes, size: int, number: int) -> bytes:
    inflate = isal_zlib.decompressobj(_RAW)
    try:
        # One byte more than may be there shows a bomb without unpacking it.
        plain: bytes = inflate.decompress(memoryview(rest)[:size], CHUNK_SIZE + 1)
    except isal_zlib.error as error:  # type: ignore[misc]  # Its stub calls the class an instance.
        raise damaged(f"the compression of its part {number} is broken") from error
    crc, length = _TRAILER.unpack_from(rest, size)
    whole = inflate.eof and not inflate.unused_data and 0 < len(plain) <= CHUNK_SIZE
    if not whole or len(plain) != length or isal_zlib.crc32(plain) != crc:
        raise damaged(f"the bytes of its part {number} are not the ones that were packed")
    return plain


def _compressed(plain: memoryview) -> bytes | None:
    """Return ``plain`` as a deflate stream, or None where that gains too little."""
    sample = _sample(plain)
    if len(isal_zlib.compress(sample, _LEVEL, _RAW)) > len(sample) * _WORTH_IT:
        return None
    data: bytes = isal_zlib.compress(plain, _LEVEL, _RAW)
    return data if len(data) <= len(plain) * _WORTH_IT else None


def _sample(plain: memoryview) -> Bytes:
    if len(plain) <= _SAMPLES * _SAMPLE:
        return plain
    step = len(plain) // _SAMPLES
    return b"".join(plain[place : place + _SAMPLE] for place in range(0, step * _SAMPLES, step))


def _stored(plain: memoryview) -> Iterator[Bytes]:
    for begin in range(0, len(plain), _LARGEST_BLOCK):
        block = plain[begin : begin + _LARGEST_BLOCK]
        is_last = begin + _LARGEST_BLOCK >= len(plain)
        yield _BLOCK_HEADER.pack(is_last, len(block), len(block) ^ 0xFFFF)
        yield block
