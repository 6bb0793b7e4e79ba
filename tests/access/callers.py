"""Who calls, and what the role table lets them do with the model of the matrix."""

from typing import Final

from registry.permissions import OF_THE_TEAM, PERMISSIONS, VIEW, Role

ANONYMOUS: Final = "anonymous"
STRANGER: Final = "stranger"
VIEWER: Final = "viewer"
CONTRIBUTOR: Final = "contributor"
REVIEWER: Final = "reviewer"
MAINTAINER: Final = "maintainer"
ADMINISTRATOR: Final = "administrator"
AUDITOR: Final = "auditor"
SERVICE: Final = "service"
TOKEN: Final = "reviewer's token"

PEOPLE: Final = {
    STRANGER: "stan",
    VIEWER: "vera",
    CONTRIBUTOR: "mina",
    REVIEWER: "rita",
    MAINTAINER: "marc",
    ADMINISTRATOR: "ada",
    AUDITOR: "otto",
}
"""The people of the cast, each with one role; they come with a session of a moment ago."""

HELD: Final[dict[str, frozenset[str]]] = {
    STRANGER: frozenset(),
    VIEWER: PERMISSIONS[Role.VIEWER],
    CONTRIBUTOR: OF_THE_TEAM,
    REVIEWER: PERMISSIONS[Role.REVIEWER],
    MAINTAINER: PERMISSIONS[Role.MAINTAINER],
    ADMINISTRATOR: frozenset(),
    AUDITOR: frozenset({VIEW}),
    SERVICE: OF_THE_TEAM,
    TOKEN: PERMISSIONS[Role.REVIEWER],
}
"""The permissions for the model, which is restricted: its administrator does not see it."""

CALLERS: Final = (ANONYMOUS, *HELD)
EVERYBODY: Final = tuple(HELD)
"""Everybody who is somebody."""
