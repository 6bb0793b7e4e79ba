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


def granted(user_id: UUID, codename: str, key: str = "pk") -> Q:
    """Match rows whose registered model (in ``key``) was shared with the user or their group."""
    by_user = apps.get_model("registry", "RegisteredModelUserPermission").objects.filter(
        content_object=OuterRef(key), user=user_id, permission__codename=codename
    )
    by_group = apps.get_model("registry", "RegisteredModelGroupPermission").objects.filter(
        content_object=OuterRef(key), group__user=user_id, permission__codename=codename
    )
    return Q(Exists(by_user)) | Q(Exists(by_group))


def in_team(user_id: UUID, key: str = "team_id") -> Q:
    """Match rows whose team (in ``key``) the user belongs to."""
    teams = apps.get_model("accounts", "Team").objects.filter(pk=OuterRef(key), group__user=user_id)
    return Q(Exists(teams))


class RegisteredModelQuerySet(models.QuerySet[Any]):
    """Sets of registered models."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Keep what ``user`` may see; nobody and inactive accounts see nothing."""
        if isinstance(user, AnonymousUser) or not user.is_active:
            return self.none()
        if user.is_auditor:
            return self
        return self.filter(
            Q(visibility="internal") | in_team(user.pk) | granted(user.pk, PERMISSION_OF_VIEWING)
        )

    def granted_to(self, user: "User", codename: str) -> Self:
        """Keep the models for which ``user`` holds the permission by sharing or team.

        The members of a model's team contribute to it.
        """
        if not user.is_active:
            return self.none()
        rule = granted(user.pk, codename)
        if codename in {PERMISSION_OF_VIEWING, "contribute_registeredmodel"}:
            rule |= in_team(user.pk)
        return self.filter(rule)


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
