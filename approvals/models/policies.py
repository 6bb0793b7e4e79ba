"""Promotion policies: what a move to a stage needs, as append-only revisions."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aegis.accounts.models import Team
from aegis.firm import Frozen, NoDelete, append_only
from aegis.keys import new_key


class PromotionPolicy(models.Model):
    """The name under which revisions of one policy are kept."""

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    name = models.SlugField(max_length=80, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "promotion policies"
        triggers = [NoDelete(), Frozen()]

    def __str__(self) -> str:
        return self.name


class PolicyRevision(models.Model):
    """What a policy says from the moment it was published; the highest number is in force.

    It governs moves to ``target`` of models whose risk tier is in ``risk_tiers``
    and, if ``team`` is set, that belong to it. ``groups`` holds the keys of the
    groups whose members' approvals count; empty means every reviewer's. Where
    several policies match, each one's requirements must be met.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    policy = models.ForeignKey(PromotionPolicy, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    target = models.CharField(
        max_length=10, choices=[("Staging", "Staging"), ("Production", "Production")]
    )
    risk_tiers = ArrayField(models.PositiveSmallIntegerField())
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT)
    approvals_required = models.PositiveSmallIntegerField()
    groups = ArrayField(models.IntegerField(), default=list, blank=True)
    expires_after_days = models.PositiveSmallIntegerField(default=30)
    in_force = models.BooleanField(default=True)
    description = models.TextField(blank=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the revision's canonical JSON.")
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["policy__name", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "number"], name="approvals_policy_revision_number_once"
            ),
            models.CheckConstraint(
                condition=Q(target__in=["Staging", "Production"]), name="approvals_policy_target"
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.policy} r{self.number}"


class PolicyGate(models.Model):
    """One gate that a policy revision asks for, with its parameters."""

    revision = models.ForeignKey(PolicyRevision, on_delete=models.PROTECT, related_name="gates")
    position = models.PositiveSmallIntegerField(default=0)
    gate = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict, blank=True)
    is_blocking = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "gate"]
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "gate"], name="approvals_gate_once_per_revision"
            )
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return self.gate
