"""Evaluation reports and bias audits of the sample models, with intervals."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, f1_score, log_loss

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

RESAMPLES: Final = 200
LARGEST_GAP: Final = 0.15


class Measured(NamedTuple):
    """A value with its 95 % interval, where it has one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What a report is about."""

    model: str
    data: str
    digest: str
    rows: int
    code: str
    team: str


def measure(probabilities: Matrix, labels: Labels, *, latency_ms: float) -> dict[str, Measured]:
    """Return the metrics of a classifier, with intervals from resampling the test rows."""
    random = np.random.default_rng(7)
    samples = [_scores(probabilities, labels)]
    for _ in range(RESAMPLES):
        rows = random.integers(0, len(labels), len(labels))
        samples.append(_scores(probabilities[rows], labels[rows]))
    measured = {}
    for name, value in samples[0].items():
        low, high = np.percentile([sample[name] for sample in samples[1:]], [2.5, 97.5])
        measured[name] = Measured(value, min(float(low), value), max(float(high), value))
    measured["latency_p95_ms"] = Measured(latency_ms)
    return measured


def _scores(probabilities: Matrix, labels: Labels) -> dict[str, float]:
    predicted = probabilities.argmax(axis=1)
    classes = np.arange(probabilities.shape[1])
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "f1": float(f1_score(labels, predicted, average="macro", labels=classes, zero_division=0)),
        "log_loss": float(log_loss(labels, probabilities, labels=classes)),
        "ece": _calibration_error(probabilities, labels),
    }


def _calibration_error(probabilities: Matrix, labels: Labels) -> float:
    """Return the expected calibration error over ten bins of the winning probability."""
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [
        abs(confidence[bins == one].mean() - is_right[bins == one].mean()) * (bins == one).sum()
        for one in np.unique(bins)
    ]
    return float(sum(gaps) / len(labels))


def evaluation(about: About, measured: Mapping[str, Measured]) -> bytes:
    """Return the evaluation report, in the documented format."""
    return _written(
        about,
        "aegis.evaluation-report/1",
        metrics=[_metric(name, metric, about.rows) for name, metric in measured.items()],
    )


def _metric(name: str, metric: Measured, rows: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": name, "value": round(metric.value, 6)}
    if metric.low is not None and metric.high is not None:
        low, high = round(metric.low, 6), round(metric.high, 6)
        entry["interval"] = {
            "low": min(low, entry["value"]),
            "high": max(high, entry["value"]),
            "level": 0.95,
        }
        entry["sample_size"] = rows
    return entry


def bias_audit(
    about: About,
    probabilities: Matrix,
    labels: Labels,
    attribute: str,
    groups: Mapping[str, npt.NDArray[np.bool_]],
) -> bytes:
    """Return the bias audit: accuracy by group, and the gap that is allowed."""
    is_right = probabilities.argmax(axis=1) == labels
    comparison = {
        "attribute": attribute,
        "measure": "accuracy",
        "limit": LARGEST_GAP,
        "groups": [
            {
                "name": name,
                "value": round(float(is_right[rows].mean()), 6),
                "sample_size": int(rows.sum()),
            }
            for name, rows in groups.items()
        ],
    }
    return _written(about, "aegis.bias-audit/1", comparisons=[comparison])


def _written(about: About, form: str, **content: Any) -> bytes:
    document = {
        "format": form,
        "model": about.model,
        "dataset": {
            "name": f"{about.data}-test",
            "digest": f"sha256:{about.digest}",
            "rows": about.rows,
        },
        "produced_by": f"{about.team}/evaluation",
        "produced_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_version": f"{about.team}/evaluation@{about.code}",
        **content,
    }
    return json.dumps(document, indent=2).encode()
