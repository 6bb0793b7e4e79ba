"""Jobs that sign ready versions once more."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from aegis.firm import Frozen, NoDelete, NoTruncate
from aegis.keys import new_key
from aegis.leases import Leased
from registry.models.artifacts import Signature
from registry.models.keys import SigningKey
from registry.models.versions import ModelVersion
from registry.visibility import PartOfVersionQuerySet


class SigningState(models.TextChoices):
    """How far a job of signing has come."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Signed"
    FAILED = "failed", "Failed"


class SigningJob(Leased):
    """That a ready version is to be signed once more with ``key``; its older signatures stay.

    Nobody may take it before ``lease_until``: a worker holds it until then, or it waits until
    then for a signer that was away, with the reason. ``fence`` names the hold.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="signing_jobs")
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=8, choices=SigningState.choices, default=SigningState.WAITING
    )
    delayed_since = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    signature = models.OneToOneField(
        Signature, null=True, blank=True, on_delete=models.PROTECT, related_name="job"
    )

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=SigningState.values), name="registry_signing_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="done", signature__isnull=False)
                | (~Q(state="done") & Q(signature=None)),
                name="registry_signed_job_has_its_signature",
            ),
            models.UniqueConstraint(
                fields=["version"],
                condition=Q(state="waiting"),
                name="registry_one_signing_job_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=Q(state="waiting"),
                name="registry_signing_waits",
            )
        ]
        triggers: ClassVar = [
            NoDelete(),
            NoTruncate(),
            Frozen(
                mutable=(
                    *("state", "lease_until", "fence", "delayed_since"),
                    *("error_code", "error", "finished_at", "signature"),
                )
            ),
            Frozen(name="ended_stays_ended", condition_sql="OLD.state <> 'waiting'"),
        ]

    def __str__(self) -> str:
        return f"signing of {self.version}"
