"""State dicts of PyTorch, read without PyTorch and without running anything of a file's choice.

The layout is that of ``torch.serialization._save``: a zip with a pickle, and the raw numbers of
each storage beside it. The pickle may name a few globals only, and each is answered with an inert
stand-in.
"""

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from aegis.converters.protocol import CannotConvert

_STORAGES: Final = {
    "BFloat16Storage": "BF16",
    "BoolStorage": "BOOL",
    "ByteStorage": "U8",
    "CharStorage": "I8",
    "ComplexFloatStorage": "C64",
    "DoubleStorage": "F64",
    "FloatStorage": "F32",
    "HalfStorage": "F16",
    "IntStorage": "I32",
    "LongStorage": "I64",
    "ShortStorage": "I16",
    "UntypedStorage": "",
}
_DTYPES: Final = {
    "bfloat16": "BF16",
    "bool": "BOOL",
    "complex64": "C64",
    "float16": "F16",
    "float32": "F32",
    "float64": "F64",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
    "int16": "I16",
    "int32": "I32",
    "int64": "I64",
    "int8": "I8",
    "uint16": "U16",
    "uint32": "U32",
    "uint64": "U64",
    "uint8": "U8",
}
ITEM_BYTES: Final = {
    "BF16": 2, "BOOL": 1, "C64": 8, "F16": 2, "F32": 4, "F64": 8, "F8_E4M3": 1, "F8_E5M2": 1,
    "I16": 2, "I32": 4, "I64": 8, "I8": 1, "U16": 2, "U32": 4, "U64": 8, "U8": 1,
}  # fmt: skip
"""Bytes of one number of each type, by the names that safetensors has for them."""
_MOST_PICKLE_BYTES: Final = 256 * 1024**2

# What a broken pickle raises, or one that does with a stand-in what is done with no tensor.
_UNREADABLE: Final = (
    AttributeError,
    EOFError,
    ImportError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
)


@dataclass(frozen=True, slots=True)
class Storage:
    """A storage of the file: its key, the type of its numbers, and how many there are."""

    key: str
    dtype: str
    count: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A view of a storage; offset and strides count numbers, as PyTorch's do."""

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)

    @property
    def is_contiguous(self) -> bool:
        """Say whether its numbers lie one after the other, in order."""
        expected = 1
        for length, stride in zip(reversed(self.shape), reversed(self.strides), strict=True):
            if length != 1 and stride != expected:
                return self.count == 0
            expected *= length
        return True

    @property
    def end(self) -> int:
        """The place after its last number in the storage."""
        if not self.count:
            return self.offset
        steps = zip(self.shape, self.strides, strict=True)
        return self.offset + sum((length - 1) * stride for length, stride in steps) + 1


class StateDict:
    """An open state dict: its tensors by name, and the bytes of each."""

    def __init__(self, path: Path) -> None:
        if not zipfile.is_zipfile(path):
            raise CannotConvert(
                f"{path.name} has PyTorch's layout from before version 1.6. Load it and save it "
                "again with torch.save, then register that."
            )
        self._zip = zipfile.ZipFile(path)
        self._folder = _folder(self._zip)
        self._kept: tuple[str, bytes] | None = None
        _refuse_big_endian(self._zip, self._folder)
        self.tensors = self._tensors()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def data(self, tensor: Tensor) -> bytes:
        """Return the numbers of a tensor in order, little-endian, as safetensors has them."""
        size = ITEM_BYTES[tensor.dtype]
        raw = self._storage(tensor.storage.key)
        if tensor.offset < 0 or min(tensor.strides, default=0) < 0 or tensor.end * size > len(raw):
            raise CannotConvert("A tensor names numbers that its storage does not have.")
        if tensor.is_contiguous:
            return raw[tensor.offset * size : (tensor.offset + tensor.count) * size]
        return _gathered(raw, tensor, size)

    def _tensors(self) -> dict[str, Tensor]:
        pickled = io.BytesIO(self._read("data.pkl", _MOST_PICKLE_BYTES))
        try:
            found = _Unpickler(pickled).load()
        except _UNREADABLE as error:
            raise CannotConvert("Its pickle is not one that PyTorch writes.") from error
        if not isinstance(found, Mapping):
            raise CannotConvert("The file holds no state dict, which would be tensors by name.")
        others = [name for name, value in found.items() if not isinstance(value, Tensor)]
        if others:
            raise CannotConvert(
                f"{str(others[0])[:80]!r} is no tensor, and safetensors holds tensors only. Save "
                "model.state_dict() by itself and register that."
            )
        if not found or not all(isinstance(name, str) for name in found):
            raise CannotConvert("The state dict has no tensor, or one without a name.")
        return dict(found)

    def _storage(self, key: str) -> bytes:
        # Tensors of one storage often follow one another.
        if self._kept is None or self._kept[0] != key:
            self._kept = None
            self._kept = (key, self._read(f"data/{key}"))
        return self._kept[1]

    def _read(self, name: str, most: int | None = None) -> bytes:
        try:
            member = self._zip.getinfo(f"{self._folder}{name}")
        except KeyError as error:
            raise CannotConvert(f"The file lacks its part {name[:80]}.") from error
        if member.compress_type != zipfile.ZIP_STORED or (most and member.file_size > most):
            raise CannotConvert(f"Its part {name[:80]} is not as PyTorch writes it.")
        return self._zip.read(member)


class _Unpickler(pickle.Unpickler):
    """Reads the pickle of a state dict; whatever it names is one of the stand-ins here."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in, or raise ``CannotConvert`` for all else."""
        if (module, name) in _STAND_INS:
            return _STAND_INS[module, name]
        if module == "torch" and name in _STORAGES | _DTYPES:
            return (_STORAGES | _DTYPES)[name]
        raise CannotConvert(
            f"It holds {module}.{name}, which is no tensor that safetensors can hold. Save "
            "model.state_dict() by itself and register that."
        )

    def persistent_load(self, pid: Any) -> Storage:
        """Return the storage that an id names."""
        match pid:
            case ("storage", str(dtype), str(key), str(), int(count)) if key.isalnum():
                return Storage(key, dtype, count)
        raise CannotConvert("It names a storage in a way that PyTorch does not.")


def _rebuilt(storage: Any, offset: Any, size: Any, stride: Any, *others: Any) -> Tensor:
    _refuse_lazy(others[2:])
    return _tensor(storage, storage.dtype, offset, size, stride)


def _rebuilt_with_type(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    _grad: Any,
    _hooks: Any,
    dtype: Any,
    *metadata: Any,
) -> Tensor:
    _refuse_lazy(metadata)
    return _tensor(storage, dtype, offset, size, stride)


def _refuse_lazy(metadata: Any) -> None:
    """Refuse a view whose numbers PyTorch changes whenever it reads them."""
    if any(metadata):
        raise CannotConvert(
            "It holds a tensor that is conjugated or negated when it is read. Save what its "
            "resolve_conj().resolve_neg() returns, and register that."
        )


def _of_parameter(data: Any, *_: Any) -> Any:
    return data


def _tensor(storage: Any, dtype: Any, offset: Any, shape: Any, strides: Any) -> Tensor:
    numbers = (offset, *shape, *strides)
    is_sound = (
        isinstance(storage, Storage)
        and dtype in ITEM_BYTES
        and len(shape) == len(strides)
        and all(isinstance(one, int) and one >= 0 for one in numbers)
    )
    if not is_sound:
        raise CannotConvert("It holds a tensor of a kind that safetensors cannot hold.")
    return Tensor(storage, dtype, offset, tuple(shape), tuple(strides))


_STAND_INS: Final = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuilt,
    ("torch._utils", "_rebuild_tensor_v3"): _rebuilt_with_type,
    ("torch._utils", "_rebuild_parameter"): _of_parameter,
    ("torch.storage", "UntypedStorage"): "",
}


def _gathered(raw: bytes, tensor: Tensor, size: int) -> bytes:
    """Return the numbers of a view whose numbers are scattered, such as one that was transposed."""
    import numpy as np  # noqa: PLC0415 - most tensors do not need it.

    whole = np.frombuffer(raw, dtype=f"V{size}", count=len(raw) // size)
    view = np.lib.stride_tricks.as_strided(
        whole[tensor.offset :], tensor.shape, [stride * size for stride in tensor.strides]
    )
    return np.ascontiguousarray(view).tobytes()


def _folder(archive: zipfile.ZipFile) -> str:
    names: Iterator[str] = (name for name in archive.namelist() if name.endswith("/data.pkl"))
    found = next(names, None)
    if found is None or found.count("/") != 1:
        raise CannotConvert("The file is no zip of PyTorch's.")
    return found.removesuffix("data.pkl")


def _refuse_big_endian(archive: zipfile.ZipFile, folder: str) -> None:
    name = f"{folder}byteorder"
    if name in archive.namelist() and archive.read(name).strip() != b"little":
        raise CannotConvert("Its numbers were written by a machine of the other byte order.")
