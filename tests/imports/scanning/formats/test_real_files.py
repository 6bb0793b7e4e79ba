"""What libraries really write comes out as it should."""

from pathlib import Path

import pytest

from imports.scanning.verdicts import Verdict
from tests.imports.scanning.formats.scanned import codes, is_dangerous, scan


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("plain.npy", "npy"),
        ("fortran.npy", "npy"),
        ("unsigned.npy", "npy"),
        ("booleans.npy", "npy"),
        ("empty.npy", "npy"),
        ("scalar.npy", "npy"),
        ("text.npy", "npy"),
        ("bytes.npy", "npy"),
        ("dates.npy", "npy"),
        ("complex.npy", "npy"),
        ("record.npy", "npy"),
        ("aligned.npy", "npy"),
        ("model.safetensors", "safetensors"),
        ("xgboost.json", "json"),
        ("xgboost.ubj", "ubjson"),
        ("lightgbm.txt", "lightgbm"),
        ("model.onnx", "onnx"),
        ("model.gguf", "gguf"),
        ("tokenizer_config.json", "json"),
        ("table.parquet", "parquet"),
        ("table.feather", "arrow"),
        ("table.arrow", "arrow"),
        ("many.h5", "hdf5"),
        ("compressed.h5", "hdf5"),
        ("latest.h5", "hdf5"),
    ],
)
def test_a_real_file_of_data_is_data(real_files: Path, name: str, form: str) -> None:
    found = scan((real_files / name).read_bytes(), name)

    assert (found.verdict, found.format, found.findings) == (Verdict.DATA, form, ())


def test_a_graph_with_weights_beside_it_says_where_they_are(real_files: Path) -> None:
    found = scan((real_files / "external.onnx").read_bytes(), "external.onnx")

    assert found.verdict is Verdict.DATA
    assert "external.weights" in found.findings[0].sentence


@pytest.mark.parametrize("name", ["functional.h5", "functional.weights.h5", "fixed.h5"])
def test_keras_weights_and_models_in_hdf5_are_data(keras_files: Path, name: str) -> None:
    found = scan((keras_files / name).read_bytes(), name)

    assert (found.verdict, found.format) == (Verdict.DATA, "hdf5")


def test_a_lambda_layer_in_hdf5_is_dangerous(keras_files: Path) -> None:
    found = scan((keras_files / "lambda.h5").read_bytes(), "lambda.h5")

    assert found.verdict is Verdict.UNSAFE
    assert "keras_lambda" in codes(found)
    assert is_dangerous(found)


@pytest.mark.parametrize("name", ["model.safetensors", "model.gguf", "plain.npy", "model.onnx"])
def test_the_name_decides_nothing_but_is_told(real_files: Path, name: str) -> None:
    data = (real_files / name).read_bytes()

    assert scan(data, "model").findings == ()
    assert codes(scan(data, "model.parquet")) == {"extension_mismatch"}


@pytest.mark.parametrize("name", ["arrays.npz", "compressed.npz"])
def test_archives_of_arrays_are_data(real_files: Path, name: str) -> None:
    assert scan((real_files / name).read_bytes(), name).verdict is Verdict.DATA


@pytest.mark.parametrize("name", ["forest.skops", "regression.skops"])
def test_a_model_of_skops_is_known_by_its_types(real_files: Path, name: str) -> None:
    found = scan((real_files / name).read_bytes(), name)

    assert (found.verdict, found.findings) == (Verdict.KNOWN, ())
    assert any(each.startswith("sklearn.") for each in found.globals)


@pytest.mark.parametrize("name", ["functional.keras", "recurrent.keras"])
def test_a_model_of_keras_is_data(keras_files: Path, name: str) -> None:
    assert scan((keras_files / name).read_bytes(), name).verdict is Verdict.DATA


def test_a_lambda_layer_in_an_archive_of_keras_is_dangerous(keras_files: Path) -> None:
    found = scan((keras_files / "lambda.keras").read_bytes(), "lambda.keras")

    assert found.verdict is Verdict.UNSAFE
    assert is_dangerous(found)
