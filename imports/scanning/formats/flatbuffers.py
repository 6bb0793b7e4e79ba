"""FlatBuffers: tables, vectors and texts found by offsets, each held against the file.

The encoding is that of https://flatbuffers.dev/internals/.
"""

from dataclasses import dataclass
from typing import Final

from imports.scanning.examination import LimitExceeded, Scan
from imports.scanning.formats.saying import malformed
from imports.scanning.sources import Source

_LONGEST_TEXT: Final = 64 * 1024
_MOST_READS: Final = 5_000_000


@dataclass(slots=True)
class Buffer:
    """A buffer that begins at ``base`` of a source and has ``size`` bytes."""

    source: Source
    scan: Scan
    base: int
    size: int
    reads: int = 0

    def number(self, position: int, width: int, *, signed: bool = False) -> int:
        """Return an integer at a place of the buffer."""
        return int.from_bytes(self.bytes_at(position, width), "little", signed=signed)

    def bytes_at(self, position: int, length: int) -> bytes:
        """Return exactly ``length`` bytes, or raise ``Malformed``."""
        self.reads += 1
        if not self.reads % 4096:
            self.scan.check_time(self.source.place)
        if self.reads > _MOST_READS:
            raise LimitExceeded("too_many_values", "It has too many values.", self.source.place)
        if position < 0 or length < 0 or position + length > self.size:
            sentence = f"It points to byte {position:,}, outside of its {self.size:,} bytes."
            raise malformed(self.source, "offset_out_of_bounds", sentence)
        data = self.source.read_at(self.base + position, length)
        if len(data) != length:
            raise malformed(self.source, "truncated", "The file ends within a value.")
        return data

    def root(self) -> "Table":
        """Return the root table."""
        return self.table(0)

    def table(self, position: int) -> "Table":
        """Return the table that the offset at ``position`` leads to."""
        start = position + self.number(position, 4)
        vtable = start - self.number(start, 4, signed=True)
        size = self.number(vtable, 2)
        if size < 4 or size % 2:  # noqa: PLR2004 -- two sizes come first.
            raise malformed(self.source, "table", "A table's list of fields is too short.")
        self.bytes_at(vtable, size)
        return Table(self, start, vtable, size)

    def text(self, position: int) -> str:
        """Return the text that the offset at ``position`` leads to."""
        start = position + self.number(position, 4)
        length = self.number(start, 4)
        if length > _LONGEST_TEXT:
            raise malformed(self.source, "text_too_long", f"A text claims {length:,} bytes.")
        return self.bytes_at(start + 4, length).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a buffer."""

    buffer: Buffer
    start: int
    vtable: int
    size: int

    def place(self, field: int) -> int | None:
        """Return where a field's value lies, or nothing if it has its default."""
        entry = 4 + 2 * field
        if entry + 2 > self.size:
            return None
        offset = self.buffer.number(self.vtable + entry, 2)
        return self.start + offset if offset else None

    def number(self, field: int, width: int, *, signed: bool = False) -> int:
        """Return a field that is an integer, by default 0."""
        place = self.place(field)
        return 0 if place is None else self.buffer.number(place, width, signed=signed)

    def text(self, field: int) -> str | None:
        """Return a field that is a text."""
        place = self.place(field)
        return None if place is None else self.buffer.text(place)

    def vector(self, field: int, width: int) -> tuple[int, int]:
        """Return where the elements of a vector begin, and how many there are."""
        place = self.place(field)
        if place is None:
            return 0, 0
        start = place + self.buffer.number(place, 4)
        count = self.buffer.number(start, 4)
        if start + 4 + count * width > self.buffer.size:
            sentence = f"A vector claims {count:,} elements."
            raise malformed(self.buffer.source, "vector_out_of_bounds", sentence)
        return start + 4, count

    def tables(self, field: int) -> list["Table"]:
        """Return the tables of a vector."""
        start, count = self.vector(field, 4)
        return [self.buffer.table(start + 4 * index) for index in range(count)]
