"""Make a folder for each kind of model with the library that owns it: ``python -m … FOLDER``.

It runs as a process of its own: the libraries are slow to load, and they warn.
"""

import sys
from pathlib import Path

import joblib
import lightgbm
import mlflow
import numpy as np
import onnx
import pandas as pd
import skops.io
import xgboost
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

RANDOM = np.random.default_rng(7)
TABLE = pd.DataFrame(RANDOM.normal(size=(60, 3)), columns=["age", "income", "tenure"])
LABELS = (TABLE.age > 0).astype(int)
NEEDED = {"pip_requirements": ["scikit-learn"]}


def main(folder: Path) -> None:
    for make in (estimators, boosters, weights, graphs, folders):
        make(folder)
    TABLE.head(4).to_csv(folder / "input.csv", index=False)
    np.save(folder / "input.npy", TABLE.head(4).to_numpy())


def _in(folder: Path, name: str) -> Path:
    place = folder / name
    place.mkdir()
    return place


def estimators(folder: Path) -> None:
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(TABLE, LABELS)
    joblib.dump(pipeline, _in(folder, "joblib") / "model.joblib", compress=3)
    joblib.dump(pipeline, _in(folder, "pickle") / "churn.pkl")
    skops.io.dump(pipeline, _in(folder, "skops") / "model.skops")
    expected = pd.DataFrame({"predict": pipeline.predict(TABLE.head(4))})
    expected.to_csv(folder / "expected.csv", index=False)
    texts = make_pipeline(TfidfVectorizer(), LogisticRegression())
    texts.fit(["good fine", "bad poor", "fine", "poor"], [1, 0, 1, 0])
    joblib.dump(texts, _in(folder, "texts") / "model.joblib")


def boosters(folder: Path) -> None:
    trees = xgboost.XGBRegressor(n_estimators=5).fit(TABLE, LABELS)
    for name, suffix in (("xgboost", "json"), ("ubjson", "ubj")):
        trees.save_model(_in(folder, name) / f"model.{suffix}")
    data = lightgbm.Dataset(TABLE, label=LABELS)
    light = lightgbm.train({"objective": "binary", "verbose": -1}, data, 5)
    light.save_model(_in(folder, "lightgbm") / "model.txt")


def weights(folder: Path) -> None:
    place = _in(folder, "safetensors")
    save_file({"a": np.ones((2, 3), "f4"), "b": np.zeros((0,), "i8")}, place / "1.safetensors")
    save_file({"c": np.ones((), "f2")}, place / "2.safetensors")


def graphs(folder: Path) -> None:
    kernel = numpy_helper.from_array(np.eye(3, 2, dtype="f4"), "W")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "W"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])],
        [kernel],
    )
    made = helper.make_model(
        graph, producer_name="tests", opset_imports=[helper.make_opsetid("", 21)], ir_version=10
    )
    onnx.save(made, _in(folder, "onnx") / "model.onnx")


def folders(folder: Path) -> None:
    example = TABLE.head(3)
    linear = LinearRegression().fit(TABLE, LABELS)
    mlflow.sklearn.save_model(linear, folder / "mlflow", input_example=example, **NEEDED)
    tensors = LinearRegression().fit(TABLE.to_numpy(), LABELS)
    mlflow.sklearn.save_model(
        tensors,
        folder / "mlflow-pickle",
        input_example=example.to_numpy(),
        serialization_format="cloudpickle",
        **NEEDED,
    )

    class Lengths(mlflow.pyfunc.PythonModel):
        def predict(self, model_input: list[str]) -> list[int]:
            return [len(each) for each in model_input]

    mlflow.pyfunc.save_model(
        folder / "pyfunc",
        python_model=Lengths(),
        input_example=["ab", "c"],
        pip_requirements=["mlflow"],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
