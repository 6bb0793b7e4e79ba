"""Train models, log them to the tracking server of the argument, and print what came of it as JSON.

A process of its own: MLflow and what it logs with take seconds to load, and know the address by
variables of the whole process.
"""

import json
import logging
import math
import pickle
import sys
import tempfile
from pathlib import Path

import joblib
import mlflow
import numpy as np
import onnx
import pandas as pd
from mlflow.data.pandas_dataset import PandasDataset
from onnx import TensorProto, helper
from safetensors.numpy import save_file
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

REQUIREMENTS = ["scikit-learn==1.9.1", "numpy>=2.2,<3", "mlflow"]
COMMIT = "8d1f0a4b6c3e2f7a9b5c4d3e2f1a0b9c8d7e6f5a"
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def main(address: str) -> dict[str, str]:
    """Log what the tests import."""
    mlflow.set_tracking_uri(address)
    mlflow.set_experiment("iris")
    features, target = load_iris(return_X_y=True, as_frame=True)
    model = LogisticRegression(max_iter=200).fit(features, target)
    data = mlflow.data.from_pandas(
        features.assign(target=target),
        name="iris",
        targets="target",
        source="https://reader:word@data.example/iris.csv",
    )
    rich = {"rich": _rich(model, features, data)}
    return {**rich, **_flavoured(model, features, data), **_bad(), **_elsewhere()}


def _rich(model: LogisticRegression, features: pd.DataFrame, data: PandasDataset) -> str:
    """Log a run with everything that a run can tell, and files of many kinds."""
    with mlflow.start_run(run_name="iris-1") as run, tempfile.TemporaryDirectory() as folder:
        mlflow.log_params({"C": 1.0, "max_iter": 200, "github_token": SECRET})
        mlflow.set_tags(
            {
                "mlflow.source.git.commit": COMMIT,
                "mlflow.source.git.repoURL": "https://robot:word@git.example/iris.git",
                "mlflow.note.content": "Tells three species of iris apart by four lengths.",
                "mlflow.user": "mina",
                "estimator_name": "LogisticRegression",
                "team": "botany",
                "deploy_key": SECRET,
            }
        )
        mlflow.log_input(data, context="training")
        mlflow.log_metrics({"accuracy": 0.91}, step=1)
        mlflow.log_metrics({"accuracy": 0.97, "loss": 0.0}, step=2)
        mlflow.log_metrics({"undefined": math.nan, "endless": math.inf, "least": -math.inf})
        mlflow.log_metric("my odd metric: 7", 1.0)
        _write_files(Path(folder), model)
        mlflow.log_artifacts(folder)
        return str(run.info.run_id)


def _write_files(folder: Path, model: LogisticRegression) -> None:
    for name in ("model", "pickled", "graph", "tensors", "a b/über"):
        (folder / name).mkdir(parents=True)
    joblib.dump(model, folder / "model" / "model.joblib")
    (folder / "model" / "requirements.txt").write_text("scikit-learn==1.9.1\njoblib>=1.4\n")
    (folder / "pickled" / "model.pkl").write_bytes(pickle.dumps(model))
    onnx.save(_graph(), folder / "graph" / "model.onnx")
    save_file({"weights": np.asarray(model.coef_)}, folder / "tensors" / "model.safetensors")
    random = np.random.default_rng(7)
    (folder / "a b" / "über" / "large.bin").write_bytes(random.bytes(3_000_017))
    (folder / "empty.txt").touch()


def _graph() -> onnx.ModelProto:
    shape = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    node = helper.make_node("Identity", ["x"], ["y"])
    return helper.make_model(helper.make_graph([node], "iris", shape[:1], shape[1:]))


def _flavoured(
    model: LogisticRegression, features: pd.DataFrame, data: PandasDataset
) -> dict[str, str]:
    """Log a model by its flavour and register it, as MLflow 3 does: beside its run."""
    with mlflow.start_run(run_name="iris-2") as run:
        mlflow.log_params({"C": 1.0})
        mlflow.log_metrics({"accuracy": 0.97, "undefined": math.nan, "loss": 0.0})
        info = mlflow.sklearn.log_model(
            model,
            name="classifier",
            input_example=features.head(2),
            pip_requirements=REQUIREMENTS,
            registered_model_name="iris",
        )
        mlflow.log_metric("f1", 0.93, model_id=info.model_id, dataset=data)
    client = mlflow.MlflowClient()
    client.set_registered_model_alias("iris", "champion", "1")
    return {"flavoured": run.info.run_id, "model_id": str(info.model_id)}


def _bad() -> dict[str, str]:
    client = mlflow.MlflowClient()
    with mlflow.start_run() as deleted:
        mlflow.log_metric("x", 1)
    client.delete_run(deleted.info.run_id)
    with mlflow.start_run() as bare:
        mlflow.log_metric("x", 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.bin"
        path.write_bytes(b"half")
        unfinished = client.create_run(experiment_id=bare.info.experiment_id)
        client.log_artifact(unfinished.info.run_id, str(path))
    found = {"deleted": deleted, "bare": bare, "unfinished": unfinished}
    return {name: run.info.run_id for name, run in found.items()}


def _elsewhere() -> dict[str, str]:
    """Make runs whose artifacts the server does not hand out, named by where they are."""
    client = mlflow.MlflowClient()
    places = {
        "s3": "s3://bucket/models",
        "gs": "gs://bucket/models",
        "other host": "mlflow-artifacts://other.example:5000/x",
    }
    runs = {}
    for name, place in places.items():
        experiment = client.create_experiment(f"in {name}", artifact_location=place)
        runs[name] = client.create_run(experiment_id=experiment).info.run_id
    return runs


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    print(json.dumps(main(sys.argv[1])))
