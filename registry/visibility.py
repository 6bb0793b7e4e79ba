"""Who may see which registered model: the one rule, as querysets.

List, detail, search, facets, counts and choices all begin here, so that what a
list shows is exactly what may be opened.
"""

from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from aegis.accounts.models import User

PERMISSION_OF_VIEWING = "view_registeredmodel"
_OF_CONTRIBUTING = "contribute_registeredmodel"
_OF_REVIEWING = "review_registeredmodel"


def granted(user: "User", codename: str) -> Q:
    """Match the models for which ``user`` holds the permission by sharing or team.

    The members of a model's team contribute to it. A service account never reviews.
    """
    if codename == _OF_REVIEWING and user.is_service:
        return Q(pk__in=[])
    rule = _shared(user.pk, codename)
    if codename in {PERMISSION_OF_VIEWING, _OF_CONTRIBUTING}:
        rule |= _in_team(user.pk)
    return rule


def _shared(user_id: UUID, codename: str) -> Q:
    by_user = apps.get_model("registry", "RegisteredModelUserPermission").objects.filter(
        content_object=OuterRef("pk"), user=user_id, permission__codename=codename
    )
    by_group = apps.get_model("registry", "RegisteredModelGroupPermission").objects.filter(
        content_object=OuterRef("pk"), group__in=_groups(user_id), permission__codename=codename
    )
    return Q(Exists(by_user)) | Q(Exists(by_group))


def _in_team(user_id: UUID) -> Q:
    teams = apps.get_model("accounts", "Team").objects.filter(
        pk=OuterRef("team_id"), group__in=_groups(user_id)
    )
    return Q(Exists(teams))


def _groups(user_id: UUID) -> "models.QuerySet[Any, Any]":
    """Return the keys of the user's groups, without the groups themselves: they cost a join."""
    memberships = apps.get_model("accounts", "User").groups.through.objects
    return memberships.filter(user=user_id).values("group")


class RegisteredModelQuerySet(models.QuerySet[Any]):
    """Sets of registered models."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Keep what ``user`` may see; nobody and inactive accounts see nothing."""
        if isinstance(user, AnonymousUser) or not user.is_active:
            return self.none()
        if user.is_auditor:
            return self
        return self.filter(Q(visibility="internal") | granted(user, PERMISSION_OF_VIEWING))

    def granted_to(self, user: "User", codename: str) -> Self:
        """Keep the models for which ``user`` holds the permission by sharing or team."""
        return self.filter(granted(user, codename)) if user.is_active else self.none()


class PartOfModelQuerySet(models.QuerySet[Any]):
    """Sets of rows that belong to a registered model by way of ``path_to_model``."""

    path_to_model = "registered_model"

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Keep the rows of the registered models that ``user`` may see."""
        models_seen = apps.get_model("registry", "RegisteredModel").objects.visible_to(user)
        return self.filter(**{f"{self.path_to_model}__in": models_seen})


class PartOfVersionQuerySet(PartOfModelQuerySet):
    """Sets of rows that belong to a version."""

    path_to_model = "version__registered_model"
