"""Versions of registered models and the states that the database lets them take."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from aegis.firm import Firm, NoDelete, NoTruncate, refuse
from aegis.keys import new_key
from registry.models.registered import RegisteredModel
from registry.models.scan_rules import is_let_through, latest_report, other_files
from registry.visibility import PartOfModelQuerySet


class VersionState(models.TextChoices):
    """How far the bytes of a version have come."""

    PENDING = "pending", "Importing"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Stage(models.TextChoices):
    """Where a version is used; the names are MLflow's, pages say Development for None."""

    NONE = "None", "Development"
    STAGING = "Staging", "Staging"
    PRODUCTION = "Production", "Production"
    ARCHIVED = "Archived", "Archived"


MUTABLE_WHEN_READY = (
    "stage",
    "stage_sequence",
    "subject_revision",
    "quarantined_at",
    "recalled_at",
)
IDENTITY = ("id", "registered_model_id", "number", "label", "source", "created_by_id", "created_at")


def _changed(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns)


def _without(columns: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{name}'" for name in columns)
    return f"ARRAY[{listed}]::text[]"


_FOUND = f"SELECT r.findings FROM ({latest_report('NEW.id')}) r"
_SCANNED = f"""
    IF NEW.digest IS DISTINCT FROM (
        SELECT r.manifest_digest FROM ({latest_report("NEW.id")}) r) THEN
        {refuse("A version is ready only with a scan of its files.")}
    END IF;
    IF EXISTS ({other_files("NEW.id", _FOUND)}) THEN
        {refuse("The scan is about other files than those of the version.")}
    END IF;
    IF {is_let_through("NEW.id")} THEN
        {refuse("A version with a file that is not safe is in quarantine.")}
    END IF;
"""


class ModelVersion(models.Model):
    """One immutable set of files plus its facts.

    ``digest`` is the SHA-256 of the manifest (64 hex digits), set when the
    version becomes ready, and ``size`` the bytes of its files together.
    ``subject_revision`` only grows; triggers raise it with everything that a
    decision about the version is about. A failed version keeps its number.
    """

    class Source(models.TextChoices):
        UPLOAD = "upload", "Uploaded files"
        MLFLOW = "mlflow", "MLflow"
        HUGGINGFACE = "huggingface", "Hugging Face Hub"
        S3 = "s3", "Bucket"
        CONVERSION = "conversion", "Another version"

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    registered_model = models.ForeignKey(
        RegisteredModel, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=128, blank=True)
    description = models.TextField(blank=True)
    source = models.CharField(max_length=12, choices=Source.choices)
    state = models.CharField(
        max_length=8, choices=VersionState.choices, default=VersionState.PENDING
    )
    failure_code = models.CharField(max_length=60, blank=True)
    failure = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    file_count = models.PositiveIntegerField(default=0)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.NONE)
    stage_sequence = models.PositiveIntegerField(default=0)
    subject_revision = models.PositiveBigIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    quarantined_at = models.DateTimeField(null=True, blank=True)
    recalled_at = models.DateTimeField(null=True, blank=True)

    objects = PartOfModelQuerySet.as_manager()

    class Meta:
        ordering = ["registered_model", "-number"]
        verbose_name = "version"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["registered_model", "number"], name="registry_version_number_once"
            ),
            models.UniqueConstraint(
                "registered_model",
                Lower("label"),
                condition=~Q(label=""),
                name="registry_version_label_once",
            ),
            models.UniqueConstraint(
                fields=["registered_model"],
                condition=Q(stage="Production"),
                name="registry_one_production_version",
            ),
            models.UniqueConstraint(
                fields=["registered_model"],
                condition=Q(stage="Staging"),
                name="registry_one_staging_version",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=Stage.values), name="registry_stage_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=VersionState.values), name="registry_state_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["digest"], name="registry_version_by_digest"),
            models.Index(
                fields=["stage", "registered_model"],
                condition=~Q(stage="None"),
                name="registry_versions_in_stage",
            ),
        ]
        triggers: ClassVar = [
            NoDelete(),
            NoTruncate(),
            Firm(
                name="born_pending",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("next", "integer")],
                func=f"""
                    PERFORM 1 FROM registry_registeredmodel
                        WHERE id = NEW.registered_model_id FOR UPDATE;
                    SELECT coalesce(max(number), 0) + 1 INTO next FROM registry_modelversion
                        WHERE registered_model_id = NEW.registered_model_id;
                    IF NEW.number <> next THEN
                        {refuse("The next version of this model is number %.", "next")}
                    END IF;
                    IF NEW.state <> 'pending' OR NEW.stage <> 'None' OR NEW.stage_sequence <> 0
                       OR NEW.subject_revision <> 0 OR NEW.digest <> ''
                       OR NEW.quarantined_at IS NOT NULL THEN
                        {refuse("A version is born pending, in no stage.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
            Firm(
                name="quarantine_follows_its_rows",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF NEW.quarantined_at IS DISTINCT FROM OLD.quarantined_at
                       AND NEW.quarantined_at IS DISTINCT FROM (
                           SELECT min(q.opened_at) FROM registry_quarantine q
                           WHERE q.version_id = NEW.id AND q.lifted_at IS NULL) THEN
                        {refuse("A version is in quarantine as its quarantines say.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
            Firm(
                name="changes_in_order",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF {_changed(IDENTITY)} THEN
                        {refuse("What identifies a version does not change.")}
                    END IF;
                    IF NEW.subject_revision < OLD.subject_revision THEN
                        {refuse("The subject revision of a version only grows.")}
                    END IF;
                    IF OLD.state = 'ready'
                       AND (to_jsonb(NEW) - {_without(MUTABLE_WHEN_READY)})
                       IS DISTINCT FROM (to_jsonb(OLD) - {_without(MUTABLE_WHEN_READY)}) THEN
                        {refuse("A ready version does not change any more.")}
                    END IF;
                    IF NEW.state <> OLD.state AND NOT (
                        (OLD.state = 'pending' AND NEW.state IN ('ready', 'failed'))
                        OR (OLD.state = 'failed' AND NEW.state = 'pending')) THEN
                        {refuse("A version does not go from % to %.", "OLD.state", "NEW.state")}
                    END IF;
                    IF NEW.state = 'ready' AND OLD.state <> 'ready' AND NOT EXISTS (
                        SELECT 1 FROM registry_artifact a
                        JOIN registry_signature s ON s.version_id = a.version_id
                            AND s.manifest_digest = a.manifest_digest
                        WHERE a.version_id = NEW.id AND a.manifest_digest = NEW.digest) THEN
                        {refuse("A version is ready only with its artifact signed.")}
                    END IF;
                    IF NEW.state = 'ready' AND OLD.state <> 'ready' THEN
                        {_SCANNED}
                    END IF;
                    IF NEW.state <> 'ready' AND NEW.stage <> 'None' THEN
                        {refuse("Only a ready version has a stage.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
            Firm(
                name="recalled_by_its_recall",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF NEW.recalled_at IS DISTINCT FROM OLD.recalled_at
                       AND NEW.recalled_at IS DISTINCT FROM (
                           SELECT recalled_at FROM registry_recall WHERE version_id = NEW.id) THEN
                        {refuse("A version is recalled only by a recall that says why.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registered_model.name} v{self.number}"

    @property
    def is_ready(self) -> bool:
        """Say whether the bytes are stored, hashed and signed."""
        return self.state == VersionState.READY

    @property
    def held_back(self) -> str:
        """Say what keeps the bytes back: ``recalled`` before ``quarantined``, or nothing."""
        return "recalled" if self.recalled_at else "quarantined" if self.quarantined_at else ""

    @property
    def is_given_out(self) -> bool:
        """Say whether the bytes can be downloaded: it is ready, and nobody holds it back."""
        return self.is_ready and self.recalled_at is None and self.quarantined_at is None
