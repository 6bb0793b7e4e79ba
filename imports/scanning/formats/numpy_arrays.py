"""NumPy's ``.npy``: a header that is a Python literal, read by rules instead of by Python.

The layout is that of https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
"""

import ast
import re
from dataclasses import dataclass
from math import prod
from typing import Any, Final

from imports.scanning.examination import Examination, Format, Scan
from imports.scanning.formats.saying import malformed, trailing
from imports.scanning.pickles.examining import examine_pickle
from imports.scanning.sources import Source, part_of

_MAGIC: Final = b"\x93NUMPY"
_LENGTH_WIDTH: Final = {b"\x01\0": 2, b"\x02\0": 4, b"\x03\0": 4}
# NumPy reads no longer ones either unless it is told to trust the file.
_LONGEST_HEADER: Final = 64 * 1024
_KEYS: Final = {"descr", "fortran_order", "shape"}
_SCALAR: Final = re.compile(r"[<>|=]?([?bBhHiIlLqQefdgFDGSUVmMOapPcu])(\d{0,9})(\[[^\]]{1,32}\])?")
_WIDTHS: Final = {
    "?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "l": 8, "L": 8, "q": 8, "Q": 8,
    "e": 2, "f": 4, "d": 8, "g": 16, "F": 8, "D": 16, "G": 32, "m": 8, "M": 8, "O": 8, "c": 1,
    "p": 8, "P": 8,
}  # fmt: skip
_DEEPEST: Final = 16
_MOST_DIMENSIONS: Final = 64


@dataclass(frozen=True, slots=True)
class _Type:
    """What one element of an array is: its bytes, and whether it holds Python objects."""

    size: int
    has_objects: bool = False


def recognises(source: Source) -> bool:
    """Say whether the magic comes first."""
    return source.head.startswith(_MAGIC)


def examine(source: Source, scan: Scan) -> Examination:
    """Hold the header against the file; an array of objects is a pickle and examined as one."""
    header, start = _header(source)
    kind = _type(header["descr"], source)
    shape = header["shape"]
    if kind.has_objects:
        return _examine_objects(source, start, scan)
    size = prod(shape) * kind.size
    if start + size > source.size:
        sentence = f"The array takes {size:,} bytes; {source.size - start:,} are there."
        raise malformed(source, "truncated", sentence)
    return trailing(source, start + size, "array")


def _examine_objects(source: Source, start: int, scan: Scan) -> Examination:
    """Examine the pickle that holds the objects."""
    length = source.size - start
    place = f"{source.place}!objects" if source.place else "objects"
    stream = part_of(source, start, length)
    return examine_pickle(Source(stream, length, source.name, place, source.depth), scan)


def _header(source: Source) -> tuple[dict[str, Any], int]:
    """Return the header and where the data begins."""
    width = _LENGTH_WIDTH.get(source.head[6:8])
    if width is None:
        sentence = f"The version {tuple(source.head[6:8])} of the format is not known here."
        raise malformed(source, "version_unknown", sentence)
    length = int.from_bytes(source.head[8 : 8 + width], "little")
    start = 8 + width + length
    if length > _LONGEST_HEADER or start > source.size:
        raise malformed(source, "header_length", f"The header claims {length:,} bytes.")
    header = _literal(source.read_at(8 + width, length), source)
    if not isinstance(header, dict) or set(header) != _KEYS:
        raise malformed(source, "header_fields", "The header has other fields than NumPy writes.")
    if type(header["fortran_order"]) is not bool or not _is_shape(header["shape"]):
        raise malformed(source, "array_shape", "The shape is no tuple of sizes.")
    return header, start


def _literal(data: bytes, source: Source) -> Any:
    """Return the value of a Python literal; duplicate keys and everything else are refused."""
    try:
        text = data.decode("utf-8").strip()
        node = ast.parse(text, mode="eval").body
        if isinstance(node, ast.Dict) and len(node.keys) != len(_KEYS):
            raise malformed(source, "header_fields", "The header has a field twice, or another.")
        return ast.literal_eval(node)
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise malformed(source, "header_malformed", "The header is no literal.") from error


def _is_shape(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) <= _MOST_DIMENSIONS
        and all(type(each) is int and 0 <= each < 2**63 for each in value)
    )


def _type(descr: Any, source: Source, depth: int = 0) -> _Type:
    """Return what a ``descr`` says of an element: a scalar, a record or an array within one."""
    if depth > _DEEPEST:
        raise malformed(source, "nested_too_deep", "The element's type is nested too deep.")
    if isinstance(descr, str):
        return _scalar(descr, source)
    if isinstance(descr, list):
        parts = [_field(each, source, depth) for each in descr]
        return _Type(sum(each.size for each in parts), any(each.has_objects for each in parts))
    if isinstance(descr, tuple) and len(descr) == 2:  # noqa: PLR2004 -- a type and a shape.
        return _repeated(_type(descr[0], source, depth + 1), descr[1], source)
    raise malformed(source, "array_type_unknown", f"The type {descr!r} is unknown.")


def _scalar(descr: str, source: Source) -> _Type:
    match = _SCALAR.fullmatch(descr)
    if match is None:
        raise malformed(source, "array_type_unknown", f"The type {descr!r} is unknown.")
    kind, digits = match[1], match[2]
    if kind == "O":
        return _Type(8, has_objects=True)
    if kind in "SVa":
        return _Type(int(digits or 0))
    if kind == "U":
        return _Type(4 * int(digits or 0))
    if not digits and kind not in _WIDTHS:
        raise malformed(source, "array_type_unknown", f"The type {descr!r} is unknown.")
    return _Type(int(digits) if digits else _WIDTHS[kind])


def _field(field: Any, source: Source, depth: int) -> _Type:
    """Return the type of one field of a record: name (or title and name), type, maybe a shape."""
    if not isinstance(field, tuple) or len(field) not in {2, 3} or not _is_name(field[0]):
        raise malformed(source, "array_type_unknown", "A record's field has no name and type.")
    kind = _type(field[1], source, depth + 1)
    return _repeated(kind, field[2], source) if len(field) == 3 else kind  # noqa: PLR2004


def _is_name(name: Any) -> bool:
    parts = name if isinstance(name, tuple) else (name,)
    return all(isinstance(each, str) for each in parts)


def _repeated(kind: _Type, shape: Any, source: Source) -> _Type:
    shape = (shape,) if type(shape) is int else shape
    if not _is_shape(shape):
        raise malformed(source, "array_shape", "A field's shape is no tuple of sizes.")
    return _Type(kind.size * prod(shape), kind.has_objects)


FORMAT: Final = Format("npy", frozenset({".npy"}), recognises, examine)
