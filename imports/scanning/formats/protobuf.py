"""Protocol buffers on the wire: fields one after the other, passed over or entered, never decoded.

The encoding is that of https://protobuf.dev/programming-guides/encoding/.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from imports.scanning.examination import LimitExceeded, Scan
from imports.scanning.formats.reading import Cursor
from imports.scanning.formats.saying import malformed
from imports.scanning.sources import Source

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5
_LONGEST_VARINT: Final = 10
_MOST_FIELDS: Final = 20_000_000
_DEPTH: Final = 100
_LARGEST_FIELD: Final = 2**29 - 1


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its number and wire type, and its value or the stretch of its bytes."""

    number: int
    wire: int
    value: int
    start: int
    end: int

    @property
    def length(self) -> int:
        """Return how many bytes it has."""
        return self.end - self.start


@dataclass(slots=True)
class Wire:
    """A reader of messages in one source, which counts what it reads."""

    source: Source
    scan: Scan
    count: int = 0
    _cursor: Cursor = field(init=False)

    def __post_init__(self) -> None:
        self._cursor = Cursor(self.source)

    def whole(self) -> Field:
        """Return the whole source as if it were a field."""
        return Field(0, BYTES, 0, 0, self.source.size)

    def fields(self, message: Field, depth: int = 0) -> Iterator[Field]:
        """Yield the fields of a message, or raise ``Malformed``.

        ``depth`` is how deep the message lies inside others.
        """
        if depth > _DEPTH:
            raise malformed(self.source, "nested_too_deep", "Messages are nested too deep.")
        if message.wire != BYTES:
            raise malformed(self.source, "wire_type", f"Field {message.number} is no message.")
        cursor, position = self._cursor, message.start
        while position < message.end:
            cursor.position, cursor.end = position, message.end
            self._count_field()
            found = self._field(cursor)
            position = found.end
            yield found

    def data(self, found: Field, limit: int = 1 << 20) -> bytes:
        """Return the bytes of a field, of at most ``limit``."""
        if found.wire != BYTES:
            raise malformed(self.source, "wire_type", f"Field {found.number} holds no bytes.")
        if found.length > limit:
            sentence = f"A text of {found.length:,} bytes is too long; at most {limit:,} are read."
            raise malformed(self.source, "text_too_long", sentence)
        cursor = self._cursor
        cursor.position, cursor.end = found.start, found.end
        return cursor.take(found.length)

    def text(self, found: Field, limit: int = 1 << 20) -> str:
        """Return the text of a field, of at most ``limit`` bytes."""
        try:
            return self.data(found, limit).decode("utf-8")
        except UnicodeDecodeError as error:
            sentence = f"The text of field {found.number} is not UTF-8."
            raise malformed(self.source, "text_not_utf8", sentence) from error

    def _field(self, cursor: Cursor) -> Field:
        tag = _varint(cursor)
        number, wire = tag >> 3, tag & 7
        if not 0 < number <= _LARGEST_FIELD:
            raise malformed(self.source, "field_number", f"There is no field number {number}.")
        start, value = cursor.position, 0
        if wire == VARINT:
            value = _varint(cursor)
        elif wire == FIXED64:
            value = cursor.unsigned(8)
        elif wire == FIXED32:
            value = cursor.unsigned(4)
        elif wire == BYTES:
            length = _varint(cursor)
            start = cursor.position
            cursor.skip(length)
        else:
            sentence = f"Field {number} has the wire type {wire}, which is not in use."
            raise malformed(self.source, "wire_type", sentence)
        return Field(number, wire, value, start, cursor.position)

    def _count_field(self) -> None:
        self.count += 1
        if not self.count % 1024:
            self.scan.check_time(self.source.place)
        if self.count > _MOST_FIELDS:
            sentence = f"The message has more than {_MOST_FIELDS:,} fields."
            raise LimitExceeded("too_many_fields", sentence, self.source.place)


def _varint(cursor: Cursor) -> int:
    value = 0
    for index in range(_LONGEST_VARINT):
        byte = cursor.take(1)[0]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004 -- the bit that says more follows.
            return value & (2**64 - 1)
    raise malformed(cursor.source, "varint_too_long", "A number has more than ten bytes.")


def peek(head: bytes, position: int) -> Field | None:
    """Return the field at ``position``, if the head of a source holds its beginning."""
    tag, start = _peek_varint(head, position)
    if tag is None:
        return None
    number, wire = tag >> 3, tag & 7
    if wire in {FIXED64, FIXED32}:
        return Field(number, wire, 0, start, start + (8 if wire == FIXED64 else 4))
    value, end = _peek_varint(head, start)
    if value is None or wire not in {VARINT, BYTES}:
        return None
    if wire == VARINT:
        return Field(number, wire, value, start, end)
    return Field(number, wire, 0, end, end + value)


def looks_like(source: Source, allowed: dict[int, int]) -> bool:
    """Say whether the first two fields are all of ``allowed`` numbers and types."""
    first = peek(source.head, 0)
    if first is None or allowed.get(first.number) != first.wire:
        return False
    second = peek(source.head, first.end)
    return first.end <= source.size and (
        second is None or allowed.get(second.number) == second.wire
    )


def _peek_varint(head: bytes, position: int) -> tuple[int | None, int]:
    value = 0
    for index, byte in enumerate(head[position : position + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004 -- as above.
            return value, position + index + 1
    return None, position
