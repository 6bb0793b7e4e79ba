"""Real models are recognised, loaded behind the walls, and predict."""

import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from aegis.loading import inputs
from aegis.loading.flavours import recognise
from aegis.loading.refusals import LoadFailed, Missing, Unrecognised
from aegis.loading.running import Ran, run
from tests.harness.stack import ROOT

TORCH = ROOT / "tests" / "imports" / "scanning" / "torch"
# A backend of Keras wants jax for its import alone; this answers it.
STAND_IN = """
import importlib.abc, importlib.machinery, sys, types
class Nothing(types.ModuleType):
    __path__ = []
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing(name)
    def __call__(self, *given, **named):
        return given[0] if given else self
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.startswith("jax."):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
    def create_module(self, spec):
        return Nothing(spec.name)
    def exec_module(self, module):
        pass
sys.meta_path.insert(0, Finder())
sys.modules["jax"].__class__ = Nothing
"""


def _ran(folder: Path, asked: Path | None = None) -> Ran:
    found = recognise(folder)
    return run(folder, found, inputs=inputs.read(asked) if asked else None)


CSV, NPY = "input.csv", "input.npy"
PIPELINE = "sklearn.pipeline.Pipeline"


@pytest.mark.parametrize(
    ("name", "flavour", "kind", "asked"),
    [
        *(("joblib", "pickle", PIPELINE, asked) for asked in (CSV, NPY)),
        *(("pickle", "pickle", PIPELINE, asked) for asked in (CSV, NPY)),
        *(("skops", "skops", PIPELINE, asked) for asked in (CSV, NPY)),
        # These two were each trained on one of the two.
        ("xgboost", "xgboost", "xgboost.core.Booster", CSV),
        ("ubjson", "xgboost", "xgboost.core.Booster", NPY),
        *(("lightgbm", "lightgbm", "lightgbm.basic.Booster", asked) for asked in (CSV, NPY)),
        *(("onnx", "onnx", "ONNX graph by tests", asked) for asked in (CSV, NPY)),
    ],
)
def test_a_model_predicts_from_a_table_and_from_an_array(
    models: Path, name: str, flavour: str, kind: str, asked: str
) -> None:
    assert recognise(models / name).flavour == flavour
    ran = _ran(models / name, models / asked)
    assert (ran.kind, ran.predicts) == (kind, True)
    ((first, *_),) = (list(outputs.values()) for outputs in ran.outputs)
    assert len(first) == 4
    assert ran.walls
    if flavour in {"pickle", "skops"}:
        assert list(ran.outputs[0]) == ["predict", "predict_proba"]
        expected = inputs.read(models / "expected.csv")["predict"]
        assert ran.outputs[0]["predict"].tolist() == expected.tolist()


def test_an_input_example_beside_the_file_of_a_model_is_its_own(
    models: Path, tmp_path: Path
) -> None:
    shutil.copy(models / "joblib" / "model.joblib", tmp_path)
    assert recognise(tmp_path).example is None
    (tmp_path / "input_example.json").write_text('{"columns": ["a"], "data": [[1.0]]}')
    assert recognise(tmp_path).example == "input_example.json"


@pytest.mark.parametrize(
    ("name", "flavour"), [("mlflow", "skops"), ("mlflow-pickle", "pickle"), ("pyfunc", "mlflow")]
)
def test_a_folder_of_mlflow_brings_its_input_example(models: Path, name: str, flavour: str) -> None:
    found = recognise(models / name)
    assert (found.flavour, found.title[:18]) == (flavour, "A model of MLflow ")
    ran = run(models / name, found, inputs=inputs.example(models / name, found), runs=2)
    one, other = ran.outputs
    assert one["predict"].tolist() == other["predict"].tolist()
    if name == "pyfunc":
        assert one["predict"].tolist() == [2, 1]


def test_texts_are_asked_as_texts(models: Path, tmp_path: Path) -> None:
    (tmp_path / "input.csv").write_text("review\ngood\nbad poor\n")
    ran = _ran(models / "texts", tmp_path / "input.csv")
    assert ran.outputs[0]["predict"].tolist() == [1, 0]


def test_weights_are_read_tensor_by_tensor(models: Path) -> None:
    ran = _ran(models / "safetensors", models / "input.npy")
    assert (ran.predicts, ran.outputs) == (False, ())
    told = {tensor.name: (tensor.dtype, tensor.shape, tensor.size) for tensor in ran.tensors}
    assert told == {"a": ("F32", (2, 3), 24), "b": ("I64", (0,), 0), "c": ("F16", (), 2)}


def test_what_predicts_comes_before_weights_and_safetensors_before_pytorchs(
    models: Path, tmp_path: Path
) -> None:
    shutil.copy(TORCH / "state_dict.pt", tmp_path / "pytorch_model.bin")
    assert recognise(tmp_path).flavour == "state_dict"
    shutil.copy(models / "safetensors" / "1.safetensors", tmp_path / "model.safetensors")
    assert recognise(tmp_path).flavour == "safetensors"
    shutil.copy(models / "joblib" / "model.joblib", tmp_path)
    assert recognise(tmp_path).flavour == "pickle"


@pytest.mark.parametrize("name", ["state_dict.pt", "checkpoint.pt", "parameter.pt"])
def test_a_state_dict_is_read_without_pytorch(tmp_path: Path, name: str) -> None:
    shutil.copy(TORCH / name, tmp_path)
    ran = _ran(tmp_path)
    assert (ran.kind, ran.predicts) == ("PyTorch state dict", False)
    if name == "state_dict.pt":
        assert [(each.name, each.dtype, each.shape) for each in ran.tensors[:2]] == [
            ("0.weight", "float32", (3, 4)),
            ("0.bias", "float32", (3,)),
        ]
    if name == "checkpoint.pt":
        assert ("half", "bfloat16", (3,)) in {
            (each.name, each.dtype, each.shape) for each in ran.tensors
        }
    if name == "parameter.pt":
        ones = np.ones(3, "f4")
        assert [each.size for each in ran.tensors] == [ones.nbytes]


def test_a_whole_module_of_pytorch_is_more_than_a_state_dict(tmp_path: Path) -> None:
    shutil.copy(TORCH / "module.pt", tmp_path)
    with pytest.raises(LoadFailed, match="more than a state dict"):
        _ran(tmp_path)


def test_a_keras_model_predicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: Path
) -> None:
    (tmp_path / "path" / "jax").mkdir(parents=True)
    (tmp_path / "path" / "jax" / "__init__.py").write_text(STAND_IN)
    (tmp_path / "model").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "path"))
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    _make_keras(tmp_path / "model" / "model.keras", tmp_path / "path")
    ran = _ran(tmp_path / "model", models / "input.npy")
    assert ran.kind == "keras.Functional"
    (answer,) = ran.outputs[0].values()
    assert answer.shape == (4, 2)


def _make_keras(place: Path, stand_in: Path) -> None:
    import subprocess

    made = (
        "import sys; sys.path.append(sys.argv[2]); import keras; entry = keras.Input((3,));"
        "keras.Model(entry, keras.layers.Dense(2)(entry)).save(sys.argv[1])"
    )
    command = [sys.executable, "-W", "ignore", "-c", made, str(place), str(stand_in)]
    subprocess.run(command, check=True, capture_output=True)


def test_what_is_not_installed_is_named_with_what_installs_it(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(Missing) as refused:
        _ran(models / "xgboost")
    assert refused.value.in_full == (
        "xgboost is not installed here. An XGBoost booster needs it. "
        "Install what is missing: pip install xgboost."
    )
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(Missing, match="onnxruntime is not installed") as refused:
        _ran(models / "onnx")
    assert refused.value.mend
    assert "pip install 'aegis-registry[convert]'" in refused.value.mend


def test_what_a_pickle_misses_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"\x80\x02cno_such_package.models\nModel\n.")
    with pytest.raises(Missing) as refused:
        _ran(tmp_path)
    assert refused.value.details == {"packages": ["no_such_package"]}


def test_code_in_the_folder_at_hand_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models_of_mine.py").write_text("Model = dict\n")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.pkl").write_bytes(b"\x80\x02cmodels_of_mine\nModel\n.")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), *sys.path])
    with pytest.raises(Missing, match="models_of_mine is not installed here"):
        _ran(tmp_path / "model")


def test_a_model_is_chosen_among_files(models: Path, tmp_path: Path) -> None:
    for name in ("one.skops", "two.skops"):
        shutil.copy(models / "skops" / "model.skops", tmp_path / name)
    with pytest.raises(Unrecognised) as refused:
        recognise(tmp_path)
    assert refused.value.code == "model_ambiguous"
    assert recognise(tmp_path, "two.skops").path == "two.skops"
    shutil.copy(models / "skops" / "model.skops", tmp_path)
    assert recognise(tmp_path).path == "model.skops"
    with pytest.raises(Unrecognised) as refused:
        recognise(tmp_path, "three.skops")
    assert refused.value.code == "file_not_found"


@pytest.mark.parametrize("name", ["model.pkl", "model.onnx", "config.json", "README.md", "x.h5"])
def test_what_only_bears_a_name_is_no_model(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"hello, world")
    with pytest.raises(Unrecognised) as refused:
        recognise(tmp_path)
    assert refused.value.code == "model_unrecognised"


def test_an_input_that_does_not_fit_says_what_is_missing(models: Path, tmp_path: Path) -> None:
    (tmp_path / "input.csv").write_text("age,income\n1,2\n")
    with pytest.raises(LoadFailed) as refused:
        _ran(models / "skops", tmp_path / "input.csv")
    assert refused.value.sentence == (
        "It was loaded and does not predict: The input has no column 'tenure'."
    )


@pytest.mark.parametrize(
    "text",
    [
        "flavors: {1: {}, true: 3, x: [1]}",
        "flavors: 5",
        "- 1",
        "utc_time_created: 2026-99-99",
        "\tx: [",
        "a: &a [*a]",
        "[" * 5000,
        "flavors: {sklearn: {pickled_model: [1]}}\nsaved_input_example_info: 7",
    ],
)
def test_a_description_of_mlflow_that_makes_no_sense_breaks_nothing(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "MLmodel").write_text(text)
    found = recognise(tmp_path)
    assert (found.flavour, found.example) == ("mlflow", None)


@pytest.mark.parametrize("name", ["model.skops", "model.keras", "model.pt"])
def test_an_archive_that_is_broken_is_no_model(tmp_path: Path, models: Path, name: str) -> None:
    whole = (models / "skops" / "model.skops").read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unrecognised):
        recognise(tmp_path)


@pytest.mark.parametrize("path", ["../outside.pkl", "/etc/passwd", "."])
def test_a_folder_of_mlflow_names_nothing_outside(tmp_path: Path, path: str) -> None:
    (tmp_path / "outside.pkl").write_bytes(b"\x80\x04N.")
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text(
        f"flavors:\n  sklearn:\n    pickled_model: {path}\n"
        f"saved_input_example_info:\n  artifact_path: {path}\n"
    )
    found = recognise(folder)
    assert (found.flavour, found.path, found.example) == ("mlflow", ".", None)


class Executed:
    """A program in a pickle."""

    def __init__(self, program: str) -> None:
        self.program = program

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, (self.program,)


def test_what_a_library_warns_of_is_told(tmp_path: Path) -> None:
    warns = "import warnings\nwarnings.warn('It is an old one.', UserWarning)\n"
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Executed(warns)))
    assert _ran(tmp_path).notices == ("It is an old one.",)
