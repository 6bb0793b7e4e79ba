"""Arrays as they go between two processes: a description each, and bytes. Nothing is unpickled."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from aegis import strict_json
from aegis.loading.protocol import Arrays
from aegis.problems import Invalid

_NUMBERS: Final = frozenset("biufc")
_TIMES: Final = frozenset("mM")
TEXT: Final = "text"
_MOST_ARRAYS: Final = 10_000
_MOST_DIMENSIONS: Final = 32
_LONGEST_NAME: Final = 300


def described(arrays: Arrays) -> list[dict[str, Any]]:
    """Return name, dtype, shape and number of bytes of each array, as JSON values."""
    return [
        {
            "name": name,
            "dtype": dtype_of(array),
            "shape": list(array.shape),
            "bytes": len(data_of(array)),
        }
        for name, array in arrays.items()
    ]


def pieces(arrays: Arrays) -> Iterator[bytes]:
    """Yield the bytes of each array."""
    for array in arrays.values():
        yield data_of(array)


def dtype_of(array: "np.ndarray[Any, Any]") -> str:
    """Return NumPy's word for the elements, in little endian, or ``text``."""
    if array.dtype.kind in _NUMBERS | _TIMES:
        return str(array.dtype.newbyteorder("<").str)
    return TEXT


def data_of(array: "np.ndarray[Any, Any]") -> bytes:
    """Return the elements in C order and little endian; texts as a list of JSON."""
    if array.dtype.kind in _NUMBERS | _TIMES:
        return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
    texts = [None if _is_nothing(item) else str(item) for item in array.ravel().tolist()]
    return json.dumps(texts, ensure_ascii=False).encode("utf-8", "replace")


def digest_of(array: "np.ndarray[Any, Any]") -> str:
    """Return the sha256 of the elements' bytes, as ``sha256:`` and hex digits."""
    return f"sha256:{hashlib.sha256(data_of(array)).hexdigest()}"


def announced(descriptions: object, *, most: int) -> list[dict[str, Any]]:
    """Return descriptions that may be believed so far, or raise ``ValueError``.

    ``most`` is how many bytes all arrays may have together.
    """
    if not isinstance(descriptions, list) or len(descriptions) > _MOST_ARRAYS:
        raise ValueError(descriptions)
    total = 0
    for one in descriptions:
        size = one["bytes"] if isinstance(one, Mapping) else None
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise ValueError(one)
        total += size
    if total > most:
        raise ValueError(total)
    return descriptions


def rebuilt(description: Mapping[str, Any], data: bytes | bytearray) -> "np.ndarray[Any, Any]":
    """Return the array that a description and its bytes stand for, or raise ``ValueError``."""
    shape = description.get("shape")
    name = description.get("name")
    if not isinstance(name, str) or len(name) > _LONGEST_NAME:
        raise ValueError(name)
    if not isinstance(shape, list) or len(shape) > _MOST_DIMENSIONS:
        raise ValueError(shape)
    if not all(isinstance(each, int) and each >= 0 for each in shape):
        raise ValueError(shape)
    if description.get("dtype") == TEXT:
        return _texts(data, shape)
    dtype = np.dtype(str(description.get("dtype")))
    if dtype.kind not in _NUMBERS | _TIMES or dtype.itemsize * math.prod(shape) != len(data):
        raise ValueError(dtype)
    return np.frombuffer(bytes(data), dtype=dtype).reshape(shape)


def _texts(data: bytes | bytearray, shape: list[int]) -> "np.ndarray[Any, Any]":
    try:
        texts = strict_json.loads(bytes(data))
    except Invalid as error:
        raise ValueError(TEXT) from error
    if not isinstance(texts, list) or len(texts) != math.prod(shape):
        raise ValueError(TEXT)
    if not all(text is None or isinstance(text, str) for text in texts):
        raise ValueError(TEXT)
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array.reshape(shape)


def _is_nothing(item: object) -> bool:
    return item is None or (isinstance(item, float) and math.isnan(item))
