"""What a model is asked with: arrays by name, read from a file that a person or MLflow wrote.

A table becomes one array of one dimension for each column; what has no names, one array.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from aegis import strict_json
from aegis.loading.protocol import UNNAMED, Arrays, Found, require
from aegis.problems import Invalid, NotFound

MOST_BYTES: Final = 256 * 1024 * 1024
# MLflow's names of a table or tensors in a request, and of those in an example of its own.
_PAYLOADS: Final = ("dataframe_split", "dataframe_records", "instances", "inputs")
_TABLE: Final = {"columns", "data"}


def read(file: Path) -> Arrays:
    """Return what a file holds, by the ending of its name; raise ``Invalid`` with the reason."""
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise Invalid(
            "input_format_unknown",
            f"{file.name} is of no kind that is read here.",
            mend=f"The kinds are {', '.join(_READERS)}.",
        )
    try:
        if file.stat().st_size > MOST_BYTES:
            raise Invalid("input_too_large", f"{file.name} has more than 256 MiB.")
        found = reader(file)
    except FileNotFoundError as error:
        raise NotFound("input_not_found", f"There is no file {file}.") from error
    except (ValueError, KeyError, csv.Error, zipfile.BadZipFile) as error:
        raise Invalid("input_unreadable", f"{file.name} cannot be read: {error}.") from error
    if not found:
        raise Invalid("input_empty", f"{file.name} holds no column and no array.")
    return found


def example(folder: Path, found: Found) -> Arrays:
    """Return the input example that came with a model."""
    assert found.example is not None
    return read(folder / found.example)


def _read_csv(file: Path) -> Arrays:
    """Return the columns: the first line names them, and an empty cell is a missing value."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream)
        names = next(rows, [])
        if len(set(names)) != len(names):
            raise ValueError("a column is there twice")
        cells: list[list[str]] = []
        for number, row in enumerate(rows, 2):
            if row and len(row) != len(names):
                raise ValueError(f"line {number} has {len(row)} cells, not {len(names)}")
            cells += [row] if row else []
    columns: Sequence[Sequence[str]] = list(zip(*cells, strict=True)) or [()] * len(names)
    return {name: _typed(column) for name, column in zip(names, columns, strict=True)}


def _typed(cells: Sequence[str]) -> "np.ndarray[Any, Any]":
    """Return cells as whole numbers, numbers, truth values or texts, whatever all of them are."""
    words = {cell.strip().lower() for cell in cells}
    if words and words <= {"true", "false"}:
        return np.array([cell.strip().lower() == "true" for cell in cells])
    kinds: tuple[Callable[[str], Any], ...] = (int, lambda cell: float(cell) if cell else np.nan)
    for kind in kinds:
        try:
            return np.array([kind(cell) for cell in cells])
        except (ValueError, OverflowError):
            continue
    return _column([cell or None for cell in cells])


def _read_json(file: Path) -> Arrays:
    return of_json(strict_json.loads(file.read_bytes(), limit=MOST_BYTES))


def of_json(value: Any) -> Arrays:
    """Return what MLflow would take for these inputs: its examples, and its requests."""
    if isinstance(value, Mapping):
        for name in _PAYLOADS:
            if name in value:
                return of_json(value[name])
        if value.keys() >= _TABLE:
            return _table(value["columns"], value["data"])
        return {str(name): _column(column) for name, column in value.items()}
    if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        names = list(dict.fromkeys(name for row in value for name in row))
        return {str(name): _column([row.get(name) for row in value]) for name in names}
    return {UNNAMED: _column(value)}


def _table(names: Any, rows: Any) -> Arrays:
    is_table = isinstance(names, list) and isinstance(rows, list)
    if not is_table or any(not isinstance(row, list) or len(row) != len(names) for row in rows):
        raise ValueError("its data are no rows with a cell for each of its columns")
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return {str(name): _column(list(column)) for name, column in zip(names, columns, strict=True)}


def _column(values: Any) -> "np.ndarray[Any, Any]":
    """Return values as an array of numbers or truth values, else of texts."""
    items = values if isinstance(values, list) else [values]
    if any(item is None for item in items) and all(
        item is None or (isinstance(item, int | float) and not isinstance(item, bool))
        for item in items
    ):
        items = [np.nan if item is None else item for item in items]
    if any(item is None or isinstance(item, str) for item in items):
        array = np.empty(len(items), dtype=object)
        array[:] = [None if item is None else str(item) for item in items]
        return array
    array = np.array(items)
    if array.dtype == object:
        raise ValueError("it holds lists of different lengths, or objects")
    return array


def _read_npy(file: Path) -> Arrays:
    return {UNNAMED: np.load(file, allow_pickle=False)}


def _read_npz(file: Path) -> Arrays:
    # A member is made whole in memory; a small file may promise a lot.
    with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as archive:
        if sum(each.file_size for each in archive.zip.infolist()) > MOST_BYTES:
            raise ValueError("it expands to more than 256 MiB")
        return {name: archive[name] for name in archive.files}


def _read_safetensors(file: Path) -> Arrays:
    require(("safetensors",), title=file.name)
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(file))
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _read_parquet(file: Path) -> Arrays:
    require(("pandas", "pyarrow"), title=file.name)
    import pandas as pd

    table = pd.read_parquet(file)
    return {str(name): _series(table[name]) for name in table.columns}


def _series(series: Any) -> "np.ndarray[Any, Any]":
    array: np.ndarray[Any, Any] = series.to_numpy()
    return (
        array
        if array.dtype.kind in "biufmM"
        else _column(series.astype(object).where(series.notna(), None).tolist())
    )


_READERS: Final[Mapping[str, Callable[[Path], Arrays]]] = {
    ".csv": _read_csv,
    ".json": _read_json,
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".safetensors": _read_safetensors,
    ".parquet": _read_parquet,
}
