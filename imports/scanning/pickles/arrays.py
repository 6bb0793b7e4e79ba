"""joblib's arrays, whose bytes lie between the opcodes of the pickle.

The layout is that of ``joblib.numpy_pickle.NumpyArrayWrapper``: at the BUILD of a wrapper its
reader goes on to the array, which is a pickle of its own where it holds objects, and else
optionally a byte that counts the padding, the padding, and the bytes of the array.
"""

from math import prod
from typing import Final

from imports.scanning.examination import Malformed
from imports.scanning.pickles.dtypes import Dtype, ObjectsHidden, read_dtype
from imports.scanning.pickles.machine import Machine
from imports.scanning.pickles.running import run
from imports.scanning.pickles.values import UNKNOWN, Dict, Global, Instance

WRAPPERS: Final = (
    Global("joblib.numpy_pickle", "NumpyArrayWrapper"),
    Global("sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper"),
)
_KEYS: Final = frozenset({"subclass", "shape", "order", "dtype", "allow_mmap"})
_ALIGNMENT: Final = "numpy_array_alignment_bytes"


def load_array(target: Instance, machine: Machine) -> object:
    """Pass over the array that follows a wrapper; any other instance is returned as it is."""
    if not target.is_of(*WRAPPERS):
        return target
    machine.trace.has_arrays = True
    if not machine.reader.is_between_frames:
        # joblib reads the array from behind the frame, and the rest of the frame afterwards.
        raise _irregular("An array follows in the middle of a frame.")
    state = _state(target)
    dtype, count = _described(state)
    if dtype.has_objects:
        run(Machine(machine.reader, machine.trace, machine.scan))
    else:
        if state.get(_ALIGNMENT) is not None:
            machine.reader.skip(machine.reader.take(1)[0])
        machine.reader.skip(count * dtype.itemsize)
    return UNKNOWN


def _state(target: Instance) -> dict[str, object]:
    """Return the attributes of a wrapper, which are set at once and as joblib sets them."""
    state = target.states[0] if len(target.states) == 1 else None
    if not isinstance(state, Dict) or not state.is_whole:
        raise _irregular("An array is described in more than one step.")
    if set(state.entries) - {_ALIGNMENT} != _KEYS:
        raise _irregular("An array is described by other attributes than joblib's.")
    return state.entries


def _described(state: dict[str, object]) -> tuple[Dtype, int]:
    shape = state["shape"]
    if type(shape) is not tuple:
        raise _irregular("The shape of an array is not written out.")
    sizes = [each for each in shape if type(each) is int and each >= 0]
    if len(sizes) != len(shape):
        raise _irregular("The shape of an array is not written out in numbers.")
    try:
        return read_dtype(state["dtype"]), prod(sizes)
    except ObjectsHidden as error:
        raise _irregular(str(error)) from error


def _irregular(sentence: str) -> Malformed:
    return Malformed("joblib_irregular", sentence)
