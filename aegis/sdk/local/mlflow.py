"""Models of an MLflow tracking server, fetched by MLflow's own client on this machine.

``MLFLOW_TRACKING_URI`` and the variables by which MLflow signs in hold as they always do, as do the
credentials of the store where the artifacts lie.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal
from aegis.sdk.errors import Unreachable
from aegis.sdk.local.origins import Wanted
from aegis.sdk.progress import Progress, Watcher

_TEXTS: Final = ("MLmodel", "requirements.txt", "python_env.yaml", "conda.yaml")
_TEXT_BYTES: Final = 256 * 1024
_FILES: Final = 100_000
_MODEL_ID: Final = re.compile(r"m-[0-9a-f]{32}")
_VERSION: Final = re.compile(r"(?P<name>[^/@]+)(?:/(?P<version>[0-9]+)|@(?P<alias>.+))")


class MlflowOrigin:
    """An artifact of a run, a logged model, or a version of MLflow's registry."""

    source = "mlflow"
    keeps_notes = True

    def __init__(self, reference: Mapping[str, Any]) -> None:
        if reference.get("server"):
            raise Invalid(
                "server_not_local",
                "This machine asks the tracking server of MLFLOW_TRACKING_URI, and no other.",
                field="server",
                mend="Leave --server out, or --local.",
            )
        self.reference: Mapping[str, Any] = {
            name: value for name, value in reference.items() if value
        }
        self._mlflow = _library()
        self._uri = str(self._mlflow.get_tracking_uri())
        self._client = self._mlflow.MlflowClient()
        self._run: Any = None
        self._model: Any = None
        self._registered: dict[str, str] = {}
        self._path = ""
        self._places: dict[str, str] = {}

    def look_up(self) -> Mapping[str, Any]:
        """Return what the tracking server says of the run and the model, and their files."""
        with self._answers():
            self._resolve()
            files = list(self._files())
            texts = dict(self._texts())
        return {
            "tracking_uri": _plain(self._uri),
            "run": _document(self._run) if self._run is not None else {},
            "model": _document(self._model) if self._model is not None else {},
            "registered": self._registered,
            "path": self._path,
            "files": files,
            "texts": texts,
        }

    def pinned(self) -> str:
        """Return the run or the logged model, and what of it."""
        found = self._model.model_id if self._model is not None else self._run.info.run_id
        return f"{_plain(self._uri)} {found}/{self._path}"

    def fetch(self, files: Sequence[Wanted], folder: Path, watcher: Watcher) -> None:
        """Download the files that are not there yet, whole ones at a time."""
        total = sum(file.size or 0 for file in files)
        done = 0
        for file in files:
            watcher(Progress("downloading", done, total, file.path))
            place = folder / file.path
            if not place.is_file() or file.size not in {None, place.stat().st_size}:
                self._download(self._places[file.path], place)
            size = place.stat().st_size
            if file.size not in {None, size}:
                place.unlink()
                raise Conflict(
                    "source_changed",
                    f"{file.path} was changed on the MLflow server since it was looked up.",
                    mend="Look it up again.",
                )
            done += size
        watcher(Progress("downloading", done, total))

    def annotate(self, tags: Mapping[str, str]) -> None:
        """Set the tags on the run, and on the logged model where there is one."""
        with self._answers():
            if self._run is not None:
                entities: Any = import_module("mlflow.entities")
                pairs = [entities.RunTag(name, words) for name, words in tags.items()]
                self._client.log_batch(self._run.info.run_id, tags=pairs)
            if self._model is not None:
                self._client.set_logged_model_tags(self._model.model_id, dict(tags))

    def _resolve(self) -> None:
        """Find the run or the logged model that the reference names, and the path in it."""
        uri = str(self.reference.get("uri") or "")
        scheme, _, rest = uri.partition(":/")
        if not uri:
            self._of_run(str(self.reference.get("run_id") or ""), self._asked_path())
        elif scheme == "runs" and "/" in rest:
            run_id, _, path = rest.partition("/")
            self._of_run(run_id, path.strip("/"))
        elif scheme == "models" and _MODEL_ID.fullmatch(rest):
            self._of_model(rest)
        elif scheme == "models" and (named := _VERSION.fullmatch(rest)):
            self._of_version(named)
        else:
            raise _no_reference(f"{uri[:100]!a} is no address of a model in MLflow.")

    def _asked_path(self) -> str:
        path = str(self.reference.get("artifact_path") or "").strip().strip("/")
        if not path or not self.reference.get("run_id"):
            raise _no_reference("Name a run and the path of its artifact, or an address.")
        return path

    def _of_run(self, run_id: str, path: str) -> None:
        self._run = self._client.get_run(run_id)
        if self._run.info.lifecycle_stage == "deleted":
            raise Conflict("mlflow_run_deleted", f"The run {run_id} is deleted in MLflow.")
        self._path = path
        # Since MLflow 3 a model lies beside its run, and the run's own listing shows it, too.
        outputs = getattr(self._run, "outputs", None)
        for output in reversed(outputs.model_outputs if outputs else []):
            model = self._client.get_logged_model(output.model_id)
            if f"{path}/".startswith(f"{model.name}/"):
                self._model = model
                self._path = path.removeprefix(model.name).strip("/")
                break
        if not self._entries(self._path) and self._entry(self._path) is None:
            raise NotFound("mlflow_artifact_missing", f"The run {run_id} has no artifact {path}.")

    def _of_model(self, model_id: str) -> None:
        self._model = self._client.get_logged_model(model_id)
        if self._model.source_run_id:
            self._run = self._client.get_run(self._model.source_run_id)

    def _of_version(self, named: re.Match[str]) -> None:
        name = named["name"]
        if named["alias"]:
            version = self._client.get_model_version_by_alias(name, named["alias"])
        else:
            version = self._client.get_model_version(name, named["version"])
        model_id = getattr(version, "model_id", None)
        source = str(version.source).removeprefix("models:/")
        if model_id or _MODEL_ID.fullmatch(source):
            self._of_model(model_id or source)
        else:
            root = f"{self._client.get_run(version.run_id).info.artifact_uri}/"
            place = str(self._client.get_model_version_download_uri(name, version.version))
            if not place.startswith(root):
                raise _no_reference(f"Version {version.version} of {name} comes from no run.")
            self._of_run(version.run_id, place.removeprefix(root).strip("/"))
        self._registered = {
            "registered_model": str(version.name),
            "registered_version": str(version.version),
        }

    def _entries(self, path: str) -> list[Any]:
        """Return what a folder of the artifacts holds; nothing for a file."""
        if self._model is not None:
            listed = self._client.list_logged_model_artifacts(self._model.model_id, path or None)
        else:
            listed = self._client.list_artifacts(self._run.info.run_id, path or None)
        return [one for one in listed if one.path != path]

    def _entry(self, path: str) -> Any:
        """Return the file at ``path``, which only the listing of its folder tells of."""
        folder = path.rpartition("/")[0]
        files = (one for one in self._entries(folder) if not one.is_dir)
        return next((one for one in files if one.path == path), None)

    def _files(self) -> Iterator[dict[str, Any]]:
        """Yield path and size of the files, as they are called in the version."""
        single = self._entry(self._path) if self._path else None
        if single is not None:
            yield self._noted(single.path.rpartition("/")[2], single)
            return
        folders = [self._path]
        for folder in folders:
            for entry in self._entries(folder):
                if entry.is_dir:
                    folders.append(entry.path)
                else:
                    yield self._noted(entry.path.removeprefix(self._path).strip("/"), entry)
            if len(self._places) > _FILES:
                raise Invalid("too_many_files", "The artifact has too many files.")

    def _noted(self, path: str, entry: Any) -> dict[str, Any]:
        self._places[path] = entry.path
        return {"path": path, "size": entry.file_size}

    def _texts(self) -> Iterator[tuple[str, str]]:
        """Yield the small files that describe the model, which may lie beside a single file."""
        is_single = list(self._places.values()) == [self._path]
        folder = self._path.rpartition("/")[0] if is_single else self._path
        for entry in self._entries(folder):
            name = entry.path.rpartition("/")[2]
            if name in _TEXTS and not entry.is_dir and (entry.file_size or 0) <= _TEXT_BYTES:
                with tempfile.TemporaryDirectory(prefix="aegis-mlflow-") as work:
                    place = Path(work) / name
                    self._download(entry.path, place)
                    yield name, place.read_text(encoding="utf-8", errors="replace")

    def _download(self, path: str, place: Path) -> None:
        """Bring one artifact to ``place``, which is seen when all of it is there."""
        root = (
            self._model.artifact_location
            if self._model is not None
            else self._run.info.artifact_uri
        )
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._answers(), tempfile.TemporaryDirectory(dir=place.parent) as work:
            got = self._mlflow.artifacts.download_artifacts(
                artifact_uri=f"{root}/{path}", dst_path=work, tracking_uri=self._uri
            )
            shutil.move(got, place)

    @contextmanager
    def _answers(self) -> Iterator[None]:
        """Turn what MLflow raises into the refusals that people read."""
        try:
            yield
        except self._mlflow.exceptions.MlflowException as error:
            raise self._refusal(error) from error

    def _refusal(self, error: Any) -> Refusal:
        said = str(error.message).splitlines()[0][:300] if error.message else "no reason"
        code = str(error.error_code)
        if code in {"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"}:
            return NotFound("mlflow_run_missing", f"MLflow has no such thing: {said}")
        if code == "INVALID_PARAMETER_VALUE":
            return _no_reference(said)
        if code in {"PERMISSION_DENIED", "UNAUTHENTICATED"}:
            return Forbidden("mlflow_not_permitted", f"MLflow does not let you: {said}")
        return Unreachable(
            "mlflow_away", f"MLflow at {_plain(self._uri) or 'this machine'} fails: {said}"
        )


def _document(entity: Any) -> Any:
    """Return an entity of MLflow as its REST API writes it, NaN as text."""
    json_format: Any = import_module("google.protobuf.json_format")  # It comes with MLflow.
    return json_format.MessageToDict(entity.to_proto(), preserving_proto_field_name=True)


def _plain(uri: str) -> str:
    """Return the address of a server without what signs in; nothing for a folder or database."""
    parts = urlsplit(uri)
    if parts.scheme not in {"http", "https"}:
        return ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _library() -> Any:
    try:
        import mlflow  # noqa: PLC0415 -- Only whoever fetches here needs it.
        import mlflow.artifacts  # noqa: PLC0415
    except ImportError as error:
        raise Invalid(
            "extra_missing",
            "Fetching from MLflow on this machine needs its client.",
            mend="Install it: pip install 'aegis-registry[mlflow]'",
        ) from error
    return mlflow


def _no_reference(sentence: str) -> Invalid:
    return Invalid(
        "mlflow_reference_invalid",
        sentence,
        mend="Write --run-id and --artifact-path, or --uri runs:/RUN/PATH, models:/NAME/VERSION, "
        "models:/NAME@ALIAS or models:/m-….",
    )
