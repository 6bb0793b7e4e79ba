"""ONNX graphs, run by ONNX Runtime on one thread of the processor."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aegis.loading.flavours.choosing import head, the_file
from aegis.loading.protocol import Arrays, Found, Loaded

if TYPE_CHECKING:
    import numpy as np

# The field of the IR version, which every writer puts first.
_BEGINNING: Final = b"\x08"
_DTYPES: Final[Mapping[str, str]] = {
    "tensor(float)": "f4",
    "tensor(double)": "f8",
    "tensor(float16)": "f2",
    "tensor(int8)": "i1",
    "tensor(int16)": "i2",
    "tensor(int32)": "i4",
    "tensor(int64)": "i8",
    "tensor(uint8)": "u1",
    "tensor(uint16)": "u2",
    "tensor(uint32)": "u4",
    "tensor(uint64)": "u8",
    "tensor(bool)": "?",
    "tensor(string)": "O",
}
_MATRIX: Final = 2


class Onnx:
    """Graphs in files that end with ``.onnx``."""

    name = "onnx"

    def recognise(self, folder: Path, path: str | None) -> Found | None:
        """Find the graph."""
        found = the_file(folder, path, _is_graph)
        return Found(self.name, "An ONNX graph", found, ("numpy", "onnxruntime")) if found else None

    def load(self, folder: Path, path: str) -> Loaded:
        """Load the graph, with the weights that lie beside it."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(
            str(folder / path), options, providers=["CPUExecutionProvider"]
        )
        names = [each.name for each in session.get_outputs()]

        def predict(inputs: Arrays) -> "dict[str, np.ndarray[Any, Any]]":
            wanted = session.get_inputs()
            asked = _of_language(wanted, (folder / path).parent, inputs)
            return _answers(names, session.run(names, _fed(wanted, asked)))

        metadata = session.get_modelmeta()
        producer = f" by {metadata.producer_name}" if metadata.producer_name else ""
        return Loaded(f"ONNX graph{producer}", predict)


def _is_graph(place: Path) -> bool:
    return place.suffix.lower() == ".onnx" and head(place, 1) == _BEGINNING


def _of_language(wanted: list[Any], folder: Path, inputs: Arrays) -> Arrays:
    """Return inputs as a graph takes them that was made of a model of language."""
    from aegis.loading.flavours.tokenizing import TOKENS, completed, tokenized

    names = {each.name for each in wanted}
    return completed(tokenized(folder, inputs, names), names) if TOKENS in names else inputs


def _fed(wanted: list[Any], inputs: Arrays) -> "dict[str, np.ndarray[Any, Any]]":
    """Return the inputs of a graph: each by its name, or all columns as the only one."""
    from aegis.loading.shaping import Unfit, rows

    names = [each.name for each in wanted]
    if not set(names) <= inputs.keys():
        if len(wanted) == 1:
            return {names[0]: _cast(rows(inputs), wanted[0])}
        lacking = ", ".join(name for name in names if name not in inputs)
        raise Unfit(f"The graph takes {', '.join(names)}, and the input lacks {lacking}.")
    return {each.name: _cast(inputs[each.name], each) for each in wanted}


def _cast(array: "np.ndarray[Any, Any]", wanted: Any) -> "np.ndarray[Any, Any]":
    if array.ndim == 1 and len(wanted.shape) == _MATRIX:
        array = array.reshape(-1, 1)
    dtype = _DTYPES.get(wanted.type)
    return array.astype(dtype) if dtype else array


def _answers(names: list[str], values: list[Any]) -> "dict[str, np.ndarray[Any, Any]]":
    from aegis.loading.shaping import outputs

    found: dict[str, np.ndarray[Any, Any]] = {}
    for name, value in zip(names, values, strict=True):
        found.update(outputs(value, name))
    return found
