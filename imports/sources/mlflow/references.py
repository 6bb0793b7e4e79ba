"""What a person gives to name an artifact of MLflow's, and its one normal form."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from aegis.problems import Invalid
from aegis.proof.paths import check_path
from aegis.settings.tracking import TrackingServer

RUN_ID: Final = re.compile(r"[0-9a-f]{32}")
MODEL_ID: Final = re.compile(r"m-[0-9a-f]{32}")

_HEX: Final = 32
_URI_LENGTH: Final = 2_000
_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}")
# As MLflow has them: no slash, no colon in the name of a model.
_MODEL: Final = re.compile(r"[^/:@\x00-\x1f]{1,256}")
_ALIAS: Final = re.compile(r"[\w-]{1,255}", re.ASCII)
_FORMS: Final = "runs:/RUN_ID/PATH, models:/NAME/VERSION, models:/NAME@ALIAS or models:/m-…"


@dataclass(frozen=True, slots=True)
class RunArtifact:
    """A file or folder among the artifacts of a run."""

    run_id: str
    path: str


@dataclass(frozen=True, slots=True)
class LoggedModel:
    """A model with an id of its own, as MLflow 3 keeps them beside the runs."""

    model_id: str


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A version in MLflow's own registry, by its number or by an alias."""

    name: str
    version: str = ""
    alias: str = ""


Named = RunArtifact | LoggedModel | RegisteredVersion


def check_reference(reference: Mapping[str, Any]) -> dict[str, str]:
    """Return a reference as ``server`` with ``run_id`` and ``artifact_path``, or with ``uri``.

    Nobody is asked. ``Invalid`` names the field that is to blame. The server may be left out where
    there is but one.
    """
    given = {key: value for key, value in reference.items() if value not in (None, "")}
    if unknown := given.keys() - {"server", "run_id", "artifact_path", "uri"}:
        raise _invalid("reference", f"A reference to MLflow has no {min(unknown)[:40]!a}.")
    server = find_server(given.get("server")).name
    named = _named(given)
    if isinstance(named, RunArtifact):
        return {"server": server, "run_id": named.run_id, "artifact_path": named.path}
    return {"server": server, "uri": given["uri"]}


def parse_reference(reference: Mapping[str, Any]) -> Named:
    """Return what a reference names, or raise ``Invalid``."""
    return _named({key: value for key, value in reference.items() if value not in (None, "")})


def find_server(name: Any) -> TrackingServer:
    """Return the tracking server of that name; without a name the only one there is."""
    servers: dict[str, TrackingServer] = settings.AEGIS_MLFLOW_TRACKING_URIS
    if not servers:
        raise _invalid(
            "server",
            "No MLflow tracking server is configured.",
            mend="The operator names one in AEGIS_MLFLOW_TRACKING_URIS.",
        )
    if name is None and len(servers) == 1:
        return next(iter(servers.values()))
    if not isinstance(name, str) or name not in servers:
        sentence = (
            "There are several MLflow tracking servers, and nothing says which one is meant."
            if name is None
            else f"No MLflow tracking server is called {str(name)[:64]!a}."
        )
        raise _invalid("server", sentence, mend=f"There are {', '.join(sorted(servers))}.")
    return servers[name]


def parse_uri(uri: Any) -> Named:
    """Return what a ``runs:`` or ``models:`` address names, or raise ``Invalid``."""
    if not isinstance(uri, str) or len(uri) > _URI_LENGTH:
        raise _invalid("uri", "The address of a model is text of at most 2,000 characters.")
    scheme, colon, rest = uri.partition(":/")
    if not colon or rest.startswith("/") or scheme not in _READERS:
        raise _invalid(
            "uri",
            f"{uri[:100]!a} is no address of a model in MLflow.",
            mend=f"Write {_FORMS}.",
        )
    return _READERS[scheme](rest)


def _named(given: Mapping[str, Any]) -> Named:
    if "uri" in given and (given.keys() & {"run_id", "artifact_path"}):
        raise _invalid("uri", "Give a run and the path of its artifact, or an address; not both.")
    if "uri" in given:
        return parse_uri(given["uri"])
    if "run_id" not in given:
        raise _invalid(
            "run_id",
            "Nothing says which run the model comes from.",
            mend=f"Give a run and the path of its artifact, or an address: {_FORMS}.",
        )
    if "artifact_path" not in given:
        raise _invalid(
            "artifact_path",
            "Nothing says which artifact of the run is the model.",
            mend="Give its path, such as model or model/model.joblib.",
        )
    return RunArtifact(_run_id(given["run_id"]), _path(given["artifact_path"]))


def _run_id(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if RUN_ID.fullmatch(text):
        return text
    if len(text) != _HEX:
        raise _invalid("run_id", f"A run ID has {_HEX} hex digits. This one has {len(text)}.")
    wrong = next(character for character in text if character not in "0123456789abcdef")
    raise _invalid(
        "run_id", f"A run ID has {_HEX} hex digits, in lower case. This one holds {wrong!a}."
    )


def _path(value: Any) -> str:
    try:
        return check_path(value.strip().rstrip("/") if isinstance(value, str) else value)
    except Invalid as refusal:
        raise _invalid("artifact_path", refusal.sentence, mend=refusal.mend) from refusal


def _of_run(rest: str) -> Named:
    run_id, _, path = rest.partition("/")
    if not path:
        raise _invalid(
            "uri",
            "The address names a run and no artifact of it.",
            mend="Write runs:/RUN_ID/PATH.",
        )
    return RunArtifact(_run_id(run_id), _path(path))


def _of_model(rest: str) -> Named:
    if MODEL_ID.fullmatch(rest):
        return LoggedModel(rest)
    name, at, alias = rest.partition("@")
    if at:
        return RegisteredVersion(_model_name(name), alias=_alias(alias))
    name, slash, version = rest.partition("/")
    if not slash:
        raise _invalid(
            "uri",
            f"{rest[:100]!a} is no ID of a logged model: that is m- and {_HEX} hex digits.",
            mend="A version in MLflow's registry is models:/NAME/VERSION or models:/NAME@ALIAS.",
        )
    if not _VERSION.fullmatch(version):
        raise _invalid(
            "uri",
            f"A version in MLflow's registry has a number, and {version[:40]!a} is none.",
            mend="Write models:/NAME/VERSION, or models:/NAME@ALIAS for an alias.",
        )
    return RegisteredVersion(_model_name(name), version=version)


def _model_name(name: str) -> str:
    if not _MODEL.fullmatch(name):
        raise _invalid("uri", "The name of a model in MLflow's registry holds no / and no colon.")
    return name


def _alias(alias: str) -> str:
    if not _ALIAS.fullmatch(alias):
        raise _invalid("uri", "An alias in MLflow is made of letters, digits, hyphens and _.")
    return alias


def _invalid(field: str, sentence: str, *, mend: str | None = None) -> Invalid:
    return Invalid("mlflow_reference_invalid", sentence, field=field, mend=mend)


_READERS: Final[dict[str, Callable[[str], Named]]] = {"runs": _of_run, "models": _of_model}
