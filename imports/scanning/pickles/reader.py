"""The bytes of a pickle, in order, with the rules of frames that Python's own reader keeps."""

from typing import BinaryIO, Final

from imports.scanning.examination import LimitExceeded, Malformed
from imports.scanning.limits import MEBIBYTE

_CHUNK: Final = 256 * 1024
LONGEST_LINE: Final = 64 * MEBIBYTE


class Reader:
    """A pickle that is read forwards; ``position`` is the place that is read next.

    Frames are kept as strictly as Python's unpickler keeps them, because bytes that one reader
    takes for opcodes and another one skips are how a hostile file hides what it does.
    """

    def __init__(self, stream: BinaryIO, size: int, position: int = 0) -> None:
        self._stream = stream
        self._size = size
        self._base = position
        self._buffer = b""
        self._at = 0
        self._frame_end: int | None = None
        stream.seek(position)

    @property
    def position(self) -> int:
        """Return the place in the stream that is read next."""
        return self._base + self._at

    @property
    def is_at_end(self) -> bool:
        """Say whether all bytes have been read."""
        return self.position >= self._size

    @property
    def is_between_frames(self) -> bool:
        """Say whether no frame has bytes left."""
        return self._frame_end is None or self._frame_end == self.position

    def take(self, count: int) -> bytes:
        """Return exactly ``count`` bytes."""
        if self._frame_end is not None:
            self._stay_in_frame(count)
        end = self._at + count
        if end > len(self._buffer):
            self._fill(count)
            end = count
        data = self._buffer[self._at : end]
        self._at = end
        return data

    def peek(self, count: int) -> bytes:
        """Return up to ``count`` bytes that are read next, without reading them."""
        if self._at + count > len(self._buffer) and not self.is_at_end:
            self._fill(min(count, self._size - self.position))
        return self._buffer[self._at : self._at + count]

    def line(self) -> bytes:
        """Return the bytes up to the next line feed, without it."""
        if self._frame_end is not None and self._frame_end == self.position:
            self._frame_end = None
        end = self._buffer.find(b"\n", self._at)
        if end < 0:
            self._fill_line()
            end = self._buffer.find(b"\n")
            if end < 0:
                raise Malformed("pickle_truncated", "The pickle ends within a line.")
        data = self._buffer[self._at : end]
        if self._frame_end is not None and self._base + end >= self._frame_end:
            raise _crosses()
        self._at = end + 1
        return data

    def skip(self, count: int) -> None:
        """Pass over ``count`` bytes without reading them."""
        if self._frame_end is not None:
            self._stay_in_frame(count)
        target = self.position + count
        if target > self._size:
            raise _truncated()
        if self._at + count <= len(self._buffer):
            self._at += count
            return
        self._stream.seek(target)
        self._base, self._buffer, self._at = target, b"", 0

    def begin_frame(self, length: int) -> None:
        """Begin a frame of ``length`` bytes at the present place."""
        if not self.is_between_frames:
            raise Malformed("pickle_frames", "A frame of the pickle begins within another one.")
        if self.position + length > self._size:
            raise _truncated()
        self._frame_end = self.position + length

    def end_frame(self) -> None:
        """Leave the frame, which must have been read to its end."""
        if not self.is_between_frames:
            raise Malformed("pickle_frames", "The pickle ends before its last frame does.")
        self._frame_end = None

    def _stay_in_frame(self, count: int) -> None:
        """Refuse to read over the end of a frame; at its end the frame is left."""
        position = self.position
        assert self._frame_end is not None
        if position == self._frame_end:
            self._frame_end = None
        elif position + count > self._frame_end:
            raise _crosses()

    def _fill(self, count: int) -> None:
        """Make the buffer begin at the present place and hold at least ``count`` bytes."""
        position = self.position
        if position + count > self._size:
            raise _truncated()
        self._stream.seek(position)
        self._buffer = self._stream.read(max(count, _CHUNK))
        self._base, self._at = position, 0
        if len(self._buffer) < count:
            raise _truncated()

    def _fill_line(self) -> None:
        """Make the buffer begin at the present place and hold the next line, if there is one."""
        position = self.position
        self._stream.seek(position)
        parts: list[bytes] = []
        length = 0
        while chunk := self._stream.read(_CHUNK):
            parts.append(chunk)
            length += len(chunk)
            if b"\n" in chunk:
                break
            if length > LONGEST_LINE:
                raise LimitExceeded("pickle_line_too_long", "A line of the pickle is too long.")
        self._buffer = b"".join(parts)
        self._base, self._at = position, 0


def _truncated() -> Malformed:
    return Malformed("pickle_truncated", "The pickle ends before its last opcode does.")


def _crosses() -> Malformed:
    return Malformed("pickle_frames", "An opcode of the pickle crosses the end of its frame.")
