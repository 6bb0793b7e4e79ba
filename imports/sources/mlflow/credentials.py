"""The one header by which Aegis signs in to a tracking server."""

import base64
import os
import re
from typing import Final

from aegis.problems import Unavailable
from aegis.settings.tracking import TrackingServer

_TOKEN_BYTES: Final = 16 * 1024
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")


def sign_in_headers(server: TrackingServer) -> dict[str, str]:
    """Return the headers that sign in to ``server``; none where it wants no login.

    A token that lies elsewhere is read each time, since whoever put it there may renew it.
    Raises ``Unavailable`` where it is not there.
    """
    if server.username:
        pair = f"{server.username}:{server.password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    token = _token(server)
    return {"Authorization": f"Bearer {token}"} if token else {}


def _token(server: TrackingServer) -> str:
    if server.token_file is not None:
        return _read(server)
    if server.token_env:
        token = os.environ.get(server.token_env, "").strip()
        return _checked(server, token, f"the variable {server.token_env}")
    return server.token


def _read(server: TrackingServer) -> str:
    assert server.token_file is not None
    place = f"the file {server.token_file}"
    try:
        with server.token_file.open("rb") as file:
            token = file.read(_TOKEN_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _missing(server, place) from error
    return _checked(server, token, place)


def _checked(server: TrackingServer, token: str, place: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise _missing(server, place)
    return token


def _missing(server: TrackingServer, place: str) -> Unavailable:
    return Unavailable(
        "mlflow_credential_missing",
        f"Aegis has no token to sign in to the MLflow server {server.name} with.",
        mend=f"The operator puts it into {place}, where Aegis can read it.",
    )
