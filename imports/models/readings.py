"""Readings of a run: what an MLflow server says now of a version that came from it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from aegis.firm import NoDelete
from aegis.keys import new_key
from aegis.leases import Leased
from registry.models import ModelVersion
from registry.visibility import PartOfVersionQuerySet


class ReadingState(models.TextChoices):
    """How the reading that was asked for last stands."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Read"
    FAILED = "failed", "Not read"


class RunReading(Leased):
    """The last reading of the tags of the run that a version came from; one row for each version.

    ``tags`` are name, ``expected`` and ``found`` (None where the run has no such tag) of what was
    read at ``read_at``; they stay when a later try fails, for the reason ``error``, since
    ``failing_since``.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    version = models.OneToOneField(
        ModelVersion, on_delete=models.PROTECT, related_name="run_reading"
    )
    state = models.CharField(
        max_length=7, choices=ReadingState.choices, default=ReadingState.WAITING
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    tags = models.JSONField(default=list)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=ReadingState.values), name="imports_reading_state_is_known"
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="imports_readings_by_state")]
        triggers = [NoDelete()]

    def __str__(self) -> str:
        return f"reading of {self.version_id}"
