"""Who may do what with a registered model, and why, as rows of a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import Group
from django.db.models import Count

from aegis.accounts.models import Team, User
from registry.models import RegisteredModel
from registry.permissions import CONTRIBUTE, Holding, Role, may, roles_of
from registry.sharing import may_share

_MAY: Final[Mapping[str, str]] = {
    Role.VIEWER: "See and download",
    Role.CONTRIBUTOR: "See, download, add versions, ask",
    Role.REVIEWER: "See, download, decide",
    Role.MAINTAINER: "All that contributors may, share, archive, roll back",
}
_SOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "shared": ("Shared", "by a maintainer or an administrator"),
    "team": ("Owns the model", "every member of the team"),
    "internal": ("Visibility", "the model is internal"),
    "auditor": ("Registry role", "reads everything, changes nothing"),
}
MOST_NAMES: Final = 500


@dataclass(frozen=True, slots=True)
class AccessRow:
    """One role that somebody holds. ``user`` or ``group`` is set where it can be taken back."""

    name: str
    note: str
    role: str
    may: str
    source: str
    source_note: str
    user: User | None
    group: Group | None


@dataclass(frozen=True, slots=True)
class AccessPage:
    """What the template draws; ``names`` are suggestions for sharing."""

    model: RegisteredModel
    rows: tuple[AccessRow, ...]
    may_share: bool
    may_contribute: bool
    names: tuple[tuple[str, str], ...]


def access_page(model: RegisteredModel, user: User) -> AccessPage:
    """Return who may do what with ``model``, as ``user`` sees it."""
    holdings = roles_of(model)
    sizes = _sizes(holdings)
    allowed = may_share(user, model)
    return AccessPage(
        model=model,
        rows=tuple(_row(one, sizes) for one in holdings),
        may_share=allowed,
        may_contribute=may(user, CONTRIBUTE, model),
        names=tuple(_names()) if allowed else (),
    )


def _row(held: Holding, sizes: Mapping[int, int]) -> AccessRow:
    source, source_note = _SOURCES[held.how]
    who = held.principal
    is_shared = held.how == "shared"
    name, note = _called(who, sizes)
    return AccessRow(
        name=name,
        note=note,
        role=str(held.role),
        may=_MAY[held.role],
        source=source,
        source_note=source_note,
        user=who if is_shared and isinstance(who, User) else None,
        group=who if is_shared and isinstance(who, Group) else None,
    )


def _called(who: User | Group | Team | None, sizes: Mapping[int, int]) -> tuple[str, str]:
    if who is None:
        return "Everybody", "who is signed in"
    if isinstance(who, User):
        return str(who), "service" if who.is_service else who.username
    group = who.group if isinstance(who, Team) else who
    team = who if isinstance(who, Team) else getattr(who, "team", None)
    count = sizes.get(group.pk, 0)
    people = f"{count} person" if count == 1 else f"{count} people"
    return (team.name, f"team, {people}") if team else (group.name, f"role, {people}")


def _sizes(holdings: list[Holding]) -> dict[int, int]:
    """Return how many active members each group has that holds a role."""
    keys = [
        who.group_id if isinstance(who, Team) else who.pk
        for who, _, _ in holdings
        if isinstance(who, Team | Group)
    ]
    members = User.objects.filter(groups__in=keys, is_active=True).values_list("groups")
    return dict(members.filter(groups__in=keys).annotate(count=Count("pk")).order_by())


def _names() -> list[tuple[str, str]]:
    teams = [(slug, name) for slug, name in Team.objects.values_list("slug", "name")]
    users = User.objects.filter(is_active=True).values_list("username", "name")[:MOST_NAMES]
    return [*teams, *users]
