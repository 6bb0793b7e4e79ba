"""PyTorch's part in pickles: persistent ids that name storages, and its first binary layout.

The layouts are those of ``torch.serialization``: ``_save`` in a zip, ``_legacy_save`` otherwise.
"""

from typing import Final

from imports.scanning.examination import Malformed
from imports.scanning.pickles.reader import Reader
from imports.scanning.pickles.trace import Trace
from imports.scanning.pickles.values import UNKNOWN, Global, List, Use

MAGIC: Final = 0x1950A86A20F9469CFC6C
_VERSION: Final = 1001
# The magic number, the version, what the machine was, the object, and the keys of the storages.
LEGACY_PICKLES: Final = 5
_ITEM_SIZES: Final = {
    "BFloat16Storage": 2,
    "BoolStorage": 1,
    "ByteStorage": 1,
    "CharStorage": 1,
    "ComplexDoubleStorage": 16,
    "ComplexFloatStorage": 8,
    "DoubleStorage": 8,
    "FloatStorage": 4,
    "HalfStorage": 2,
    "IntStorage": 4,
    "LongStorage": 8,
    "QInt32Storage": 4,
    "QInt8Storage": 1,
    "QUInt2x4Storage": 1,
    "QUInt4x2Storage": 1,
    "QUInt8Storage": 1,
    "ShortStorage": 2,
    "UntypedStorage": 1,
}
_LARGEST: Final = 1 << 60


def persistent_load(identity: object, trace: Trace) -> object:
    """Answer an id as torch does: a storage is noted, a class with its source is passed on."""
    match identity:
        case ("storage", Global(name=kind), str(key), str(), int(count), *view) if (
            kind in _ITEM_SIZES and 0 <= count < _LARGEST and len(view) <= 1
        ):
            size = count * _ITEM_SIZES[kind]
            trace.storages[key] = max(size, trace.storages.get(key, 0))
            trace.item_sizes[key] = _ITEM_SIZES[kind]
            return UNKNOWN
        case ("module", Global() as class_, _, _):
            trace.use(class_, Use.MADE)
            return class_
        case _:
            sentence = "It asks for an object by an id of a form that torch does not write."
            trace.unsafe("persistent_id", sentence)
            return UNKNOWN


def check_legacy(values: list[object]) -> None:
    """Raise ``Malformed`` unless the first pickles of a file are those of the legacy layout."""
    if values[1:2] and values[1] != _VERSION:
        raise Malformed("torch_version", "The file is of a version that torch does not read.")


def skip_storages(keys: object, reader: Reader, trace: Trace) -> None:
    """Pass over the storages that follow the pickles: a count of items, then the items."""
    if not isinstance(keys, List) or not keys.is_whole:
        raise Malformed("torch_storages", "The list of the storages cannot be read.")
    for key in keys.items:
        if not isinstance(key, str) or key not in trace.item_sizes:
            raise Malformed("torch_storages", "A storage is listed that no tensor uses.")
        count = int.from_bytes(reader.take(8), "little", signed=True)
        if count < 0:
            raise Malformed("torch_storages", "A storage has a negative size.")
        reader.skip(count * trace.item_sizes[key])
