"""The opcodes that fill containers, import globals, and make and change objects."""

from imports.scanning.examination import Malformed
from imports.scanning.pickles import calls
from imports.scanning.pickles.machine import Machine
from imports.scanning.pickles.values import (
    UNKNOWN,
    Dict,
    Global,
    Instance,
    List,
    Use,
    reserved_among,
)


def drop_mark(machine: Machine) -> None:
    """Forget what lies above the mark."""
    machine.pop_mark()


def tuple_from_mark(machine: Machine) -> None:
    """Push a tuple of what lies above the mark."""
    machine.push(tuple(machine.pop_mark()))


def list_from_mark(machine: Machine) -> None:
    """Push a list of what lies above the mark."""
    made = List()
    made.extend(machine.pop_mark())
    machine.push(made)


def dict_from_mark(machine: Machine) -> None:
    """Push a dict of what lies above the mark."""
    made = Dict()
    made.update(machine.pop_mark())
    machine.push(made)


def frozenset_from_mark(machine: Machine) -> None:
    """Push a set of what lies above the mark."""
    machine.pop_mark()
    machine.push(UNKNOWN)


def append(machine: Machine) -> None:
    """Append one value to the list below it."""
    _extend(machine, [machine.pop()])


def appends(machine: Machine) -> None:
    """Append what lies above the mark to the list below it."""
    _extend(machine, machine.pop_mark())


def set_item(machine: Machine) -> None:
    """Set one key of the dict below it."""
    value = machine.pop()
    _update(machine, [machine.pop(), value])


def set_items(machine: Machine) -> None:
    """Set keys of the dict below the mark."""
    _update(machine, machine.pop_mark())


def add_items(machine: Machine) -> None:
    """Add what lies above the mark to the set below it."""
    machine.pop_mark()
    calls.check_changed(machine.top(), machine.trace)


def _extend(machine: Machine, items: list[object]) -> None:
    target = machine.top()
    if isinstance(target, List):
        target.extend(items)
    else:
        calls.check_changed(target, machine.trace)


def _update(machine: Machine, items: list[object]) -> None:
    target = machine.top()
    if isinstance(target, Dict):
        target.update(items)
        return
    calls.check_changed(target, machine.trace)
    if isinstance(target, Instance):
        target.reserved.update(reserved_among(items[::2]))
        target.has_computed_keys |= any(isinstance(key, Instance) for key in items[::2])


def import_lines(machine: Machine) -> None:
    """Push the global that two lines name."""
    machine.push(_named_by_lines(machine))


def import_stack(machine: Machine) -> None:
    """Push the global that the two topmost values name."""
    name, module = machine.pop(), machine.pop()
    if type(name) is str and type(module) is str:
        machine.push(machine.find(module, name))
        return
    sentence = "It imports something whose name is computed, so that nobody can say what."
    machine.trace.unsafe("computed_global", sentence, is_dangerous=True)
    machine.push(UNKNOWN)


def import_number(machine: Machine, width: int) -> None:
    """Refuse a global that only a number of ``copyreg``'s registry names."""
    machine.reader.take(width)
    sentence = "It imports something by a number of the loading machine's extension registry."
    machine.trace.unsafe("extension_registry", sentence, is_dangerous=True)
    machine.push(UNKNOWN)


def reduce(machine: Machine) -> None:
    """Call what lies below the arguments."""
    arguments, callable_ = machine.pop(), machine.pop()
    machine.push(calls.called(callable_, arguments, Use.CALLED, machine.trace))


def instance(machine: Machine) -> None:
    """Make an instance of the class that two lines name."""
    found = _named_by_lines(machine)
    _instantiate(machine, found, machine.pop_mark())


def instance_of_first(machine: Machine) -> None:
    """Make an instance of the class that lies right above the mark."""
    items = machine.pop_mark()
    if not items:
        raise Malformed("pickle_stack", "The pickle makes an object of nothing.")
    _instantiate(machine, items[0], items[1:])


def new(machine: Machine) -> None:
    """Make an instance by the ``__new__`` of the class below the arguments."""
    arguments, class_ = machine.pop(), machine.pop()
    machine.push(calls.called(class_, arguments, Use.MADE, machine.trace))


def new_with_names(machine: Machine) -> None:
    """Make an instance by ``__new__`` with arguments by name, too."""
    machine.pop()
    new(machine)


def build(machine: Machine) -> None:
    """Set the state of the object below it."""
    state = machine.pop()
    target = machine.top()
    calls.check_built(target, state, machine.trace)
    if machine.array_load is not None and isinstance(target, Instance):
        machine.stack[-1] = machine.array_load(target, machine)


def persistent_line(machine: Machine) -> None:
    """Ask for the object whose id a line holds."""
    try:
        identity = machine.reader.line().decode("ascii")
    except UnicodeDecodeError as error:
        raise Malformed("pickle_text", "A persistent id is not ASCII.") from error
    _persistent(machine, identity)


def persistent(machine: Machine) -> None:
    """Ask for the object whose id is the topmost value."""
    _persistent(machine, machine.pop())


def _persistent(machine: Machine, identity: object) -> None:
    if machine.persistent_load is None:
        sentence = "It asks its reader for objects by persistent ids."
        machine.trace.unsafe("persistent_id", sentence)
        machine.push(UNKNOWN)
    else:
        machine.push(machine.persistent_load(identity, machine.trace))


def _named_by_lines(machine: Machine) -> Global:
    try:
        module = machine.reader.line().decode()
        name = machine.reader.line().decode()
    except UnicodeDecodeError as error:
        raise Malformed("pickle_text", "A name of the pickle is not UTF-8.") from error
    return machine.find(module, name)


def _instantiate(machine: Machine, class_: object, arguments: list[object]) -> None:
    use = Use.CALLED if arguments else Use.MADE
    machine.push(calls.called(class_, tuple(arguments), use, machine.trace))
