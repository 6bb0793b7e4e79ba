"""Inputs in the shape in which libraries take them, and outputs as arrays by name."""

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aegis.loading.protocol import UNNAMED, Arrays


class Unfit(Exception):  # noqa: N818 - it says what an input is.
    """An input that the model does not take."""


def is_table(inputs: Arrays) -> bool:
    """Say whether inputs are columns with names."""
    return set(inputs) != {UNNAMED} and all(array.ndim == 1 for array in inputs.values())


def rows(inputs: Arrays, names: Sequence[str] | None = None) -> Any:
    """Return inputs as rows: the only array, or columns side by side.

    Where the model knows its columns by ``names`` it gets exactly those, as a table of pandas
    where that is installed. Raises ``Unfit`` for a column that is missing.
    """
    if not is_table(inputs):
        if len(inputs) > 1:
            raise Unfit(f"The model takes one array, and the input has {len(inputs)}.")
        (array,) = inputs.values()
        return array.reshape(-1, 1) if array.ndim == 1 else array
    if names is not None and (lacking := [name for name in names if name not in inputs]):
        raise Unfit(f"The input has no column {', '.join(map(repr, lacking[:5]))}.")
    columns = {name: inputs[name] for name in (inputs if names is None else names)}
    if names is not None and importlib.util.find_spec("pandas") is not None:
        import pandas as pd

        return pd.DataFrame(columns)
    return stacked(columns)


def stacked(columns: Arrays) -> "np.ndarray[Any, Any]":
    """Return columns side by side, as objects where not all are numbers."""
    if all(array.dtype.kind in "biuf" for array in columns.values()):
        return np.column_stack(list(columns.values()))
    return np.column_stack([array.astype(object) for array in columns.values()])


def outputs(value: Any, name: str) -> dict[str, "np.ndarray[Any, Any]"]:
    """Return what a library answered as arrays: the parts of an answer have names of their own."""
    if hasattr(value, "toarray"):
        value = value.toarray()
    if isinstance(value, Mapping):
        return _named({str(key): one for key, one in value.items()})
    if hasattr(value, "columns") and hasattr(value, "to_numpy"):
        return _named({str(column): value[column].to_numpy() for column in value.columns})
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        # One mapping for each row, such as the probabilities of an ONNX classifier.
        return {name: np.array([list(one.values()) for one in value])}
    if isinstance(value, tuple) or (isinstance(value, list) and _are_arrays(value)):
        return _named({f"{name}_{number}": one for number, one in enumerate(value)})
    return {name: np.asarray(value)}


def _are_arrays(values: list[Any]) -> bool:
    return bool(values) and all(getattr(one, "ndim", 0) > 0 for one in values)


def _named(values: Mapping[str, Any]) -> dict[str, "np.ndarray[Any, Any]"]:
    return {name: np.asarray(one) for name, one in values.items()}
