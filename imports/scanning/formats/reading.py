"""Reading a source from its front to its back, with every length held against what is there."""

import struct
from typing import Final, Literal

from imports.scanning.examination import Malformed
from imports.scanning.sources import Source

_BUFFER: Final = 256 * 1024


class Cursor:
    """A place in a source between ``start`` and ``end``, which never reads past ``end``.

    ``ahead`` is how many bytes are read at once. Every reader raises ``Malformed`` where the bytes
    end too early.
    """

    def __init__(
        self,
        source: Source,
        start: int = 0,
        end: int | None = None,
        *,
        order: str = "<",
        ahead: int = _BUFFER,
    ) -> None:
        self.source = source
        self.position = start
        self.end = source.size if end is None else min(end, source.size)
        self._order = order
        self._ahead = ahead
        self._buffer = b""
        self._base = 0

    @property
    def left(self) -> int:
        """Return how many bytes are left."""
        return self.end - self.position

    def take(self, count: int) -> bytes:
        """Return exactly ``count`` bytes."""
        self._require(count)
        begin = self.position - self._base
        if not 0 <= begin <= begin + count <= len(self._buffer):
            self._buffer = self.source.read_at(self.position, max(count, self._ahead))
            self._base = self.position
            begin = 0
        data = self._buffer[begin : begin + count]
        if len(data) != count:
            raise self._truncated(count)
        self.position += count
        return data

    def skip(self, count: int) -> None:
        """Pass over ``count`` bytes without reading them."""
        self._require(count)
        self.position += count

    def go(self, position: int) -> None:
        """Go to a place of the source."""
        if not 0 <= position <= self.end:
            sentence = f"It points to byte {position:,}, outside of its {self.end:,} bytes."
            raise Malformed("offset_out_of_bounds", sentence, self.source.place)
        self.position = position

    def unsigned(self, width: int) -> int:
        """Return an unsigned integer of ``width`` bytes."""
        return int.from_bytes(self.take(width), self._byte_order)

    def signed(self, width: int) -> int:
        """Return a signed integer of ``width`` bytes."""
        return int.from_bytes(self.take(width), self._byte_order, signed=True)

    def unpack(self, form: str) -> tuple[int, ...]:
        """Return the integers that ``struct`` reads by ``form``, in the cursor's byte order."""
        form = self._order + form
        return struct.unpack(form, self.take(struct.calcsize(form)))

    @property
    def _byte_order(self) -> Literal["little", "big"]:
        return "little" if self._order == "<" else "big"

    def _require(self, count: int) -> None:
        if count < 0 or count > self.left:
            raise self._truncated(count)

    def _truncated(self, count: int) -> Malformed:
        left = max(0, self.left)
        sentence = f"At byte {self.position:,} it announces {count:,} bytes; {left:,} are left."
        return Malformed("truncated", sentence, self.source.place)


def utf8(data: bytes, source: Source, what: str) -> str:
    """Return ``data`` as text, or raise ``Malformed``."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        sentence = f"{what} is not UTF-8 at byte {error.start}."
        raise Malformed("text_not_utf8", sentence, source.place) from error
