"""Re-scans: the jobs that look at the files of ready versions again."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from aegis.firm import NoDelete
from aegis.keys import new_key
from aegis.leases import Leased
from registry.models import ModelVersion, ScanReport
from registry.visibility import PartOfVersionQuerySet


class RescanState(models.TextChoices):
    """How far a re-scan has come."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Rescan(Leased):
    """That the files of a version are scanned once more; this row is the truth.

    ``requested_by`` is None where Aegis itself wants it, because its rules changed.
    Lease, ``fence`` and ``attempts`` mean what they mean for an import.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="rescans")
    state = models.CharField(max_length=8, choices=RescanState.choices, default=RescanState.WAITING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    report = models.ForeignKey(
        ScanReport, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=RescanState.values), name="imports_rescan_state_is_known"
            ),
            models.UniqueConstraint(
                fields=["version"],
                condition=Q(state__in=["waiting", "running"]),
                name="imports_one_unfinished_rescan",
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="imports_rescans_by_state")]
        triggers = [NoDelete()]

    def __str__(self) -> str:
        return f"re-scan of {self.version_id}"
