"""The opcodes that push numbers, texts and bytes, and those that store and fetch values."""

import codecs
from typing import Final

from imports.scanning.examination import LimitExceeded, Malformed
from imports.scanning.pickles.machine import Machine
from imports.scanning.pickles.values import UNKNOWN, Blob

_LONGEST_TEXT: Final = 1_000
_MOST_NESTED: Final = 10_000
_HIGHEST_PROTOCOL: Final = 5
_FIRST_BYTES: Final = frozenset(bytes((0x80, number)) for number in range(6))


def size(machine: Machine, width: int) -> int:
    """Return a number without sign that stands in the pickle."""
    return int.from_bytes(machine.reader.take(width), "little")


def signed_size(machine: Machine) -> int:
    """Return the size that stands in the pickle as a number with sign."""
    number = int.from_bytes(machine.reader.take(4), "little", signed=True)
    if number < 0:
        raise Malformed("pickle_size", "A size in the pickle is negative.")
    return number


def signed(machine: Machine) -> None:
    """Push a number of four bytes."""
    machine.push(int.from_bytes(machine.reader.take(4), "little", signed=True))


def integer_line(machine: Machine) -> None:
    """Push the number, or the truth value, that a line holds."""
    line = machine.reader.line()
    machine.push(line == b"01" if line in {b"00", b"01"} else _integer(line))


def long_line(machine: Machine) -> None:
    """Push the number that a line holds."""
    machine.push(_integer(machine.reader.line().removesuffix(b"L")))


def long_short(machine: Machine) -> None:
    """Push a number of up to 255 bytes."""
    data = machine.reader.take(size(machine, 1))
    machine.push(int.from_bytes(data, "little", signed=True))


def long_wide(machine: Machine) -> None:
    """Pass over a number of many bytes."""
    machine.reader.skip(signed_size(machine))
    machine.push(UNKNOWN)


def real_line(machine: Machine) -> None:
    """Pass over a real number in a line."""
    machine.reader.line()
    machine.push(UNKNOWN)


def real(machine: Machine) -> None:
    """Pass over a real number."""
    machine.reader.skip(8)
    machine.push(UNKNOWN)


def text(machine: Machine, length: int) -> None:
    """Push a text, or pass over a long one."""
    if length > _LONGEST_TEXT:
        machine.reader.skip(length)
        machine.push(UNKNOWN)
        return
    try:
        machine.push(machine.reader.take(length).decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError as error:
        raise Malformed("pickle_text", "A text of the pickle is not UTF-8.") from error


def text_line(machine: Machine) -> None:
    """Push the text that a line holds."""
    try:
        decoded = machine.reader.line().decode("raw-unicode-escape")
    except UnicodeDecodeError as error:
        raise Malformed("pickle_text", "A text of the pickle is malformed.") from error
    machine.push(decoded if len(decoded) <= _LONGEST_TEXT else UNKNOWN)


def string_line(machine: Machine) -> None:
    """Push the text that ``repr`` of a Python 2 string stands for."""
    line = machine.reader.line().rstrip(b" \t\r\f\v")
    if len(line) < len("''") or line[:1] != line[-1:] or line[:1] not in {b'"', b"'"}:
        raise Malformed("pickle_text", "A string of the pickle has no quotes.")
    try:
        data: bytes = codecs.escape_decode(line[1:-1])[0]
    except ValueError as error:
        raise Malformed("pickle_text", "A string of the pickle is malformed.") from error
    machine.push(_ascii(data))


def string(machine: Machine, length: int) -> None:
    """Push a Python 2 string, of which the reader chooses the encoding unless it is ASCII."""
    if length > _LONGEST_TEXT:
        blob(machine, length)
    else:
        machine.push(_ascii(machine.reader.take(length)))


def blob(machine: Machine, length: int) -> None:
    """Pass over bytes, and remember where they are."""
    found = Blob(machine.reader.position, length)
    if length > len(b"\x80\x04N.") and machine.reader.peek(2) in _FIRST_BYTES:
        if len(machine.trace.nested) >= _MOST_NESTED:
            raise LimitExceeded("too_many_pickles", "The pickle holds too many others in bytes.")
        machine.trace.nested.append(found)
    machine.reader.skip(length)
    machine.push(found)


def out_of_band(_: Machine) -> None:
    """Refuse bytes that the caller of a reader would give it."""
    sentence = "The pickle takes bytes from elsewhere, which are not in the file."
    raise Malformed("pickle_out_of_band", sentence)


def put_line(machine: Machine) -> None:
    """Store the topmost value under the number in a line."""
    machine.put(_index(machine.reader.line()))


def get_line(machine: Machine) -> None:
    """Push the value that is stored under the number in a line."""
    machine.get(_index(machine.reader.line()))


def memoize(machine: Machine) -> None:
    """Store the topmost value under the next number."""
    machine.put(len(machine.memo))


def protocol(machine: Machine) -> None:
    """Note the protocol, on which it depends how names are mapped."""
    machine.protocol = size(machine, 1)
    if machine.protocol > _HIGHEST_PROTOCOL:
        sentence = f"The pickle is of protocol {machine.protocol}, which is not known."
        raise Malformed("pickle_protocol", sentence)


def frame(machine: Machine) -> None:
    """Begin a frame."""
    machine.reader.begin_frame(size(machine, 8))


def _integer(line: bytes) -> object:
    try:
        return int(line, 0)
    except ValueError:
        # A reader that cannot read it stops here; one that can gets a number.
        return UNKNOWN


def _index(line: bytes) -> int:
    try:
        return int(line)
    except ValueError as error:
        raise Malformed("pickle_memo", "A place in the pickle's memo is no number.") from error


def _ascii(data: bytes) -> object:
    if len(data) <= _LONGEST_TEXT and data.isascii():
        return data.decode("ascii")
    return UNKNOWN
