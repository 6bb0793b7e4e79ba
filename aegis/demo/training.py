"""Models that are really trained, on the data that scikit-learn ships, and really measured."""

import hashlib
import io
import json
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import safetensors.numpy
import skops.io
from sklearn import __version__ as sklearn_version
from sklearn.base import BaseEstimator
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from aegis.demo import reports

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

SEED: Final = 20260112
CODE: Final = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:40]
"""The digest of this file, in the place of a commit: it is the code that trained the models."""


@dataclass(frozen=True, slots=True)
class Data:
    """A data set in two parts, and the groups by which results are compared."""

    name: str
    train: tuple[Matrix, Labels]
    test: tuple[Matrix, Labels]
    features: tuple[str, ...]
    classes: tuple[str, ...]
    attribute: str
    groups: dict[str, npt.NDArray[np.bool_]]

    @property
    def digest(self) -> str:
        """Return sha256 over the bytes of the training part."""
        return hashlib.sha256(self.train[0].tobytes() + self.train[1].tobytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained model: its files, its facts, and what was measured."""

    files: dict[str, bytes]
    facts: dict[str, Any]
    report: bytes
    audit: bytes
    accuracy: float
    rows: int


def _split(
    name: str,
    bunch: Any,
    target: Labels,
    attribute: str,
    groups: Callable[[Matrix, Labels], Mapping[str, npt.NDArray[np.bool_]]],
    classes: tuple[str, ...],
) -> Data:
    x_train, x_test, y_train, y_test = train_test_split(
        bunch.data, target, test_size=0.4, random_state=SEED, stratify=target
    )
    names = tuple(getattr(bunch, "feature_names", range(bunch.data.shape[1])))
    features = tuple(str(feature) for feature in names)
    found = dict(groups(x_test, y_test))
    return Data(name, (x_train, y_train), (x_test, y_test), features, classes, attribute, found)


def _halves(column: int, low: str, high: str) -> Callable[..., dict[str, npt.NDArray[np.bool_]]]:
    def split(x: Matrix, _: Labels) -> dict[str, npt.NDArray[np.bool_]]:
        is_high = x[:, column] > np.median(x[:, column])
        return {low: ~is_high, high: is_high}

    return split


def breast_cancer() -> Data:
    """Return the Wisconsin diagnostic data; groups are small and large cell nuclei."""
    bunch = load_breast_cancer()
    groups = _halves(1, "smooth texture", "rough texture")
    classes = ("malignant", "benign")
    return _split("wisconsin-diagnostic", bunch, bunch.target, "texture", groups, classes)


def wine() -> Data:
    """Return the wine recognition data; groups are by alcohol."""
    bunch = load_wine()
    groups = _halves(0, "below the median alcohol", "above the median alcohol")
    return _split("wine-recognition", bunch, bunch.target, "alcohol", groups, ("0", "1", "2"))


def digits() -> Data:
    """Return the handwritten digits; groups are by how much ink there is."""
    bunch = load_digits()

    def ink(x: Matrix, _: Labels) -> dict[str, npt.NDArray[np.bool_]]:
        is_bold = x.sum(axis=1) > np.median(x.sum(axis=1))
        return {"thin strokes": ~is_bold, "bold strokes": is_bold}

    classes = tuple(str(digit) for digit in range(10))
    return _split("optical-digits", bunch, bunch.target, "stroke", ink, classes)


def iris() -> Data:
    """Return the irises of Anderson and Fisher; groups are by the width of the sepal."""
    bunch = load_iris()
    groups = _halves(1, "narrow sepals", "wide sepals")
    classes = ("setosa", "versicolor", "virginica")
    return _split("iris", bunch, bunch.target, "sepal", groups, classes)


def diabetes() -> Data:
    """Return the diabetes data, asking whether progression is above the median."""
    bunch = load_diabetes()
    target = (bunch.target > np.median(bunch.target)).astype(np.int64)

    def sex(x: Matrix, _: Labels) -> dict[str, npt.NDArray[np.bool_]]:
        return {"sex code 1": x[:, 1] < 0, "sex code 2": x[:, 1] > 0}

    return _split("diabetes-442", bunch, target, "sex", sex, ("slow", "fast"))


def train(data: Data, *, model: str, team: str, trained_by: str, **params: Any) -> Trained:
    """Train a scaled logistic regression with ``params``, measure it and save it without pickle."""
    estimator = make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=2000, random_state=SEED, **params)
    )
    estimator.fit(*data.train)
    latency = _latency_ms(estimator, data.test[0])
    probabilities = estimator.predict_proba(data.test[0])
    measured = reports.measure(probabilities, data.test[1], latency_ms=latency)
    about = reports.About(
        model=model,
        data=data.name,
        digest=data.digest,
        rows=len(data.test[1]),
        code=CODE,
        team=team,
    )
    return Trained(
        files=_files(estimator, data, params),
        facts=_facts(data, team, trained_by, params),
        report=reports.evaluation(about, measured),
        audit=reports.bias_audit(about, probabilities, data.test[1], data.attribute, data.groups),
        accuracy=measured["accuracy"].value,
        rows=len(data.train[1]),
    )


def _latency_ms(estimator: BaseEstimator, rows: Matrix) -> float:
    """Return the 95th percentile of the time of one prediction, in milliseconds."""
    times = []
    for index in range(60):
        start = time.perf_counter()
        estimator.predict_proba(rows[index : index + 1])
        times.append(1000 * (time.perf_counter() - start))
    return float(np.percentile(times, 95))


def _files(estimator: Any, data: Data, params: Mapping[str, Any]) -> dict[str, bytes]:
    regression = estimator[-1]
    weights = io.BytesIO(
        safetensors.numpy.save(
            {
                "coefficients": np.ascontiguousarray(regression.coef_),
                "intercepts": np.ascontiguousarray(regression.intercept_),
                "means": np.ascontiguousarray(estimator[0].mean_),
                "scales": np.ascontiguousarray(estimator[0].scale_),
            }
        )
    )
    config = {
        "architecture": "StandardScaler, LogisticRegression",
        "params": dict(params),
        "features": list(data.features),
        "classes": list(data.classes),
    }
    return {
        "config.json": json.dumps(config, indent=2, sort_keys=True).encode(),
        "model.skops": skops.io.dumps(estimator),
        "weights/model.safetensors": weights.getvalue(),
        "requirements.txt": _requirements(),
    }


def _facts(data: Data, team: str, trained_by: str, params: Mapping[str, Any]) -> dict[str, Any]:
    rows, columns = data.train[0].shape
    return {
        "dataset": {"name": data.name, "digest": f"sha256:{data.digest}", "rows": rows},
        "code_version": f"{team}/training@{CODE}",
        "licence": "Apache-2.0",
        "framework": "scikit-learn",
        "framework_version": sklearn_version,
        "architecture": "LogisticRegression",
        "task": "classification",
        "trained_by": trained_by,
        "python": platform.python_version(),
        "parameter_count": (columns + 1) * max(len(data.classes) - 1, 1),
        "params": {name: value for name, value in params.items() if value is not None},
        "environment": {"scikit-learn": sklearn_version, "numpy": np.__version__},
    }


def _requirements() -> bytes:
    return f"scikit-learn=={sklearn_version}\nskops=={skops.__version__}\n".encode()
