"""Finding what a reference names: the run, the logged model, the files. Aliases end here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote

from aegis.problems import Conflict, Invalid, NotFound
from imports.sources.mlflow.answers import (
    READY,
    KeptModel,
    MlflowVersion,
    Run,
    read_model,
    read_run,
    read_version,
)
from imports.sources.mlflow.artifacts import find_files, place_of, shown_entries
from imports.sources.mlflow.asking import API, Tracking
from imports.sources.mlflow.references import LoggedModel, Named, RegisteredVersion, RunArtifact
from imports.sources.protocol import PlannedFile

MODELS: Final = 50
"""So many models of one run are looked at for a name."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Located:
    """What a reference names. ``root`` is where the artifacts are, ``path`` the one in there."""

    files: tuple[PlannedFile, ...]
    root: str
    path: str
    run: Run | None
    model: KeptModel | None
    registered: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Where the files lie that describe the model: its folder, or that of a single file."""
        file = self.files[0]
        is_single = self.path != "" and file.place == f"{self.root}/{self.path}"
        inside = self.path.rpartition("/")[0] if is_single else self.path
        return f"{self.root}/{inside}".rstrip("/")


def locate(tracking: Tracking, named: Named) -> Located:
    """Look up what ``named`` names now, or refuse it."""
    if isinstance(named, RunArtifact):
        return _of_run(tracking, named)
    if isinstance(named, LoggedModel):
        return _of_model(tracking, named.model_id)
    return _of_version(tracking, named)


def get_run(tracking: Tracking, run_id: str) -> Run:
    """Return a run that is not deleted."""
    missing = run_missing(tracking, run_id)
    run = _read(tracking, read_run, f"{API}/runs/get", {"run_id": run_id}, missing)
    if run.is_deleted:
        raise Conflict(
            "mlflow_run_deleted",
            f"The run {run_id} is deleted on the MLflow server {tracking.server.name}.",
            mend=f"Restore it: mlflow runs restore --run-id {run_id}",
        )
    return run


def get_model(tracking: Tracking, model_id: str) -> KeptModel:
    """Return a logged model."""
    missing = model_missing(tracking, model_id)
    model = _read(tracking, read_model, f"{API}/logged-models/{model_id}", {}, missing)
    if "FAILED" in model.status:
        raise Conflict(
            "mlflow_model_failed",
            f"The logged model {model_id} is not complete: it failed while it was logged.",
            mend="Log it again.",
        )
    return model


def run_missing(tracking: Tracking, run_id: str) -> NotFound:
    """Return the refusal of a run that is not there."""
    return NotFound(
        "mlflow_run_missing",
        f"The MLflow server {tracking.server.name} has no run {run_id}.",
        mend="See whether the ID is right, and whether it is of another server.",
    )


def model_missing(tracking: Tracking, model_id: str) -> NotFound:
    """Return the refusal of a logged model that is not there."""
    return NotFound(
        "mlflow_model_missing",
        f"The MLflow server {tracking.server.name} has no logged model {model_id}.",
        mend="See whether the ID is right, and whether it is of another server.",
    )


def _of_run(tracking: Tracking, named: RunArtifact) -> Located:
    run = get_run(tracking, named.run_id)
    root = place_of(run.artifact_uri, tracking)
    files = find_files(tracking, root, named.path)
    if files is not None:
        _refuse_ambiguous(tracking, run, named, files)
        return _located(files, root, named.path, run, None)
    for model in _models_of(tracking, run, named.path):
        place = place_of(model.artifact_uri, tracking)
        rest = named.path.removeprefix(model.name).lstrip("/")
        files = find_files(tracking, place, rest)
        if files is not None:
            return _located(files, place, rest, run, model)
    raise _no_artifact(tracking, run, root, named.path)


def _of_model(tracking: Tracking, model_id: str) -> Located:
    model = get_model(tracking, model_id)
    run = get_run(tracking, model.run_id) if model.run_id else None
    root = place_of(model.artifact_uri, tracking)
    return _located(find_files(tracking, root, "") or [], root, "", run, model)


def _of_version(tracking: Tracking, named: RegisteredVersion) -> Located:
    version = _get_version(tracking, named)
    if version.status not in READY:
        raise Conflict(
            "mlflow_version_not_ready",
            f"Version {version.version} of {version.name} is not ready on the MLflow server "
            f"{tracking.server.name}: {version.status}.",
        )
    registered = {"registered_model": version.name, "registered_version": version.version}
    if version.model_id:
        located = _of_model(tracking, version.model_id)
    elif version.run_id:
        located = _of_run(tracking, _artifact_of(tracking, version))
    else:
        raise _nameless(version)
    return Located(
        located.files, located.root, located.path, located.run, located.model, registered
    )


def _get_version(tracking: Tracking, named: RegisteredVersion) -> MlflowVersion:
    shown = f"version {named.version}" if named.version else f"alias {named.alias}"
    missing = NotFound(
        "mlflow_version_missing",
        f"The MLflow server {tracking.server.name} has no {shown} of a registered model "
        f"{named.name}.",
    )
    if named.alias:
        path = f"{API}/registered-models/alias"
        params = {"name": named.name, "alias": named.alias}
    else:
        path = f"{API}/model-versions/get"
        params = {"name": named.name, "version": named.version}
    return _read(tracking, read_version, path, params, missing)


def _artifact_of(tracking: Tracking, version: MlflowVersion) -> RunArtifact:
    """Return where in its run the files of a version lie."""
    answer = tracking.get(
        f"{API}/model-versions/get-download-uri",
        {"name": version.name, "version": version.version},
    )
    run = get_run(tracking, version.run_id)
    root = place_of(run.artifact_uri, tracking)
    place = place_of(str(answer.get("artifact_uri", "")), tracking)
    if not place.startswith(f"{root}/"):
        raise _nameless(version)
    return RunArtifact(run.run_id, place.removeprefix(f"{root}/"))


def _models_of(tracking: Tracking, run: Run, path: str) -> list[KeptModel]:
    """Return the models that a run logged under the name that ``path`` begins with, latest first.

    Since MLflow 3 ``log_model`` keeps a model beside the run, and clients still find it as one of
    the run's artifacts.
    """
    models = [get_model(tracking, model_id) for model_id in reversed(run.model_ids[-MODELS:])]
    return [model for model in models if model.name and f"{path}/".startswith(f"{model.name}/")]


def _refuse_ambiguous(
    tracking: Tracking, run: Run, named: RunArtifact, files: list[PlannedFile]
) -> None:
    """Refuse a folder that is the name of a logged model, too: MLflow would mix the two."""
    if len(files) == 1 and files[0].place.endswith(f"/{named.path}"):
        return
    alike = [model for model in _models_of(tracking, run, named.path) if model.name == named.path]
    if alike:
        raise Invalid(
            "mlflow_artifact_ambiguous",
            f"The run has a folder {named.path} among its artifacts and a logged model of that "
            "name.",
            field="artifact_path",
            mend=f"Name the model as models:/{alike[0].model_id}, or a file of the folder.",
        )


def _read(
    tracking: Tracking,
    read: Callable[[Mapping[str, Any]], T | None],
    path: str,
    params: Mapping[str, str],
    missing: NotFound,
) -> T:
    found = read(tracking.get(quote(path), params, missing=missing))
    if found is None:
        raise tracking.unreadable("with something else than what was asked for")
    return found


def _located(
    files: list[PlannedFile], root: str, path: str, run: Run | None, model: KeptModel | None
) -> Located:
    if not files:
        raise Invalid(
            "mlflow_artifact_empty",
            "The artifact is there, and holds no file.",
            field="artifact_path",
        )
    return Located(tuple(sorted(files, key=lambda file: file.path)), root, path, run, model)


def _no_artifact(tracking: Tracking, run: Run, root: str, path: str) -> NotFound:
    there = shown_entries(tracking, root)
    return NotFound(
        "mlflow_artifact_missing",
        f"The run {run.run_id} has no artifact {path}.",
        mend=f"It has {there}." if there else "It has none at all.",
    )


def _nameless(version: MlflowVersion) -> Invalid:
    return Invalid(
        "mlflow_version_without_run",
        f"Version {version.version} of {version.name} comes from no run and from no logged model, "
        "so nothing says what its files are.",
        mend="Give the run and the path of its artifact.",
    )
