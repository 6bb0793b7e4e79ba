"""Trained models as files of versions: what a conversion begins with."""

import io
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import joblib
import pytest
from django.utils import timezone
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imports.converting import known
from imports.models import Import
from imports.running import run
from registry.models import ModelVersion, RegisteredModel
from tests.cast import Cast
from tests.registry import making

ACME = Path(__file__).parent / "acme"
EXAMPLE = [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3], [5.9, 3.0, 4.2, 1.5]]


@cache
def classifier() -> BaseEstimator:
    """Return a pipeline that tells three species of iris apart."""
    features, target = load_iris(return_X_y=True)
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(features, target)


def as_joblib(estimator: BaseEstimator) -> bytes:
    """Return an estimator as joblib writes it."""
    sink = io.BytesIO()
    joblib.dump(estimator, sink)
    return sink.getvalue()


def files(estimator: BaseEstimator | None = None, **further: bytes) -> dict[str, bytes]:
    """Return the files of a version with an input example."""
    return {
        "model.joblib": as_joblib(estimator or classifier()),
        "input_example.json": json.dumps(EXAMPLE).encode(),
        **further,
    }


@pytest.fixture
def parent(cast: Cast, model: RegisteredModel) -> ModelVersion:
    """A version of mina's with a scikit-learn pipeline in it, and an input example."""
    return making.new_version(model, cast.mina, files())


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package that brings converters is installed."""
    monkeypatch.syspath_prepend(str(ACME))
    known.known.cache_clear()
    yield
    known.known.cache_clear()


def done(job: Import) -> Import:
    """Run a job as a worker does, at once."""
    Import.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    run(job.pk)
    job.refresh_from_db()
    return job
