"""Verifying stored packages again: what is due when, and what each look found."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from aegis.firm import NoDelete, append_only
from aegis.keys import new_key
from aegis.leases import Leased
from registry.models.versions import ModelVersion
from registry.visibility import PartOfVersionQuerySet


class PackageWatch(Leased):
    """When the stored package of a version is to be verified next, and who is at it.

    Nobody may claim it before ``due_at``, nor while ``lease_until`` lies ahead: a worker holds
    it until then, named by ``fence``, a number that each claim raises. ``away`` is the sentence
    of what did not answer, ``away_since`` when that began; both are empty again after a verdict.
    ``asked_by`` is who wants it now instead of at its time.
    """

    version = models.OneToOneField(
        ModelVersion, primary_key=True, on_delete=models.PROTECT, related_name="package_watch"
    )
    due_at = models.DateTimeField()
    away = models.TextField(blank=True)
    away_since = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "package watches"
        indexes = [models.Index(fields=["due_at"], name="registry_watches_by_time")]
        triggers = [NoDelete()]

    def __str__(self) -> str:
        return f"{self.version_id} due {self.due_at:%Y-%m-%d}"


class PackageCheck(models.Model):
    """One look at the stored package of a version, down to its last byte, and at its signature.

    ``package_sha256`` is what was recorded when the package was stored, ``sentence`` what was
    found instead where the outcome is not that all is as recorded.
    """

    class Outcome(models.TextChoices):
        INTACT = "intact", "As recorded"
        DAMAGED = "damaged", "Other bytes"
        MISSING = "missing", "Not there"
        SIGNATURE = "signature", "Signature does not hold"

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="package_checks"
    )
    package_sha256 = models.CharField(max_length=64)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    sentence = models.TextField(blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-checked_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome__in=["intact", "damaged", "missing", "signature"]),
                name="registry_check_outcome_is_known",
            ),
            models.CheckConstraint(
                condition=Q(outcome="intact") ^ ~Q(sentence=""),
                name="registry_check_says_what_is_wrong",
            ),
        ]
        indexes = [
            models.Index(fields=["version", "-checked_at"], name="registry_checks_of_version")
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} at {self.checked_at:%Y-%m-%d}"
