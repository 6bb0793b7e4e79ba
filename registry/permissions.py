"""Who may do what with a registered model: roles, questions about them, and refusals.

Seeing follows ``visible_to`` alone. What somebody may not see does not exist for them; what
they may see but not do is refused with the names of those who may.
"""

from enum import StrEnum
from functools import cache
from itertools import compress
from typing import Final, NamedTuple
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, Group
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from aegis.accounts.models import AUDITORS, Team, User
from aegis.database.prepared import PreparedQuery
from aegis.problems import Forbidden, NotFound
from aegis.text import refused_character
from registry.models import (
    RegisteredModel,
    RegisteredModelGroupPermission,
    RegisteredModelUserPermission,
)
from registry.visibility import granted

VIEW: Final = "view"
CONTRIBUTE: Final = "contribute"
REVIEW: Final = "review"
MAINTAIN: Final = "maintain"


class Role(StrEnum):
    """What a person or group may do with one registered model."""

    VIEWER = "viewer"
    CONTRIBUTOR = "contributor"
    REVIEWER = "reviewer"
    MAINTAINER = "maintainer"


PERMISSIONS: Final = {
    Role.VIEWER: frozenset({VIEW}),
    Role.CONTRIBUTOR: frozenset({VIEW, CONTRIBUTE}),
    Role.REVIEWER: frozenset({VIEW, REVIEW}),
    Role.MAINTAINER: frozenset({VIEW, CONTRIBUTE, MAINTAIN}),
}
OF_THE_TEAM: Final = frozenset({VIEW, CONTRIBUTE})
"""What the members of a model's team may do without any sharing."""

_BEYOND_SEEING: Final = (CONTRIBUTE, REVIEW, MAINTAIN)
_SOMEBODY: Final = UUID(int=1)
_SOME_MODEL: Final = UUID(int=2)
_DEEDS: Final = {
    CONTRIBUTE: "add to it or ask for its promotion",
    REVIEW: "decide about its promotions",
    MAINTAIN: "share it, archive or recall its versions, or roll it back",
}
_NAMED: Final = 3


class Holding(NamedTuple):
    """A role that somebody holds; ``how`` is ``shared``, ``team``, ``internal`` or ``auditor``.

    ``principal`` is None where everybody who is signed in holds it.
    """

    principal: User | Group | Team | None
    role: Role
    how: str


def codename(short: str) -> str:
    """Return Django's codename of a permission for registered models."""
    return f"{short}_registeredmodel"


def may(user: User | AnonymousUser, short: str, model: RegisteredModel) -> bool:
    """Say whether ``user`` has the permission ``short`` for ``model``."""
    return short in permissions_of(user, model)


def permissions_of(user: User | AnonymousUser, model: RegisteredModel) -> frozenset[str]:
    """Return every permission that ``user`` has for ``model``, in one query."""
    if isinstance(user, AnonymousUser) or not user.is_active:
        return frozenset()
    question = _question(is_auditor=user.is_auditor, is_service=user.is_service)
    found = question.rows({_SOMEBODY: user.pk, _SOME_MODEL: model.pk})
    return frozenset({VIEW, *compress(_BEYOND_SEEING, found[0])}) if found else frozenset()


def require(user: User | AnonymousUser, short: str, model: RegisteredModel) -> None:
    """Raise ``NotFound`` for a model that ``user`` may not see, ``Forbidden`` without ``short``."""
    held = permissions_of(user, model)
    if VIEW not in held:
        raise model_not_found(model.name)
    if short not in held:
        raise lacking(short, model)


def lacking(short: str, model: RegisteredModel) -> Forbidden:
    """Return the refusal of somebody who sees ``model`` but lacks ``short``; it names who may."""
    return Forbidden(
        "permission_missing",
        f"You may see {model.name}, but not {_DEEDS[short]}.",
        mend=who_can(short, model),
        details={"permission": short},
    )


def model_not_found(name: str) -> NotFound:
    """Return the refusal for a model that is not there or not for this person to see."""
    shown = ascii(name) if refused_character(name) else name
    return NotFound("model_not_found", f"There is no registered model {shown[:128]}.")


def who_can(short: str, model: RegisteredModel) -> str:
    """Return a sentence that names people who have ``short`` for ``model``."""
    people = [str(person) for person in people_who_may(short, model)[: _NAMED + 1]]
    if not people:
        return f"Nobody may {_DEEDS[short]} yet; an administrator can give somebody the role."
    listed = ", ".join(people[:_NAMED]) + (" and others" if len(people) > _NAMED else "")
    return f"{listed} may {_DEEDS[short]}."


def people_who_may(short: str, model: RegisteredModel) -> QuerySet[User]:
    """Return the active accounts that have the permission ``short`` for ``model``."""
    name = codename(short)
    shared = RegisteredModelUserPermission.objects.filter(
        content_object=model, permission__codename=name, user=OuterRef("pk")
    )
    groups = RegisteredModelGroupPermission.objects.filter(
        content_object=model, permission__codename=name
    )
    of_groups = Group.objects.filter(
        Q(pk__in=groups.values("group")) | _further_groups(short, model)
    )
    rule = Q(Exists(shared)) | Q(
        Exists(User.groups.through.objects.filter(user=OuterRef("pk"), group__in=of_groups))
    )
    people = User.objects.filter(is_active=True)
    if short == REVIEW:
        people = people.filter(is_service=False)
    if short == VIEW and model.visibility == RegisteredModel.Visibility.INTERNAL:
        return people
    return people.filter(rule)


def roles_of(model: RegisteredModel) -> list[Holding]:
    """Return who holds which role on ``model`` and how: by team, sharing or a rule for all."""
    holdings = [Holding(model.team, Role.CONTRIBUTOR, "team")]
    for principal, held in _shared(model).items():
        holdings += [Holding(principal, role, "shared") for role in roles_within(held)]
    if model.visibility == RegisteredModel.Visibility.INTERNAL:
        holdings.append(Holding(None, Role.VIEWER, "internal"))
    holdings += [
        Holding(group, Role.VIEWER, "auditor") for group in Group.objects.filter(name=AUDITORS)
    ]
    return holdings


def roles_within(held: frozenset[str]) -> list[Role]:
    """Return the fewest roles that make up a set of permissions, the strongest first."""
    order = (Role.MAINTAINER, Role.REVIEWER, Role.CONTRIBUTOR, Role.VIEWER)
    roles: list[Role] = []
    covered: frozenset[str] = frozenset()
    for role in order:
        if PERMISSIONS[role] <= held and not PERMISSIONS[role] <= covered:
            roles.append(role)
            covered |= PERMISSIONS[role]
    return roles


@cache
def _question(*, is_auditor: bool, is_service: bool) -> PreparedQuery:
    """Return the query for what such a user may do beyond seeing; without a row they see nothing.

    ``_SOMEBODY`` and ``_SOME_MODEL`` stand in for whom and what it is about.
    """
    user = User(pk=_SOMEBODY, is_service=is_service)
    user.keep_group_names([AUDITORS] if is_auditor else [])
    asked = (
        ExpressionWrapper(granted(user, codename(short)), BooleanField())
        for short in _BEYOND_SEEING
    )
    models = RegisteredModel.objects.visible_to(user).filter(pk=_SOME_MODEL).order_by()
    return PreparedQuery.of(models.values_list(*asked))


def _further_groups(short: str, model: RegisteredModel) -> Q:
    rule = Q(pk__in=[])
    if short in OF_THE_TEAM:
        rule |= Q(team=model.team_id)
    if short == VIEW:
        rule |= Q(name=AUDITORS)
    return rule


def _shared(model: RegisteredModel) -> dict[User | Group, frozenset[str]]:
    by_user = RegisteredModelUserPermission.objects.filter(content_object=model)
    by_group = RegisteredModelGroupPermission.objects.filter(content_object=model)
    rows: list[tuple[User | Group, str]] = [
        (row.user, row.permission.codename)
        for row in by_user.select_related("user", "permission").order_by("user__name")
    ]
    rows += [
        (row.group, row.permission.codename)
        for row in by_group.select_related("group__team", "permission").order_by("group__name")
    ]
    shared: dict[User | Group, frozenset[str]] = {}
    for principal, name in rows:
        short = name.removesuffix("_registeredmodel")
        shared[principal] = shared.get(principal, frozenset()) | {short}
    return shared
