"""The bytes that are examined: a file or a member of one, read at any place and never whole."""

import io
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from imports.scanning.views import SeekableView

HEAD: Final = 4096
# The end record of a zip lies in the last 22 bytes and 64 KiB of comment.
TAIL: Final = 65_536 + 22


@dataclass(slots=True)
class Source:
    """A stream that can be read at any place.

    ``place`` names it in findings: empty for the file itself, else ``archive!member``.
    ``name`` is the last part of its path, which is asked for its extension only.
    """

    stream: BinaryIO
    size: int
    name: str
    place: str = ""
    depth: int = 0
    is_slow: bool = False
    """Going back in the stream expands it again from its beginning."""
    _head: bytes | None = None
    _tail: bytes | None = None

    @property
    def head(self) -> bytes:
        """Return the first ``HEAD`` bytes."""
        if self._head is None:
            self._head = self.read_at(0, HEAD)
        return self._head

    @property
    def tail(self) -> bytes:
        """Return the last ``TAIL`` bytes."""
        if self._tail is None:
            self._tail = self.read_at(max(0, self.size - TAIL), TAIL)
        return self._tail

    @property
    def extension(self) -> str:
        """Return the extension in lower case with its dot, or nothing."""
        stem, dot, extension = self.name.rpartition(".")
        return f".{extension.lower()}" if dot and stem else ""

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to ``length`` bytes from ``offset`` on; fewer at the end only."""
        self.stream.seek(offset)
        return self.stream.read(length)

    def rewound(self) -> BinaryIO:
        """Return the stream at its beginning."""
        self.stream.seek(0)
        return self.stream


def source_of(data: bytes, *, name: str = "", place: str = "", depth: int = 0) -> Source:
    """Return a source over bytes in memory."""
    return Source(io.BytesIO(data), len(data), name, place, depth)


class Part(SeekableView):
    """A stretch of a seekable stream, as a seekable stream of its own."""

    def __init__(self, stream: BinaryIO, offset: int, length: int) -> None:
        super().__init__(length)
        self._stream = stream
        self._offset = offset

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes; fewer at the end of the stretch only."""
        wanted = self._wanted(size)
        if not wanted:
            return b""
        self._stream.seek(self._offset + self._position)
        data = self._stream.read(wanted)
        self._position += len(data)
        return data


def part_of(source: Source, offset: int, length: int) -> BinaryIO:
    """Return a stretch of a source as a stream; what lies behind its end is not there."""
    length = max(0, min(length, source.size - offset))
    return cast("BinaryIO", Part(source.stream, offset, length))
