"""Which MLflow tracking servers models are imported from, and how Aegis signs in to each."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from aegis.settings import env

VARIABLE: Final = "AEGIS_MLFLOW_TRACKING_URIS"

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ENVIRONMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET: Final = re.compile(r"[\x21-\x7e]+")
_WAYS: Final = (
    frozenset[str](),
    frozenset({"token"}),
    frozenset({"token_file"}),
    frozenset({"token_env"}),
    frozenset({"username", "password"}),
)


@dataclass(frozen=True, slots=True)
class TrackingServer:
    """A tracking server, by the name that people give it, and at most one way to sign in to it.

    The way is a token, a file or a variable that holds one and is read each time, or a name with
    a password.
    """

    name: str
    uri: str
    token: str = field(default="", repr=False)
    token_file: Path | None = None
    token_env: str = ""
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def signs_in(self) -> bool:
        """Say whether Aegis has a credential for it."""
        return bool(self.token or self.token_file or self.token_env or self.username)


def read() -> dict[str, TrackingServer]:
    """Return the servers by name. Raises ``ImproperlyConfigured`` for what cannot be right."""
    return {name: _server(name, value) for name, value in env.json_object(VARIABLE).items()}


def is_in_the_clear(server: TrackingServer) -> bool:
    """Say whether the credential would travel over a network without TLS."""
    parts = urlsplit(server.uri)
    is_local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return parts.scheme == "http" and server.signs_in and not is_local


def _server(name: str, value: Any) -> TrackingServer:
    if not _NAME.fullmatch(name):
        _refuse("names a server in a way that cannot be typed; use letters, digits, . _ and -")
    if not isinstance(value, dict) or not {"uri"} <= value.keys() <= {"uri", "credential"}:
        _refuse(f"must give {name} as an object with a uri, and a credential where it needs one")
    credential = value.get("credential", {})
    if not isinstance(credential, dict) or credential.keys() not in _WAYS:
        _refuse(
            f"must give the credential of {name} as a token, a token_file, a token_env, or a "
            "username and a password"
        )
    return TrackingServer(name, _uri(name, value["uri"]), **_credential(name, credential))


def _uri(name: str, value: Any) -> str:
    uri = value.rstrip("/") if isinstance(value, str) else ""
    try:
        parts = urlsplit(uri)
        _ = parts.port  # Reading it is what checks it.
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        _refuse(f"must give the uri of {name} as an address such as https://mlflow.example")
    if "@" in parts.netloc:
        _refuse(f"must give the uri of {name} without a name or password, which are its credential")
    return uri


def _credential(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in given.items():
        if not isinstance(value, str) or not _is_fit(key, value):
            _refuse(f"has a {key} for {name} that cannot be one")
    if file := given.get("token_file"):
        return {"token_file": Path(file)}
    if (variable := given.get("token_env")) and variable not in os.environ:
        _refuse(f"says that the token of {name} is in {variable}, which is not set")
    return dict(given)


def _is_fit(key: str, value: str) -> bool:
    """Say whether a part of a credential can be sent as one, or read from where it says."""
    if key == "token_file":
        return Path(value).is_absolute()
    if key == "token_env":
        return _ENVIRONMENT.fullmatch(value) is not None
    if key == "token":
        return _SECRET.fullmatch(value) is not None
    # What divides the two in a header stands in no name.
    return bool(value) and value.isprintable() and not (key == "username" and ":" in value)


def _refuse(what: str) -> NoReturn:
    raise ImproperlyConfigured(f"{VARIABLE} {what}.")
