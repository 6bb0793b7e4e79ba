"""Object headers of HDF5, versions 1 and 2: the messages that groups and data sets consist of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from imports.scanning.examination import Scan
from imports.scanning.formats.reading import Cursor
from imports.scanning.formats.saying import malformed
from imports.scanning.sources import Source

UNDEFINED: Final = 2**64 - 1
CONTINUATION: Final = 0x10
# Objects are small and far from one another.
_AHEAD: Final = 2_048
_SHARED: Final = 0x02
_MOST_MESSAGES: Final = 100_000
_MOST_BLOCKS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Message:
    """One message of an object header."""

    kind: int
    data: bytes
    is_shared: bool


@dataclass(frozen=True, slots=True)
class File:
    """A source that is an HDF5 file, and the scan that it is read in."""

    source: Source
    scan: Scan

    def at(self, address: int) -> Cursor:
        """Return a cursor at an address, which must lie in the file."""
        cursor = Cursor(self.source, ahead=_AHEAD)
        cursor.go(address)
        return cursor

    def signed_at(self, address: int, signature: bytes) -> Cursor:
        """Return a cursor behind the signature that must stand at an address."""
        cursor = self.at(address)
        if cursor.take(len(signature)) != signature:
            sentence = f"{signature.decode()} is missing at byte {address:,}."
            raise malformed(self.source, "signature_missing", sentence)
        return cursor


def messages(file: File, address: int) -> Iterator[Message]:
    """Yield the messages of the object whose header lies at ``address``."""
    cursor = file.at(address)
    if cursor.take(4) == b"OHDR":
        reader = _second_version(file, cursor)
    else:
        cursor.go(address)
        reader = _first_version(file, cursor)
    for count, message in enumerate(reader):
        if count > _MOST_MESSAGES:
            raise malformed(file.source, "too_many_messages", "An object has too many messages.")
        yield message


def _first_version(file: File, cursor: Cursor) -> Iterator[Message]:
    version = cursor.unsigned(1)
    if version != 1:
        sentence = f"The version {version} of an object's header is not known here."
        raise malformed(file.source, "version_unknown", sentence)
    cursor.skip(7)
    length = cursor.unsigned(4)
    cursor.skip(4)
    blocks = [(cursor.position, length)]
    for start, size in _blocks(file, blocks):
        block = _block(file, start, size)
        while block.left >= 8:  # noqa: PLR2004 -- the head of a message.
            kind, width, flags = block.unsigned(2), block.unsigned(2), block.unsigned(1)
            block.skip(3)
            yield from _message(kind, block.take(width), flags, blocks)


def _second_version(file: File, cursor: Cursor) -> Iterator[Message]:
    version, flags = cursor.unsigned(1), cursor.unsigned(1)
    if version != 2:  # noqa: PLR2004 -- the only one with a signature.
        sentence = f"The version {version} of an object's header is not known here."
        raise malformed(file.source, "version_unknown", sentence)
    cursor.skip((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
    length = cursor.unsigned(1 << (flags & 3))
    head = 6 if flags & 0x04 else 4
    blocks = [(cursor.position, length)]
    for index, (start, size) in enumerate(_blocks(file, blocks)):
        # A continuation block has a signature before its messages and a checksum behind them.
        block = _block(file, start, size if index == 0 else size - 4)
        if index and block.take(4) != b"OCHK":
            raise malformed(file.source, "signature_missing", "OCHK is missing.")
        while block.left >= head:
            kind, width, bits = block.unsigned(1), block.unsigned(2), block.unsigned(1)
            block.skip(head - 4)
            yield from _message(kind, block.take(width), bits, blocks)


def _blocks(file: File, blocks: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the blocks of a header, those too that are added while it is read."""
    seen = set()
    for index, block in enumerate(blocks):
        if index > _MOST_BLOCKS or block[0] in seen:
            raise malformed(file.source, "header_loops", "An object's header leads to itself.")
        seen.add(block[0])
        yield block


def _block(file: File, start: int, size: int) -> Cursor:
    file.scan.check_time(file.source.place)
    cursor = file.at(start)
    if size < 0 or size > cursor.left:
        raise malformed(file.source, "truncated", "An object's header leaves the file.")
    cursor.end = start + size
    return cursor


def _message(
    kind: int, data: bytes, flags: int, blocks: list[tuple[int, int]]
) -> Iterator[Message]:
    if kind == CONTINUATION and len(data) >= 16:  # noqa: PLR2004 -- address and length.
        start = int.from_bytes(data[:8], "little")
        blocks.append((start, int.from_bytes(data[8:16], "little")))
    else:
        yield Message(kind, data, bool(flags & _SHARED))
