"""Having the run that a version came from read back."""

import time
from collections.abc import Mapping
from typing import Any, Final

from aegis.problems import Conflict, Forbidden, NotFound
from aegis.sdk.http import Connection

_EVERY: Final = 0.5


def last_reading(connection: Connection, address: str) -> Mapping[str, Any] | None:
    """Return the last reading, None where there was none."""
    try:
        found: Mapping[str, Any] = connection.get(address)
    except NotFound as refusal:
        if refusal.code != "reading_none":
            raise
        return None
    return found


def read_back(connection: Connection, address: str, *, seconds: float) -> Mapping[str, Any]:
    """Ask for a reading and return it, or the last one where another may not be asked for now."""
    until = time.monotonic() + seconds
    try:
        found: Mapping[str, Any] = connection.send("POST", address)
    except (Conflict, Forbidden) as refusal:
        # It was read within the minute, or the token only reads.
        if refusal.code not in {"reading_too_soon", "token_scope"}:
            raise
        found = connection.get(address)
    while found["state"] == "waiting" and time.monotonic() < until:
        time.sleep(_EVERY)
        found = connection.get(address)
    return found
