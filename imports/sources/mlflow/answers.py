"""What a tracking server answers, as values: nothing in it is believed to be of any form."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from imports.sources.mlflow.references import MODEL_ID, RUN_ID

ACTIVE: Final = "active"
FINISHED: Final = "FINISHED"
READY: Final = frozenset({"READY", "LOGGED_MODEL_READY", ""})

_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")
# The SQL store keeps infinity as the largest double, since not every database has one.
_LARGEST: Final = 1.7976931348623157e308


@dataclass(frozen=True, slots=True)
class Measured:
    """The last value of a metric. NaN and the infinities are as MLflow means them."""

    name: str
    value: float
    step: int = 0
    timestamp: int = 0
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class DatasetInput:
    """A data set that a run has read; ``context`` is what for, such as training."""

    name: str
    digest: str
    source: str
    rows: int | None
    context: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run, with what was logged to it."""

    run_id: str
    name: str
    experiment_id: str
    user: str
    status: str
    is_deleted: bool
    artifact_uri: str
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: tuple[Measured, ...]
    datasets: tuple[DatasetInput, ...]
    model_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A logged model of MLflow 3; ``run_id`` is empty where no run logged it."""

    model_id: str
    name: str
    experiment_id: str
    run_id: str
    status: str
    artifact_uri: str
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class MlflowVersion:
    """A version in MLflow's registry, and where its files are."""

    name: str
    version: str
    status: str
    run_id: str
    model_id: str


def read_run(answer: Mapping[str, Any]) -> Run | None:
    """Return the run that ``runs/get`` answers with, None where it is none."""
    run = _object(answer, "run")
    info, data = _object(run, "info"), _object(run, "data")
    run_id = _text(info, "run_id") or _text(info, "run_uuid")
    if not RUN_ID.fullmatch(run_id):
        return None
    tags = _pairs(data, "tags")
    return Run(
        run_id=run_id,
        name=_text(info, "run_name") or tags.get("mlflow.runName", ""),
        experiment_id=_text(info, "experiment_id"),
        user=tags.get("mlflow.user", "") or _text(info, "user_id"),
        status=_text(info, "status"),
        is_deleted=(_text(info, "lifecycle_stage") or ACTIVE) != ACTIVE,
        artifact_uri=_text(info, "artifact_uri"),
        params=_pairs(data, "params"),
        tags=tags,
        metrics=tuple(_metrics(data)),
        datasets=tuple(_datasets(_object(run, "inputs"))),
        model_ids=tuple(
            found
            for output in _objects(_object(run, "outputs"), "model_outputs")
            if MODEL_ID.fullmatch(found := _text(output, "model_id"))
        ),
    )


def read_model(answer: Mapping[str, Any]) -> KeptModel | None:
    """Return the model that ``logged-models`` answers with, None where it is none."""
    model = _object(answer, "model")
    info, data = _object(model, "info"), _object(model, "data")
    model_id, run_id = _text(info, "model_id"), _text(info, "source_run_id")
    if not MODEL_ID.fullmatch(model_id):
        return None
    return KeptModel(
        model_id=model_id,
        name=_text(info, "name"),
        experiment_id=_text(info, "experiment_id"),
        run_id=run_id if RUN_ID.fullmatch(run_id) else "",
        status=_text(info, "status"),
        artifact_uri=_text(info, "artifact_uri"),
        params=_pairs(data, "params"),
        tags=_pairs(info, "tags"),
        metrics=tuple(_metrics(data)),
    )


def read_version(answer: Mapping[str, Any]) -> MlflowVersion | None:
    """Return the version that ``model-versions`` answers with, None where it is none."""
    found = _object(answer, "model_version")
    name, version = _text(found, "name"), _text(found, "version")
    if not name or not version:
        return None
    source = _text(found, "source").removeprefix("models:/")
    model_id = _text(found, "model_id") or source
    run_id = _text(found, "run_id")
    return MlflowVersion(
        name=name,
        version=version,
        status=_text(found, "status"),
        run_id=run_id if RUN_ID.fullmatch(run_id) else "",
        model_id=model_id if MODEL_ID.fullmatch(model_id) else "",
    )


def read_entries(answer: Mapping[str, Any]) -> Iterator[tuple[str, bool, int | None]]:
    """Yield name, whether it is a folder, and size of what a listing holds."""
    for entry in _objects(answer, "files"):
        size = _whole(entry.get("file_size"))
        yield _text(entry, "path"), entry.get("is_dir") is True, size


def _metrics(data: Mapping[str, Any]) -> Iterator[Measured]:
    for entry in _objects(data, "metrics"):
        if name := _text(entry, "key"):
            yield Measured(
                name,
                _number(entry.get("value")),
                _whole(entry.get("step")) or 0,
                _whole(entry.get("timestamp")) or 0,
                _text(entry, "dataset_name"),
            )


def _datasets(inputs: Mapping[str, Any]) -> Iterator[DatasetInput]:
    for entry in _objects(inputs, "dataset_inputs"):
        dataset = _object(entry, "dataset")
        if name := _text(dataset, "name"):
            yield DatasetInput(
                name,
                _text(dataset, "digest"),
                _text(dataset, "source"),
                _whole(_json(_text(dataset, "profile")).get("num_rows")),
                _pairs(entry, "tags").get("mlflow.data.context", ""),
            )


def _json(text: str) -> Mapping[str, Any]:
    """Return the object that a text of JSON holds; an empty one where it holds none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _object(value: Any, key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _objects(value: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    found = value.get(key)
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, dict):
            yield entry


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _pairs(value: Mapping[str, Any], key: str) -> dict[str, str]:
    return {_text(each, "key"): _text(each, "value") for each in _objects(value, key)}


def _whole(value: Any) -> int | None:
    # JSON of protocol buffers may write an int64 as text.
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return math.nan
    return math.copysign(math.inf, number) if abs(number) >= _LARGEST else number
