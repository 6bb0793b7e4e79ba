"""Redactions: two people have a text or file replaced by a tombstone, for a reason, for good."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from aegis.accounts.person_sql import PERSON
from aegis.firm import Firm, Frozen, NoDelete, NoTruncate, append_only, refuse
from aegis.keys import new_key
from aegis.leases import Leased
from registry.models.keys import signed_with_a_listed_key
from registry.models.tombstones import approved
from registry.models.versions import ModelVersion
from registry.visibility import PartOfVersionQuerySet


class RedactionKind(models.TextChoices):
    """What can be redacted. The word is how triggers tell one table from another."""

    CARD_REVISION = "card_revision", "Model card"
    EVIDENCE = "evidence", "Evidence"
    FILE = "file", "File"
    COMMENT = "comment", "Comment"
    DECISION = "decision", "Comment of a decision"


class RedactionReason(models.TextChoices):
    """Why something is redacted: the code that signed statements and audit entries carry."""

    SECRET = "secret", "A secret"
    PERSONAL_DATA = "personal_data", "Personal data"
    LEGAL = "legal", "An order of a court or authority"
    OTHER = "other", "Another reason"


class Redaction(models.Model):
    """What one person proposes to take out; nothing goes until another person agrees.

    ``target`` is the key of the row, or the path of a file. ``digest`` is the SHA-256 that stays
    of it, over ``salt`` and the text where a salt is given.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="redactions")
    kind = models.CharField(max_length=16, choices=RedactionKind.choices)
    target = models.CharField(max_length=1024)
    salt = models.CharField(max_length=32, blank=True)
    digest = models.CharField(max_length=64)
    reason_code = models.CharField(max_length=16, choices=RedactionReason.choices)
    reason = models.TextField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="registry_redaction_has_a_reason"),
            models.CheckConstraint(
                condition=Q(kind__in=RedactionKind.values, reason_code__in=RedactionReason.values),
                name="registry_redaction_kind_and_reason_are_known",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "target"], name="registry_redactions_by_target"),
        ]
        triggers: ClassVar = [
            *append_only(),
            Firm(
                name="by_a_person",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("who", "accounts_user%ROWTYPE")],
                func=f"""
                    SELECT * INTO who FROM accounts_user WHERE id = NEW.proposed_by_id;
                    IF who.is_service OR NOT who.is_active THEN
                        {refuse("A redaction is people's word.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"redaction of a {self.get_kind_display().lower()}"


class RedactionDecision(models.Model):
    """What became of a proposed redaction: another person's word, or taken back by the proposer.

    ``authenticated_at`` is when whoever approved last proved who they are.
    """

    class Verdict(models.TextChoices):
        APPROVE = "approve", "Agreed"
        DECLINE = "decline", "Declined"
        WITHDRAW = "withdraw", "Withdrawn"

    redaction = models.OneToOneField(
        Redaction, primary_key=True, on_delete=models.PROTECT, related_name="decision"
    )
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    comment = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(auto_now_add=True)
    authenticated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "decision about a redaction"
        verbose_name_plural = "decisions about redactions"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(verdict__in=["approve", "decline", "withdraw"]),
                name="registry_redaction_verdict_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="approve") | Q(authenticated_at__isnull=False),
                name="registry_redaction_approved_by_somebody_present",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="decline") | ~Q(comment=""),
                name="registry_redaction_no_without_a_comment",
            ),
        ]
        triggers: ClassVar = [
            *append_only(),
            Firm(
                name="by_a_second_person",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("r", "registry_redaction%ROWTYPE"),
                    ("who", "accounts_user%ROWTYPE"),
                    ("is_same", "boolean"),
                ],
                func=f"""
                    SELECT * INTO r FROM registry_redaction WHERE id = NEW.redaction_id;
                    PERFORM 1 FROM registry_modelversion WHERE id = r.version_id FOR UPDATE;
                    SELECT * INTO who FROM accounts_user WHERE id = NEW.decided_by_id;
                    is_same := {PERSON.format("NEW.decided_by_id")}
                               = {PERSON.format("r.proposed_by_id")};
                    IF who.is_service OR NOT who.is_active THEN
                        {refuse("A redaction is people's word.")}
                    END IF;
                    IF NEW.verdict = 'withdraw' AND is_same IS NOT TRUE THEN
                        {refuse("Only whoever proposed a redaction withdraws it.")}
                    END IF;
                    IF NEW.verdict <> 'withdraw' AND is_same IS NOT FALSE THEN
                        {refuse("Somebody else than the proposer decides about a redaction.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.decided_by}"


class RedactionJob(Leased):
    """That bytes of an approved redaction are still to leave the store.

    A worker holds it until ``lease_until``, named by ``fence``; or it waits until then for what
    was away, with the reason. It is done when ``finished_at`` is set.
    """

    redaction = models.OneToOneField(
        Redaction, primary_key=True, on_delete=models.PROTECT, related_name="job"
    )
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        triggers: ClassVar = [
            NoDelete(),
            NoTruncate(),
            Frozen(mutable=("lease_until", "fence", "error_code", "error", "finished_at")),
            Frozen(name="ended_stays_ended", condition_sql="OLD.finished_at IS NOT NULL"),
        ]

    def __str__(self) -> str:
        return f"job of {self.redaction}"


class PackageRewrite(models.Model):
    """That a package was written anew without the bytes of one file, under a key of its own.

    It takes the place of the package at ``former_key``; the manifest and what was signed stay.
    """

    redaction = models.OneToOneField(
        Redaction, primary_key=True, on_delete=models.PROTECT, related_name="rewrite"
    )
    former_key = models.CharField(max_length=400, unique=True)
    key = models.CharField(max_length=400, unique=True)
    layout = models.CharField(max_length=12)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers: ClassVar = [
            *append_only(),
            Firm(
                name="of_an_approved_redaction",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("r", "registry_redaction%ROWTYPE")],
                func=f"""
                    SELECT * INTO r FROM registry_redaction WHERE id = NEW.redaction_id;
                    PERFORM 1 FROM registry_modelversion WHERE id = r.version_id FOR UPDATE;
                    IF NOT {approved("NEW.redaction_id", "file", "r.target", "r.version_id")} THEN
                        {refuse("A package is written anew only for an approved redaction.")}
                    END IF;
                    IF NOT EXISTS (SELECT 1 FROM registry_artifact a
                                   WHERE a.version_id = r.version_id
                                     AND a.key = NEW.former_key) THEN
                        {refuse("It takes the place of the package that the version has.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.key


class RedactionStatement(models.Model):
    """The signed in-toto statement that a file was redacted, for whoever verifies a download.

    ``envelope`` is a Sigstore bundle as JSON text. It is made after the file is gone.
    """

    redaction = models.OneToOneField(
        Redaction, primary_key=True, on_delete=models.PROTECT, related_name="statement"
    )
    manifest_digest = models.CharField(max_length=64)
    key_name = models.CharField(max_length=120)
    key_version = models.CharField(max_length=20)
    key_hint = models.CharField(max_length=64)
    public_key = models.TextField()
    envelope = models.TextField()
    is_development = models.BooleanField()
    signed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers: ClassVar = [*append_only(), signed_with_a_listed_key()]

    def __str__(self) -> str:
        return f"statement of {self.redaction}"
