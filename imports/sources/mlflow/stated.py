"""A run or logged model of MLflow as a client says that its tracking server described it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from aegis.problems import Invalid
from aegis.proof.paths import check_path
from aegis.settings.tracking import TrackingServer
from imports.sources.mlflow.answers import read_model, read_run
from imports.sources.mlflow.descriptions import LARGEST, NAMES, describe
from imports.sources.mlflow.references import LoggedModel, RunArtifact, parse_reference
from imports.sources.mlflow.resolving import Located
from imports.sources.mlflow.source import MlflowSource
from imports.sources.protocol import Plan, PlannedFile

_KEYS: Final = frozenset({"tracking_uri", "run", "model", "registered", "path", "files", "texts"})
_REGISTERED: Final = ("registered_model", "registered_version")
_LONGEST: Final = 200
UNKNOWN: Final = "elsewhere"
"""What a tracking server is called that the settings do not name and that has no address."""


def stated_run(reference: Mapping[str, Any], answers: Mapping[str, Any]) -> Plan:
    """Return the plan of ``answers``: the server's word on the ``run`` and ``model``, the files.

    ``texts`` are the small files that describe the model, MLmodel and its environment. Nobody is
    asked. Raises ``Invalid`` for what no tracking server answers.
    """
    if unknown := answers.keys() - _KEYS:
        raise _unreadable(f"MLflow answers with no {min(map(str, unknown))[:40]!a}")
    named = parse_reference(reference)
    run = read_run({"run": _object(answers, "run")})
    model = read_model({"model": _object(answers, "model")})
    asked, found = ("", "")
    if isinstance(named, RunArtifact):
        asked, found = named.run_id, run.run_id if run else ""
    elif isinstance(named, LoggedModel):
        asked, found = named.model_id, model.model_id if model else ""
    if asked != found:
        raise _unreadable("it is of another run or model than was asked for")
    if run is None and model is None:
        raise _unreadable("it holds neither a run nor a model")
    files = tuple(_files(answers))
    path = answers.get("path")
    located = Located(
        files=tuple(sorted(files, key=lambda file: file.path)),
        root="",
        path=check_path(path) if path else "",
        run=run,
        model=model,
        registered=_registered(answers),
    )
    texts = _object(answers, "texts")
    said = {
        name: text if len(text) <= LARGEST else ""
        for name in NAMES
        if isinstance(text := texts.get(name), str)
    }
    server = _server(answers)
    plan = MlflowSource(server).plan_of(located, describe(said))
    return plan if server.uri else replace(plan, url="")


def stated_place(_: Mapping[str, Any], answers: Mapping[str, Any]) -> str:
    """Return the name of the server that is meant; empty for one that the settings do not name."""
    server = _server(answers)
    return server.name if server.name in settings.AEGIS_MLFLOW_TRACKING_URIS else ""


def _server(answers: Mapping[str, Any]) -> TrackingServer:
    uri = answers.get("tracking_uri")
    if not isinstance(uri, str) or len(uri) > _LONGEST:
        raise _unreadable("it names no tracking server")
    uri = uri.rstrip("/")
    try:
        parts = urlsplit(uri)
        host = parts.hostname if parts.scheme in {"http", "https"} else None
        port = parts.port
    except ValueError as error:
        raise _unreadable("the address of its tracking server is none") from error
    if parts.username is not None or parts.query or parts.fragment:
        raise _unreadable("the address of its tracking server holds more than an address")
    configured: Mapping[str, TrackingServer] = settings.AEGIS_MLFLOW_TRACKING_URIS
    for server in configured.values():
        if server.uri.rstrip("/") == uri:
            return server
    if host is None:
        return TrackingServer(UNKNOWN, "")
    name = f"{host}:{port}" if port else host
    # A configured name is that server's, whatever a client calls another one.
    return TrackingServer(f"{name}/" if name in configured else name, uri)


def _files(answers: Mapping[str, Any]) -> Iterator[PlannedFile]:
    listed = answers.get("files")
    for entry in listed if isinstance(listed, list) else ():
        path = entry.get("path") if isinstance(entry, dict) else None
        size = entry.get("size") if isinstance(entry, dict) else None
        is_size = isinstance(size, int) and not isinstance(size, bool) and size >= 0
        yield PlannedFile(check_path(path), check_path(path), size if is_size else None)


def _registered(answers: Mapping[str, Any]) -> dict[str, str]:
    said = _object(answers, "registered")
    found = {name: said[name] for name in _REGISTERED if isinstance(said.get(name), str)}
    return found if len(found) == len(_REGISTERED) else {}


def _object(answers: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = answers.get(name)
    return found if isinstance(found, dict) else {}


def _unreadable(reason: str) -> Invalid:
    return Invalid("origin_unreadable", f"What is said of the origin cannot be read: {reason}.")
