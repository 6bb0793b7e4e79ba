"""Evidence, who vouches for it, and the compliance tags that rest on it."""

import pgtrigger
from django.conf import settings
from django.db import models

from aegis.accounts.person_sql import PERSON
from aegis.firm import Firm, append_only, refuse
from aegis.keys import new_key
from registry.models.tombstones import append_only_but_redacted, redaction_key
from registry.models.versions import ModelVersion
from registry.revisions import RaisesSubjectRevision
from registry.visibility import PartOfVersionQuerySet


class Evidence(models.Model):
    """A file that shows a claim, copied and hashed when it was attached; never edited.

    ``outcome`` is what the kind's rule computed from the file, or ``unattested``
    where a person has to say it. A later row that names it in ``supersedes``
    takes its place. A redacted one has neither title, file name nor findings, and shows nothing.
    """

    class Kind(models.TextChoices):
        EVALUATION_REPORT = "evaluation_report", "Evaluation report"
        BIAS_AUDIT = "bias_audit", "Bias audit"
        SECURITY_REVIEW = "security_review", "Security review"
        LOAD_CHECK = "load_check", "Load check"
        VALIDATION = "validation", "Independent validation"
        OTHER = "other", "Other"

    class Outcome(models.TextChoices):
        PASS = "pass", "Passed"
        FAIL = "fail", "Failed"
        UNATTESTED = "unattested", "Unattested"

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    title = models.CharField(max_length=200)
    file_name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    key = models.CharField(max_length=400, unique=True, help_text="Where the store keeps it.")
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    findings = models.JSONField(default=dict, help_text="What the rule read from the file.")
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    attached_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    attached_at = models.DateTimeField(auto_now_add=True)
    redaction = redaction_key()

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-attached_at"]
        verbose_name = "piece of evidence"
        verbose_name_plural = "evidence"
        triggers = [
            *append_only_but_redacted(
                "evidence",
                emptied={"title": "''", "file_name": "''", "findings": "'{}'::jsonb"},
            ),
            RaisesSubjectRevision(),
            RaisesSubjectRevision.when_redacted(),
            Firm(
                name="supersedes_its_like",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    IF NEW.supersedes_id IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM registry_evidence e WHERE e.id = NEW.supersedes_id
                            AND e.version_id = NEW.version_id AND e.kind = NEW.kind) THEN
                        {refuse("Evidence supersedes evidence of the same kind and version.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Attestation(models.Model):
    """One person's word about evidence that no rule can judge."""

    class Verdict(models.TextChoices):
        PASS = "pass", "It holds"
        FAIL = "fail", "It does not hold"

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, related_name="attestation")
    verdict = models.CharField(max_length=4, choices=Verdict.choices)
    comment = models.TextField()
    attested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    attested_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = [
            *append_only(),
            RaisesSubjectRevision(
                version="(SELECT version_id FROM registry_evidence WHERE id = NEW.evidence_id)"
            ),
            Firm(
                name="by_somebody_else",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("e", "registry_evidence%ROWTYPE"), ("uploader", "uuid")],
                func=f"""
                    SELECT * INTO e FROM registry_evidence WHERE id = NEW.evidence_id;
                    SELECT created_by_id INTO uploader FROM registry_modelversion
                        WHERE id = e.version_id;
                    IF e.outcome <> 'unattested' THEN
                        {refuse("The outcome of this evidence was read from the file.")}
                    END IF;
                    IF e.redaction_id IS NOT NULL THEN
                        {refuse("Redacted evidence is not attested.")}
                    END IF;
                    IF {PERSON.format("NEW.attested_by_id")} IN (
                        {PERSON.format("e.attached_by_id")}, {PERSON.format("uploader")}) THEN
                        {refuse("Whoever uploaded the version or the evidence cannot attest it.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.attested_by}"


class ComplianceTag(models.Model):
    """A claim about a version that passing evidence of the same version carries."""

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="compliance_tags"
    )
    name = models.CharField(max_length=60)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="compliance_tags")
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    claimed_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "name", "evidence"], name="registry_tag_once_per_evidence"
            )
        ]
        triggers = [
            *append_only(),
            RaisesSubjectRevision(),
            Firm(
                name="rests_on_passing_evidence",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    IF NOT EXISTS (
                        SELECT 1 FROM registry_evidence e
                        LEFT JOIN registry_attestation a ON a.evidence_id = e.id
                        WHERE e.id = NEW.evidence_id AND e.version_id = NEW.version_id
                            AND e.redaction_id IS NULL
                            AND (e.outcome = 'pass'
                                 OR (e.outcome = 'unattested' AND a.verdict = 'pass'))
                            AND NOT EXISTS (SELECT 1 FROM registry_evidence later
                                            WHERE later.supersedes_id = e.id)) THEN
                        {refuse("A compliance tag needs passing evidence of the same version.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name
