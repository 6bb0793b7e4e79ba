"""Estimators of scikit-learn into ONNX, by skl2onnx."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aegis.converters.protocol import CannotConvert, Given, ModelFile
from imports.converters import estimators

_LONGEST: Final = 600


class SklearnToOnnx:
    """Writes ``model.onnx``, whose input has single precision, as ONNX's operators have."""

    name = "sklearn-to-onnx"
    version = "1"
    writes = "onnx"
    title = "ONNX"
    about = "From a pickled scikit-learn estimator: a graph for ONNX runtimes, in single precision."
    requires = ("scikit-learn", "skl2onnx", "onnxruntime")
    install = estimators.INSTALL

    def reads(self, files: Sequence[ModelFile]) -> bool:
        """Say whether one of them is a pickled estimator."""
        return len(estimators.pickled(files)) == 1

    def convert(self, given: Given, to: Path) -> None:
        """Load the estimator and write the graph of its operators."""
        from skl2onnx import to_onnx  # noqa: PLC0415 - only a conversion needs it.

        estimator = estimators.load(given)
        inputs = _inputs(estimator, given.example)
        # Probabilities as one table of numbers rather than as a list of dictionaries.
        options = {"zipmap": False} if hasattr(estimator, "predict_proba") else None
        try:
            made = to_onnx(estimator, initial_types=inputs, options=options)
        except Exception as error:  # The library fails in many ways at what it cannot express.
            raise CannotConvert(_said(estimator, error)) from error
        (to / "model.onnx").write_bytes(made.SerializeToString())
        estimators.bring_along(given, to)


def _inputs(estimator: Any, example: Any) -> list[tuple[str, Any]]:
    """Return what the graph takes: a column each where some are words, else one table."""
    from skl2onnx.common.data_types import (  # noqa: PLC0415 - only a conversion needs it.
        FloatTensorType,
        StringTensorType,
    )

    columns = _columns(example)
    if any(isinstance(value, str) for value in columns.values()):
        kinds = {True: StringTensorType, False: FloatTensorType}
        return [(name, kinds[isinstance(one, str)]([None, 1])) for name, one in columns.items()]
    count = getattr(estimator, "n_features_in_", None) or len(columns)
    if not count:
        raise CannotConvert(
            "Nothing says how many numbers the model takes: it does not remember it itself, and "
            "there is no input example."
        )
    return [("input", FloatTensorType([None, int(count)]))]


def _columns(example: Any) -> dict[str, Any]:
    """Return the first row of an example by the names of its columns."""
    if isinstance(example, Mapping):
        table = example.get("dataframe_split", example)
        if isinstance(table, Mapping) and {"columns", "data"} <= table.keys() and table["data"]:
            return dict(zip(map(str, table["columns"]), table["data"][0], strict=False))
        example = example.get("inputs", example.get("instances"))
    if isinstance(example, list) and example and isinstance(example[0], list):
        return {str(place): value for place, value in enumerate(example[0])}
    return {}


def _said(estimator: Any, error: Exception) -> str:
    name = type(estimator).__name__
    said = " ".join(str(error).split())
    return f"skl2onnx cannot convert {name}: {said[:_LONGEST]}"
