"""What the client raises: refusals with a code, a sentence, and what would mend it.

All are ``aegis.problems.Refusal``, as the server's own are, so that one ``except`` catches them.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal, Unavailable

_KNOWN: Final = frozenset({"type", "status", "code", "title", "mend", "url"})


class Unauthenticated(Refusal):
    """There is no token, or the registry does not know it."""

    status = 401


class Unreachable(Unavailable):
    """The registry does not answer, or answers that it cannot serve now."""


class BadAnswer(Unavailable):
    """What came back is no answer of a registry, or not the bytes that it promised."""


class Failed(Conflict):
    """The registry tried and could not: an import that failed, for one."""

    kind = "failed"


class WaitInterrupted(KeyboardInterrupt):
    """Somebody stopped waiting for what goes on at the registry.

    ``number`` is that of the import or promotion request, ``sentence`` says in a few words what
    becomes of it, ``command`` is what sees it through.
    """

    def __init__(self, number: int, *, sentence: str, command: str) -> None:
        super().__init__(number)
        self.number = number
        self.sentence = sentence
        self.command = command


_BY_STATUS: Final[dict[int, type[Refusal]]] = {
    HTTPStatus.UNAUTHORIZED: Unauthenticated,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.GONE: NotFound,
    HTTPStatus.BAD_GATEWAY: Unreachable,
    HTTPStatus.SERVICE_UNAVAILABLE: Unreachable,
    HTTPStatus.GATEWAY_TIMEOUT: Unreachable,
    HTTPStatus.TOO_MANY_REQUESTS: Unreachable,
}


def refusal_of(status: int, body: bytes, *, address: str) -> Refusal:
    """Return the exception that says what an answer of ``status`` 400 or more says.

    ``body`` is problem+json, or something of a proxy's, whose words are not repeated.
    """
    problem = _problem(body)
    sentence = problem.get("title") or f"{address} answered {status}."
    code = str(problem.get("code") or f"http_{status}")
    said: dict[str, Any] = {
        "mend": problem.get("mend"),
        "url": problem.get("url"),
        "details": {name: value for name, value in problem.items() if name not in _KNOWN},
    }
    kind = _BY_STATUS.get(status)
    if kind is not None:
        return kind(code, str(sentence), **said)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return BadAnswer(code, str(sentence), **said)
    if status == HTTPStatus.CONFLICT:
        return Conflict(code, str(sentence), **said)
    return Invalid(code, str(sentence), field=problem.get("field"), **said)


_BY_KIND: Final[dict[str, type[Refusal]]] = {
    **{kind.kind: kind for kind in (Invalid, NotFound, Forbidden, Conflict, Failed)},
    Unavailable.kind: Unreachable,
}


def refusal_of_kind(kind: str | None, code: str, sentence: str, **said: Any) -> Refusal:
    """Return the exception for what the registry kept of a refusal; ``Failed`` for no known one."""
    return _BY_KIND.get(kind or "", Failed)(code, sentence, **said)


def _problem(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
