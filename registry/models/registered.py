"""Registered models, who may do what with them, and how they are found."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from aegis.accounts.models import Team
from aegis.firm import Firm, Frozen, NoDelete, NoTruncate, refuse
from aegis.keys import new_key
from registry.visibility import RegisteredModelQuerySet


class RegisteredModel(models.Model):
    """A named thing with a team, a risk tier and many versions."""

    class RiskTier(models.IntegerChoices):
        HIGHEST = 1, "Tier 1, highest"
        MIDDLE = 2, "Tier 2"
        LOWEST = 3, "Tier 3, lowest"

    class Visibility(models.TextChoices):
        INTERNAL = "internal", "Everybody who is signed in"
        RESTRICTED = "restricted", "Only the team and those it is shared with"

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    name = models.CharField(max_length=128)
    name_key = models.CharField(
        max_length=256, unique=True, help_text="The name in NFKC and case-folded."
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="registered_models")
    description = models.TextField(blank=True)
    task = models.CharField(max_length=80, blank=True)
    framework = models.CharField(max_length=80, blank=True)
    tags = models.JSONField(default=dict, blank=True, help_text="Names to words, both text.")
    risk_tier = models.PositiveSmallIntegerField(choices=RiskTier.choices, default=RiskTier.HIGHEST)
    visibility = models.CharField(
        max_length=12, choices=Visibility.choices, default=Visibility.INTERNAL
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = RegisteredModelQuerySet.as_manager()

    class Meta:
        ordering = ["name_key"]
        default_permissions = ()
        permissions: ClassVar = [
            ("view_registeredmodel", "See the model and its versions"),
            ("contribute_registeredmodel", "Add versions, cards, evidence; ask for promotion"),
            ("review_registeredmodel", "Decide about promotions"),
            ("maintain_registeredmodel", "Share, archive and roll back"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(risk_tier__in=[1, 2, 3]), name="registry_risk_tier_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(name__regex=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"),
                name="registry_model_name_form",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "name_key"], name="registry_models_of_team"),
            models.Index(fields=["-updated_at", "id"], name="registry_models_by_change"),
        ]
        triggers = [
            NoDelete(),
            NoTruncate(),
            Frozen(
                mutable=(
                    "description",
                    "task",
                    "framework",
                    "tags",
                    "risk_tier",
                    "visibility",
                    "updated_at",
                )
            ),
            Firm(
                name="tier_gets_stricter_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF NEW.risk_tier > OLD.risk_tier THEN
                        {refuse("A risk tier is not made weaker by one person.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RegisteredModelUserPermission(UserObjectPermissionBase):
    """A permission of one person for one registered model; the key is never reused."""

    content_object = models.ForeignKey(
        RegisteredModel, on_delete=models.PROTECT, related_name="user_permissions"
    )


class RegisteredModelGroupPermission(GroupObjectPermissionBase):
    """A permission of one group for one registered model."""

    content_object = models.ForeignKey(
        RegisteredModel, on_delete=models.PROTECT, related_name="group_permissions"
    )


class SearchDocument(models.Model):
    """The words by which a registered model is found.

    In a table of its own, because a stored generated column looks changed in a
    BEFORE trigger.
    """

    registered_model = models.OneToOneField(
        RegisteredModel, primary_key=True, on_delete=models.PROTECT, related_name="search_document"
    )
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="registry_search_words")]

    def __str__(self) -> str:
        return f"words of {self.registered_model_id}"
