"""What files of inputs hold, and how outputs are compared."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from aegis.loading import inputs
from aegis.loading.arrays import data_of, described, rebuilt
from aegis.loading.comparing import compare
from aegis.problems import Invalid, NotFound

TABLE = {"age": [1.5, 2.5], "town": ["Ulm", "Rom"]}
ROWS = [dict(zip(TABLE, row, strict=True)) for row in zip(*TABLE.values(), strict=True)]
SPLIT = {"columns": ["age", "town"], "data": [[1.5, "Ulm"], [2.5, "Rom"]]}


def _lists(arrays: Any) -> dict[str, Any]:
    return {name: array.tolist() for name, array in arrays.items()}


@pytest.mark.parametrize(
    "value",
    [
        TABLE,
        ROWS,
        SPLIT,
        {"dataframe_split": SPLIT},
        {"dataframe_records": ROWS},
        {"inputs": TABLE},
        {"instances": ROWS},
    ],
)
def test_tables_in_json_are_columns(tmp_path: Path, value: Any) -> None:
    (tmp_path / "input.json").write_text(json.dumps(value))
    assert _lists(inputs.read(tmp_path / "input.json")) == TABLE


def test_tables_in_csv_and_parquet_are_columns(tmp_path: Path) -> None:
    table = pd.DataFrame({**TABLE, "gone": [None, "x"], "n": [1, None], "is": [True, False]})
    table.to_csv(tmp_path / "a.csv", index=False)
    table.to_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        read = inputs.read(tmp_path / name)
        told = _lists(read)
        assert np.isnan(told["n"].pop())
        assert told == {**TABLE, "gone": [None, "x"], "n": [1.0], "is": [True, False]}


def test_arrays_keep_names_shapes_and_dtypes(tmp_path: Path) -> None:
    array = np.arange(6, dtype="f4").reshape(2, 3)
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "a.npz", x=array, y=np.ones(2, "i8"))
    save_file({"x": array, "y": np.ones(2, "i8")}, tmp_path / "a.safetensors")
    (tmp_path / "a.json").write_text(json.dumps({"inputs": array.tolist()}))
    assert inputs.read(tmp_path / "a.npy")["input"].dtype == np.float32
    assert inputs.read(tmp_path / "a.json")["input"].tolist() == array.tolist()
    for name in ("a.npz", "a.safetensors"):
        read = inputs.read(tmp_path / name)
        assert {key: (one.dtype.str, one.shape) for key, one in read.items()} == {
            "x": ("<f4", (2, 3)),
            "y": ("<i8", (2,)),
        }


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.txt", b"1,2", "input_format_unknown"),
        ("a.csv", b"", "input_empty"),
        ("a.csv", b"a,a\n1,2\n", "input_unreadable"),
        ("a.csv", b"a,b\n1\n", "input_unreadable"),
        ("a.csv", b"\xff\xfe", "input_unreadable"),
        ("a.json", b"{", "json_malformed"),
        ("a.json", b'{"a": NaN}', "json_number_not_finite"),
        ("a.json", b"[[1], [2, 3]]", "input_unreadable"),
        ("a.json", b'{"columns": ["a"], "data": [[1, 2]]}', "input_unreadable"),
        ("a.npy", b"hello", "input_unreadable"),
        ("a.npz", b"PK\x03\x04", "input_unreadable"),
        ("a.safetensors", b"hello", "input_unreadable"),
        ("a.parquet", b"hello", "input_unreadable"),
    ],
)
def test_a_file_that_is_no_input_is_refused(
    tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Invalid) as refused:
        inputs.read(tmp_path / name)
    assert refused.value.code == code


def test_a_pickle_among_arrays_is_not_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(Invalid):
        inputs.read(tmp_path / "a.npy")
    with pytest.raises(NotFound):
        inputs.read(tmp_path / "b.npy")


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3)[:, ::-1],
        np.array([], dtype="i4"),
        np.array(1.5, dtype=">f4"),
        np.array(["ä", None, "c"], dtype=object),
        np.array([["a"], ["b"]]),
        np.array(["2026-01-01"], dtype="M8[D]"),
        np.array([True, False]),
        np.array([1 + 2j]),
    ],
)
def test_arrays_go_between_processes_as_they_are(array: Any) -> None:
    (description,) = described({"x": array})
    again = rebuilt(description, data_of(array))
    assert again.shape == array.shape
    assert again.tolist() == array.tolist()


A = np.array([1.0, 2.0, np.nan])


@pytest.mark.parametrize(
    ("got", "expected", "mismatches", "largest"),
    [
        ({"y": A}, {"y": A.copy()}, 0, 0.0),
        ({"y": A}, {"y": np.array([1.0, 2.1, np.nan])}, 1, 0.1),
        ({"y": A}, {"y": np.array([1.0, 2.0, 3.0])}, 1, 0.0),
        ({"y": A[:2]}, {"z": np.array([[1.0], [2.0 + 1e-9]])}, 0, 1e-9),
        ({"y": np.array([1, 2])}, {"input": np.array([1.0, 3.0])}, 1, 1.0),
        ({"y": np.array([True])}, {"y": np.array([1])}, 0, 0.0),
        ({"y": np.array(["a", "b"])}, {"y": np.array(["a", "c"], dtype=object)}, 1, None),
        ({"y": np.array([np.inf])}, {"y": np.array([np.inf])}, 0, 0.0),
        ({"y": np.array([np.inf])}, {"y": np.array([-np.inf])}, 1, 0.0),
        ({"l": np.array([1]), "p": np.ones((1, 2))}, {"a": np.ones(1), "b": np.ones(1)}, 0, 0.0),
        ({"l": np.array([1]), "p": np.ones((1, 2))}, {"p": np.ones((1, 2))}, 0, 0.0),
        ({"y": np.array([])}, {"y": np.array([])}, 0, 0.0),
    ],
)
def test_outputs_are_compared(
    got: Any, expected: Any, mismatches: int, largest: float | None
) -> None:
    found = compare(got, expected)
    assert not found.fault
    assert found.mismatches == mismatches
    assert found.is_equal == (mismatches == 0)
    assert found.largest == (None if largest is None else pytest.approx(largest))


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"y": np.ones(3)}, "y has the shape [2], and [3] was expected"),
        ({"y": np.array(["a", "b"])}, "y holds numbers, unlike the expected"),
        ({}, "there is nothing to compare"),
        (
            {"a": np.ones((2, 2)), "b": np.ones((2, 2))},
            "the outputs are y, and a, b were expected",
        ),
    ],
)
def test_what_cannot_be_compared_says_why(expected: Any, words: str) -> None:
    found = compare({"y": np.ones(2)}, expected)
    assert (found.fault, found.is_equal) == (words, False)


def test_a_tolerance_is_kept() -> None:
    found = compare({"y": np.array([1.0])}, {"y": np.array([1.05])}, rtol=0, atol=0.1)
    assert found.is_equal
    assert (found.count, found.rtol, found.atol) == (1, 0, 0.1)
