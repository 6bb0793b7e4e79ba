"""Train a classifier of handwritten digits, log the run to MLflow, and print the run's ID."""

import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import joblib
import mlflow
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

ARTIFACT_PATH = "model/model.joblib"


def train() -> str:
    """Train, log parameters, metrics and the model, and return the ID of the run."""
    digits = load_digits()
    parts = train_test_split(digits.data, digits.target, test_size=0.25, random_state=0)
    train_images, test_images, train_labels, test_labels = parts
    model = LogisticRegression(C=0.1, max_iter=2000)
    with mlflow.start_run() as run, tempfile.TemporaryDirectory() as folder:
        model.fit(train_images, train_labels)
        mlflow.log_params({"C": model.C, "data_set": "sklearn.datasets.load_digits"})
        mlflow.log_metric("accuracy", model.score(test_images, test_labels))
        file = Path(folder) / Path(ARTIFACT_PATH).name
        joblib.dump(model, file)
        mlflow.log_artifact(str(file), str(Path(ARTIFACT_PATH).parent))
    return run.info.run_id


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # MLflow prints where the run can be seen.
        run_id = train()
    print(run_id)
