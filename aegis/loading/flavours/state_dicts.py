"""State dicts that PyTorch saved, read without PyTorch: all tensors, no code.

The format is that of ``torch.save`` since 1.6: a zip whose ``data.pkl`` names storages, which lie
beside it as ``data/KEY``.
"""

import hashlib
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aegis.loading.flavours.choosing import head, members, the_file
from aegis.loading.protocol import Found, Loaded, Tensor

_ZIP: Final = b"PK\x03\x04"
_STORAGES: Final[Mapping[str, str]] = {
    "BFloat16Storage": "bfloat16",
    "BoolStorage": "bool",
    "ByteStorage": "uint8",
    "CharStorage": "int8",
    "ComplexDoubleStorage": "complex128",
    "ComplexFloatStorage": "complex64",
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "IntStorage": "int32",
    "LongStorage": "int64",
    "ShortStorage": "int16",
}
# Bytes of one number. The types without a storage of their own name themselves at each tensor.
_SIZES: Final[Mapping[str, int]] = {
    "bfloat16": 2, "bool": 1, "complex128": 16, "complex64": 8, "float16": 2, "float32": 4,
    "float64": 8, "float8_e4m3fn": 1, "float8_e5m2": 1, "int16": 2, "int32": 4, "int64": 8,
    "int8": 1, "uint16": 2, "uint32": 4, "uint64": 8, "uint8": 1,
}  # fmt: skip


class StateDict:
    """Archives of ``torch.save``."""

    name = "state_dict"

    def recognise(self, folder: Path, path: str | None) -> Found | None:
        """Find the archive."""
        found = the_file(folder, path, _is_archive)
        return Found(self.name, "A PyTorch state dict", found, ("numpy",)) if found else None

    def load(self, folder: Path, path: str) -> Loaded:
        """Read every tensor in it, at whatever depth."""
        with zipfile.ZipFile(folder / path) as archive:
            (listing,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            root = listing.removesuffix("data.pkl")
            with archive.open(listing) as stream:
                value = _Reader(stream).load()
            views = dict(_views(value, ""))
            tensors = tuple(_read(archive, root, name, view) for name, view in views.items())
        return Loaded("PyTorch state dict", tensors=tensors)


@dataclass(frozen=True, slots=True)
class _Storage:
    dtype: str
    key: str


@dataclass(frozen=True, slots=True)
class _View:
    """A tensor: where in its storage, in elements, and in which shape."""

    storage: _Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild(storage: _Storage, offset: int, shape: Any, strides: Any, *others: object) -> _View:
    return _view(storage, storage.dtype, offset, shape, strides, others[2:])


def _rebuild_with_type(
    storage: _Storage, offset: int, shape: Any, strides: Any, *others: Any
) -> _View:
    return _view(storage, others[2], offset, shape, strides, others[3:])


def _view(
    storage: _Storage, dtype: str, offset: int, shape: Any, strides: Any, metadata: Any
) -> _View:
    # The bytes of a view that is conjugated or negated are those of another tensor.
    if any(metadata):
        raise pickle.UnpicklingError("It holds a view that is conjugated or negated when read.")
    return _View(storage, dtype, offset, tuple(shape), tuple(strides))


def _unwrap(value: Any, *_: object) -> Any:
    return value


class _Reader(pickle.Unpickler):
    """An unpickler for the few callables that a state dict is made of."""

    _CALLED: Final[Mapping[tuple[str, str], Callable[..., Any]]] = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
        ("torch._utils", "_rebuild_tensor_v3"): _rebuild_with_type,
        ("torch._utils", "_rebuild_parameter"): _unwrap,
        ("torch", "Size"): tuple,
        ("torch", "device"): str,
    }

    def find_class(self, module: str, name: str) -> Any:
        """Return a stand-in, or refuse what no state dict calls."""
        if module == "torch" and (name in _STORAGES or name in _SIZES):
            return _STORAGES.get(name, name)
        if (module, name) == ("torch.storage", "UntypedStorage"):
            return name
        try:
            return self._CALLED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"It calls {module}.{name}, so it is more than a state dict."
            ) from None

    def persistent_load(self, pid: Any) -> _Storage:
        """Return the storage that is named here."""
        _, dtype, key, *_ = pid
        return _Storage(str(dtype), str(key))


def _views(value: Any, name: str) -> Iterator[tuple[str, _View]]:
    """Yield the tensors of nested mappings and lists, by names with dots."""
    if isinstance(value, _View):
        yield name or "tensor", value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _views(one, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from _views(one, f"{name}.{number}" if name else str(number))


def _read(archive: zipfile.ZipFile, root: str, name: str, view: _View) -> Tensor:
    import numpy as np

    width = _SIZES[view.dtype]
    data = archive.read(f"{root}data/{view.storage.key}")
    elements = np.frombuffer(data, dtype=f"V{width}")
    reach = sum((count - 1) * step for count, step in zip(view.shape, view.strides, strict=True))
    is_empty = 0 in view.shape
    if min(view.offset, *view.strides, 0) < 0 or (
        not is_empty and view.offset + reach >= len(elements)
    ):
        raise ValueError(f"{name} reaches beyond its storage.")
    strides = tuple(step * width for step in view.strides)
    array = np.lib.stride_tricks.as_strided(elements[view.offset :], view.shape, strides)
    content = b"" if is_empty else np.ascontiguousarray(array).tobytes()
    digest = hashlib.sha256(content).hexdigest()
    return Tensor(name, view.dtype, view.shape, len(content), f"sha256:{digest}")


def _is_archive(place: Path) -> bool:
    if head(place, 4) != _ZIP:
        return False
    names = members(place)
    is_program = any("/code/" in name or name.endswith("/constants.pkl") for name in names)
    return not is_program and sum(name.endswith("/data.pkl") for name in names) == 1
