"""The expected answers of a row: generated from the role table, or spelt out beside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.permissions import VIEW
from tests.access.callers import ANONYMOUS, EVERYBODY, HELD


@dataclass(frozen=True, slots=True)
class Row:
    """One method of one route, and what each caller is answered.

    ``path`` fills the route in; ``body`` is sent as JSON, ``form`` as a form.
    """

    method: str
    route: str
    path: str
    expected: Mapping[str, int]
    body: Any = None
    form: Mapping[str, Any] | None = field(default=None)


def everybody(status: int = 200, *, anonymous: int = 401) -> dict[str, int]:
    """Answer all who are somebody alike."""
    return {ANONYMOUS: anonymous, **dict.fromkeys(EVERYBODY, status)}


def whoever_has(
    *permissions: str, status: int = 200, anonymous: int = 401, unseen: int = 404
) -> dict[str, int]:
    """Answer ``status`` to whoever has one of the permissions, 403 to who only sees.

    Those who do not see it are answered ``unseen``.
    """
    wanted = set(permissions)
    found = {
        caller: status if held & wanted else 403 if VIEW in held else unseen
        for caller, held in HELD.items()
    }
    return {ANONYMOUS: anonymous, **found}


def only(
    callers: Iterable[str], status: int, *, others: int = 403, anonymous: int = 401
) -> dict[str, int]:
    """Answer ``status`` to some, and refuse the others who are somebody."""
    return {**everybody(others, anonymous=anonymous), **dict.fromkeys(callers, status)}


def but(expected: Mapping[str, int], **others: int) -> dict[str, int]:
    """Change the answers to some callers."""
    return {**expected, **others}
