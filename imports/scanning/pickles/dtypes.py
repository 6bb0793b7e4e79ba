"""NumPy's dtypes as pickles write them, which say how many bytes of an array are what.

A dtype whose state denies that it holds objects makes NumPy take bytes of the file for pointers,
so a state must say what its parts say. The layout is that of ``numpy.dtype.__reduce__``.
"""

import re
from dataclasses import dataclass
from typing import Final

from imports.scanning.pickles.values import Dict, Global, Instance

_DTYPE: Final = Global("numpy", "dtype")
_CODE: Final = re.compile(r"[|<>=]?(?P<kind>[biufcmMOSUV?])(?P<size>[0-9]{0,9})")
_FLAGS_OF_OBJECTS: Final = 3
_FLAGS_OF_AN_OBJECT: Final = 63
_DEEPEST: Final = 16
_STATE_LENGTHS: Final = frozenset({8, 9})
_KINDS_WITH_SIZE: Final = frozenset("SUV")


class ObjectsHidden(Exception):  # noqa: N818 - it says what is wrong with a dtype.
    """A dtype that is not as NumPy writes it, so that memory could be read in another way."""

    def __init__(self) -> None:
        super().__init__("It describes the memory of an array in a way that NumPy never writes.")


@dataclass(frozen=True, slots=True)
class Dtype:
    """What matters of a dtype."""

    itemsize: int
    has_objects: bool


def is_dtype(value: object) -> bool:
    """Say whether a value is an instance that ``numpy.dtype`` made."""
    return isinstance(value, Instance) and value.is_of(_DTYPE)


def check_dtype(value: Instance) -> None:
    """Raise ``ObjectsHidden`` for a dtype whose state contradicts itself."""
    read_dtype(value)


def read_dtype(value: object, depth: int = 0) -> Dtype:
    """Return what a stand-in of a dtype describes, or raise ``ObjectsHidden``."""
    if not isinstance(value, Instance) or value.callable != _DTYPE or depth > _DEEPEST:
        raise ObjectsHidden
    kind, size = _code(value.arguments)
    if not value.states:
        return Dtype(size, has_objects=kind == "O")
    if len(value.states) > 1:
        raise ObjectsHidden
    return _with_state(kind, size, value.states[0], depth)


def is_code(arguments: object) -> bool:
    """Say whether the arguments of ``numpy.dtype`` are those that NumPy writes."""
    try:
        _code(arguments)
    except ObjectsHidden:
        return False
    return True


def _code(arguments: object) -> tuple[str, int]:
    code = arguments[0] if type(arguments) is tuple and arguments else None
    match = _CODE.fullmatch(code) if type(code) is str else None
    if match is None:
        raise ObjectsHidden
    kind = match["kind"]
    size = int(match["size"] or {"?": 1, "O": 8, "M": 8, "m": 8}.get(kind, 0))
    if not size and kind not in _KINDS_WITH_SIZE:
        raise ObjectsHidden
    return kind, size * 4 if kind == "U" else size


def _with_state(kind: str, size: int, state: object, depth: int) -> Dtype:
    if type(state) is not tuple or len(state) not in _STATE_LENGTHS:
        raise ObjectsHidden
    _, _, subarray, names, fields, itemsize, _, flags = state[:8]
    if type(itemsize) is not int or type(flags) is not int:
        raise ObjectsHidden
    if kind not in _KINDS_WITH_SIZE:
        if flags != (_FLAGS_OF_AN_OBJECT if kind == "O" else 0) or itemsize != -1:
            raise ObjectsHidden
        return Dtype(size, has_objects=kind == "O")
    parts = _parts(subarray, names, fields, itemsize, depth) if kind == "V" else ()
    has_objects = any(part.has_objects for part in parts)
    if flags & _FLAGS_OF_OBJECTS != (_FLAGS_OF_OBJECTS if has_objects else 0) or itemsize < 0:
        raise ObjectsHidden
    return Dtype(itemsize, has_objects)


def _parts(
    subarray: object, names: object, fields: object, itemsize: int, depth: int
) -> tuple[Dtype, ...]:
    """Return the dtypes that another one is made of, which must lie within its size."""
    if subarray is not None:
        if type(subarray) is not tuple or not subarray:
            raise ObjectsHidden
        part = read_dtype(subarray[0], depth + 1)
        if part.itemsize > itemsize:
            raise ObjectsHidden
        return (part,)
    if fields is None and not names:
        return ()
    if not isinstance(fields, Dict) or not fields.is_whole or type(names) is not tuple:
        raise ObjectsHidden
    found = [_field(each, itemsize, depth) for each in fields.entries.values()]
    if any(part.has_objects for _, part in found):
        _check_apart(found)
    return tuple(part for _, part in found)


def _check_apart(fields: list[tuple[int, Dtype]]) -> None:
    """Refuse fields that share bytes, by which a pointer would be a number as well."""
    at = 0
    for offset, part in sorted(fields, key=lambda field: field[0]):
        if offset < at:
            raise ObjectsHidden
        at = offset + part.itemsize


def _field(field: object, itemsize: int, depth: int) -> tuple[int, Dtype]:
    if type(field) is not tuple or len(field) not in {2, 3} or type(field[1]) is not int:
        raise ObjectsHidden
    part = read_dtype(field[0], depth + 1)
    if field[1] < 0 or field[1] + part.itemsize > itemsize:
        raise ObjectsHidden
    return field[1], part
