"""The run of one pickle: opcode by opcode, to its STOP."""

from collections.abc import Callable
from typing import Final

from imports.scanning.examination import Malformed
from imports.scanning.pickles import literals, objects
from imports.scanning.pickles.machine import Machine
from imports.scanning.pickles.values import UNKNOWN, Dict, List

STOP: Final = ord(".")
_COUNTED_AT_ONCE: Final = 1024

_Opcode = Callable[[Machine], None]


def run(machine: Machine) -> object:
    """Walk to the STOP and return the value there, or raise ``Malformed``."""
    take, place = machine.reader.take, machine.trace.place
    counted = 0
    while True:
        code = take(1)[0]
        counted += 1
        if counted == _COUNTED_AT_ONCE:
            machine.scan.count_opcodes(counted, place)
            machine.check_sizes()
            counted = 0
        if code == STOP:
            break
        opcode = OPCODES[code]
        if opcode is None:
            raise Malformed("pickle_opcode", f"Byte 0x{code:02x} is no opcode.", place)
        opcode(machine)
    machine.scan.count_opcodes(counted, place)
    value = machine.pop()
    machine.reader.end_frame()
    return value


_BY_BYTE: Final[dict[bytes, _Opcode]] = {
    b"(": Machine.mark,
    b")": lambda machine: machine.push(()),
    b"0": Machine.drop,
    b"1": objects.drop_mark,
    b"2": lambda machine: machine.push(machine.top()),
    b"B": lambda machine: literals.blob(machine, literals.size(machine, 4)),
    b"C": lambda machine: literals.blob(machine, literals.size(machine, 1)),
    b"F": literals.real_line,
    b"G": literals.real,
    b"I": literals.integer_line,
    b"J": literals.signed,
    b"K": lambda machine: machine.push(machine.reader.take(1)[0]),
    b"L": literals.long_line,
    b"M": lambda machine: machine.push(literals.size(machine, 2)),
    b"N": lambda machine: machine.push(None),
    b"P": objects.persistent_line,
    b"Q": objects.persistent,
    b"R": objects.reduce,
    b"S": literals.string_line,
    b"T": lambda machine: literals.string(machine, literals.signed_size(machine)),
    b"U": lambda machine: literals.string(machine, literals.size(machine, 1)),
    b"V": literals.text_line,
    b"X": lambda machine: literals.text(machine, literals.size(machine, 4)),
    b"]": lambda machine: machine.push(List()),
    b"a": objects.append,
    b"b": objects.build,
    b"c": objects.import_lines,
    b"d": objects.dict_from_mark,
    b"e": objects.appends,
    b"g": literals.get_line,
    b"h": lambda machine: machine.get(machine.reader.take(1)[0]),
    b"i": objects.instance,
    b"j": lambda machine: machine.get(literals.size(machine, 4)),
    b"l": objects.list_from_mark,
    b"o": objects.instance_of_first,
    b"p": literals.put_line,
    b"q": lambda machine: machine.put(machine.reader.take(1)[0]),
    b"r": lambda machine: machine.put(literals.size(machine, 4)),
    b"s": objects.set_item,
    b"t": objects.tuple_from_mark,
    b"u": objects.set_items,
    b"}": lambda machine: machine.push(Dict()),
    b"\x80": literals.protocol,
    b"\x81": objects.new,
    b"\x82": lambda machine: objects.import_number(machine, 1),
    b"\x83": lambda machine: objects.import_number(machine, 2),
    b"\x84": lambda machine: objects.import_number(machine, 4),
    b"\x85": lambda machine: machine.gather(1),
    b"\x86": lambda machine: machine.gather(2),
    b"\x87": lambda machine: machine.gather(3),
    b"\x88": lambda machine: machine.push(True),  # noqa: FBT003 - it is the value.
    b"\x89": lambda machine: machine.push(False),  # noqa: FBT003 - the same.
    b"\x8a": literals.long_short,
    b"\x8b": literals.long_wide,
    b"\x8c": lambda machine: literals.text(machine, machine.reader.take(1)[0]),
    b"\x8d": lambda machine: literals.text(machine, literals.size(machine, 8)),
    b"\x8e": lambda machine: literals.blob(machine, literals.size(machine, 8)),
    b"\x8f": lambda machine: machine.push(UNKNOWN),
    b"\x90": objects.add_items,
    b"\x91": objects.frozenset_from_mark,
    b"\x92": objects.new_with_names,
    b"\x93": objects.import_stack,
    b"\x94": literals.memoize,
    b"\x95": literals.frame,
    b"\x96": lambda machine: literals.blob(machine, literals.size(machine, 8)),
    b"\x97": literals.out_of_band,
    b"\x98": literals.out_of_band,
}
OPCODES: Final[tuple[_Opcode | None, ...]] = tuple(
    _BY_BYTE.get(bytes((code,))) for code in range(256)
)
