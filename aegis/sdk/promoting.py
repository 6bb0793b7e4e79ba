"""Asking for a promotion, and waiting for the people who decide it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

from aegis.problems import Conflict, Refusal
from aegis.sdk.errors import Failed, WaitInterrupted
from aegis.sdk.http import Connection
from aegis.sdk.progress import Progress, Watcher
from aegis.sdk.waiting import pauses

# People take longer than machines.
_POLL_SECONDS: Final = (0.5, 10.0)
_UNDER_WAY: Final = frozenset({"open", "approved", "promoting"})


def ask(connection: Connection, address: str, *, stage: str, reason: str) -> Mapping[str, Any]:
    """Open a request about the version at ``address``, once however often the answer is lost."""
    fields = {"target": stage, "reason": reason}
    made: Mapping[str, Any] = connection.send(
        "POST", address, fields, key=f"promotion-{uuid4().hex}"
    )
    return made


def look_up(connection: Connection, number: int) -> Mapping[str, Any]:
    """Return a request as it stands now."""
    found: Mapping[str, Any] = connection.get(f"promotions/{number}/")
    return found


def see_through(
    connection: Connection, number: int, *, timeout: float | None, watcher: Watcher
) -> Mapping[str, Any]:
    """Return the request once the version is promoted.

    Raises ``Conflict`` where it is rejected, withdrawn, stale or expired, and ``Failed`` where it
    could not be carried out, or is not decided after ``timeout`` seconds.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    rests = pauses(*_POLL_SECONDS)
    with _staying(number):
        while (request := look_up(connection, number))["state"] in _UNDER_WAY:
            watcher(Progress("promoting", 0, None, standing(request)))
            rest = next(rests)
            if deadline is not None:
                rest = min(rest, deadline - time.monotonic())
            if rest <= 0:
                raise _undecided(request, timeout or 0)
            time.sleep(rest)
    if request["state"] != "promoted":
        raise _ended(request)
    return request


def standing(request: Mapping[str, Any]) -> str:
    """Return in a few words how a request stands."""
    state = str(request["state"])
    required = sum(one["required"] for one in request["approvals"])
    if state != "open" or not required:
        return state
    given = sum(min(one["given"], one["required"]) for one in request["approvals"])
    return f"open, {given} of {required} approvals"


@contextmanager
def _staying(number: int) -> Iterator[None]:
    """Say with Ctrl-C that the request stays."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise WaitInterrupted(
            number,
            sentence=f"Request {number} stays as it is",
            command=f"aegis status {number} --wait",
        ) from interrupt


def _ended(request: Mapping[str, Any]) -> Refusal:
    number, state = request["number"], request["state"]
    kind = Failed if state == "failed" else Conflict
    return kind(
        f"promotion_{state}",
        f"{_name(request)} was not promoted: request {number} is {state}. {request['outcome']}",
        url=f"/reviews/{number}/",
        details={"request": number},
    )


def _undecided(request: Mapping[str, Any], seconds: float) -> Refusal:
    number = request["number"]
    return Failed(
        "promotion_undecided",
        f"Request {number} of {_name(request)} is {standing(request)} after {seconds:g} seconds.",
        mend=f"It stays; see it through with: aegis status {number} --wait",
        url=f"/reviews/{number}/",
        details={"request": number},
    )


def _name(request: Mapping[str, Any]) -> str:
    return f"{request['model']}@{request['version']}"
