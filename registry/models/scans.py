"""What scanners found in the files of versions, and the quarantines that follow from it."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from aegis.firm import Firm, Frozen, NoDelete, NoTruncate, append_only, refuse
from aegis.keys import new_key
from registry.models.scan_rules import is_let_through, other_files, uncovered
from registry.models.versions import ModelVersion
from registry.visibility import PartOfVersionQuerySet


class ScanVerdict(models.TextChoices):
    """What the scan says of a file, or of all files of a version: the worst of theirs."""

    DATA = "data", "Data only"
    KNOWN = "known", "Known pickle"
    INCONCLUSIVE = "inconclusive", "Cannot be read"
    UNSAFE = "unsafe", "Unsafe"


class ScanReport(models.Model):
    """What one set of rules found in the files of a version. The latest one counts.

    ``findings`` is canonical JSON (RFC 8785): for each file path, sha256, size, format,
    verdict, findings (code, sentence, place, is_dangerous), globals and members;
    ``findings_digest`` is its SHA-256. ``ruleset`` names the rules and the engine.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="scans")
    manifest_digest = models.CharField(max_length=64)
    ruleset = models.CharField(max_length=120)
    verdict = models.CharField(max_length=12, choices=ScanVerdict.choices)
    findings = models.TextField()
    findings_digest = models.CharField(max_length=64)
    file_count = models.PositiveIntegerField()
    global_count = models.PositiveIntegerField(help_text="Different globals of all pickles.")
    scanned_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=ScanVerdict.values), name="registry_scan_verdict_is_known"
            )
        ]
        indexes = [models.Index(fields=["version", "-id"], name="registry_scans_latest")]
        triggers: ClassVar = [
            *append_only(),
            Firm(
                name="founded",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("v", "registry_modelversion%ROWTYPE"), ("worst", "text")],
                func=f"""
                    SELECT * INTO v FROM registry_modelversion
                        WHERE id = NEW.version_id FOR UPDATE;
                    IF v.state IS NULL OR v.state = 'failed' THEN
                        {refuse("A failed version is not scanned.")}
                    END IF;
                    IF NEW.findings_digest
                       <> encode(sha256(convert_to(NEW.findings, 'UTF8')), 'hex') THEN
                        {refuse("The digest of the findings is not that of their bytes.")}
                    END IF;
                    SELECT CASE
                        WHEN bool_or(f.value ->> 'verdict' = 'unsafe') THEN 'unsafe'
                        WHEN bool_and(f.value ->> 'verdict' = 'data') THEN 'data'
                        WHEN bool_and(f.value ->> 'verdict' IN ('data', 'known')) THEN 'known'
                        ELSE 'inconclusive' END
                    INTO worst FROM jsonb_array_elements(NEW.findings::jsonb) f;
                    IF NEW.verdict <> worst THEN
                        {refuse("The verdict of a scan is the worst of its files: %.", "worst")}
                    END IF;
                    IF v.state = 'ready' AND (NEW.manifest_digest <> v.digest OR EXISTS (
                        {other_files("v.id", "NEW.findings")})) THEN
                        {refuse("The scan is about other files than those of the version.")}
                    END IF;
                    -- Under the lock and whatever the INSERT says: the latest one counts.
                    NEW.id := nextval(pg_get_serial_sequence('registry_scanreport', 'id'));
                    RETURN NEW;
                """,
            ),
            Firm(
                name="raises_subject_revision",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[("former", "text")],
                func="""
                    SELECT findings_digest INTO former FROM registry_scanreport
                        WHERE version_id = NEW.version_id AND id < NEW.id
                        ORDER BY id DESC LIMIT 1;
                    UPDATE registry_modelversion SET subject_revision = subject_revision + 1
                        WHERE id = NEW.version_id AND state = 'ready'
                            AND former IS DISTINCT FROM NEW.findings_digest;
                    RETURN NULL;
                """,
            ),
            Firm(
                name="held_back_if_bad",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=f"""
                    IF {is_let_through("NEW.version_id")} THEN
                        {refuse("A version with a file that is not safe is in quarantine.")}
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.ruleset}"


class Quarantine(models.Model):
    """That a version is held back: not given out and not put into use, until it is lifted.

    ``opened_by`` and ``lifted_by`` are None where Aegis itself did it. A version is in
    quarantine as long as any is open; its ``quarantined_at`` follows these rows.
    """

    class Cause(models.TextChoices):
        SCAN = "scan", "What the scan found"
        BYTES = "bytes", "Its bytes are not those that were signed"

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="quarantines")
    cause = models.CharField(max_length=8, choices=Cause.choices)
    sentence = models.TextField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_because = models.TextField(blank=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "cause"],
                condition=Q(lifted_at=None),
                name="registry_one_open_quarantine_per_cause",
            ),
            models.CheckConstraint(
                condition=Q(cause__in=["scan", "bytes"]), name="registry_quarantine_cause_is_known"
            ),
        ]
        triggers: ClassVar = [
            NoDelete(),
            NoTruncate(),
            Frozen(mutable=("lifted_at", "lifted_by", "lifted_because")),
            Firm(
                name="lifted_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=f"""
                    IF TG_OP = 'INSERT' THEN
                        IF NEW.lifted_at IS NOT NULL THEN
                            {refuse("A quarantine begins open.")}
                        END IF;
                        RETURN NEW;
                    END IF;
                    IF OLD.lifted_at IS NOT NULL THEN
                        {refuse("A quarantine that was lifted does not change any more.")}
                    END IF;
                    PERFORM 1 FROM registry_modelversion WHERE id = NEW.version_id FOR UPDATE;
                    IF NEW.lifted_at IS NOT NULL AND NEW.cause = 'scan'
                       AND EXISTS ({uncovered("NEW.version_id")}) THEN
                        {refuse("No valid waiver covers what the scan found.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
            Firm(
                name="followed_by_its_version",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    UPDATE registry_modelversion SET quarantined_at = (
                        SELECT min(opened_at) FROM registry_quarantine
                        WHERE version_id = NEW.version_id AND lifted_at IS NULL)
                    WHERE id = NEW.version_id;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cause} of {self.version_id}"

    @property
    def is_open(self) -> bool:
        """Say whether it holds its version back now."""
        return self.lifted_at is None
