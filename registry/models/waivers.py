"""Waivers: two people take a file of a version as it is, under one set of rules, until a date."""

from typing import ClassVar, Final

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from aegis.accounts.person_sql import PERSON
from aegis.firm import Firm, append_only, refuse
from aegis.keys import new_key
from registry.models.scan_rules import is_let_through, waivable
from registry.models.versions import ModelVersion
from registry.visibility import PartOfVersionQuerySet

LONGEST_WAIVER: Final = 180
"""Days after which every waiver has ended."""


class ScanWaiver(models.Model):
    """What one person proposes: to take a file as it is. It covers nothing until another agrees.

    It is bound to the file's ``sha256`` and to the ``ruleset`` that found something in
    it, and ends by itself at ``expires_at``.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="waivers")
    path = models.CharField(max_length=1024)
    sha256 = models.CharField(max_length=64)
    ruleset = models.CharField(max_length=120)
    reason = models.TextField()
    expires_at = models.DateTimeField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at"]
        verbose_name = "waiver"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="registry_waiver_has_a_reason")
        ]
        triggers: ClassVar = [
            *append_only(),
            Firm(
                name="founded",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("v", "registry_modelversion%ROWTYPE"), ("who", "accounts_user%ROWTYPE")],
                func=f"""
                    SELECT * INTO v FROM registry_modelversion
                        WHERE id = NEW.version_id FOR UPDATE;
                    SELECT * INTO who FROM accounts_user WHERE id = NEW.proposed_by_id;
                    IF who.is_service OR NOT who.is_active THEN
                        {refuse("A waiver is a person's word.")}
                    END IF;
                    IF {PERSON.format("NEW.proposed_by_id")}
                       = {PERSON.format("v.created_by_id")} THEN
                        {refuse("Whoever uploaded the version waives nothing about it.")}
                    END IF;
                    IF NEW.expires_at <= now()
                       OR NEW.expires_at > now() + interval '{LONGEST_WAIVER} days 1 hour' THEN
                        {refuse(f"A waiver lasts at most {LONGEST_WAIVER} days.")}
                    END IF;
                    IF v.state <> 'ready' OR NOT EXISTS ({waivable("v.id", "NEW")}) THEN
                        {refuse("The latest scan found nothing in this file that can be waived.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"waiver of {self.path}"


class ScanWaiverAnswer(models.Model):
    """What became of a proposed waiver: a second person's word, or its end before its time.

    ``authenticated_at`` is when whoever approved last proved who they are.
    """

    class Verdict(models.TextChoices):
        APPROVE = "approve", "Agreed"
        DECLINE = "decline", "Declined"
        WITHDRAW = "withdraw", "Withdrawn"
        REVOKE = "revoke", "Ended"

    waiver = models.ForeignKey(ScanWaiver, on_delete=models.PROTECT, related_name="answers")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    comment = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(auto_now_add=True)
    authenticated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = "answer to a waiver"
        verbose_name_plural = "answers to waivers"
        constraints = [
            models.UniqueConstraint(
                fields=["waiver", "verdict"], name="registry_waiver_answered_once"
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["approve", "decline", "withdraw", "revoke"]),
                name="registry_waiver_answer_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="approve") | Q(authenticated_at__isnull=False),
                name="registry_waiver_approved_by_somebody_present",
            ),
            models.CheckConstraint(
                condition=~Q(verdict__in=["decline", "revoke"]) | ~Q(comment=""),
                name="registry_waiver_no_without_a_comment",
            ),
        ]
        triggers: ClassVar = [
            *append_only(),
            Firm(
                name="by_a_second_person",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("w", "registry_scanwaiver%ROWTYPE"),
                    ("v", "registry_modelversion%ROWTYPE"),
                    ("who", "accounts_user%ROWTYPE"),
                    ("person", "uuid"),
                    ("said", "text[]"),
                ],
                func=f"""
                    SELECT * INTO w FROM registry_scanwaiver WHERE id = NEW.waiver_id;
                    SELECT * INTO v FROM registry_modelversion WHERE id = w.version_id FOR UPDATE;
                    SELECT * INTO who FROM accounts_user WHERE id = NEW.answered_by_id;
                    SELECT coalesce(array_agg(a.verdict::text), ARRAY[]::text[]) INTO said
                        FROM registry_scanwaiveranswer a WHERE a.waiver_id = w.id;
                    person := {PERSON.format("NEW.answered_by_id")};
                    IF who.is_service OR NOT who.is_active THEN
                        {refuse("A waiver is a person's word.")}
                    END IF;
                    IF NEW.verdict = 'revoke' THEN
                        IF said <> ARRAY['approve'] THEN
                            {refuse("Only a waiver that two people agreed on is ended.")}
                        END IF;
                        RETURN NEW;
                    END IF;
                    IF cardinality(said) > 0 THEN
                        {refuse("This waiver was answered already.")}
                    END IF;
                    IF NEW.verdict = 'withdraw'
                       AND person <> {PERSON.format("w.proposed_by_id")} THEN
                        {refuse("Only whoever proposed a waiver withdraws it.")}
                    END IF;
                    IF NEW.verdict = 'approve' THEN
                        IF person IN ({PERSON.format("w.proposed_by_id")},
                                      {PERSON.format("v.created_by_id")}) THEN
                            {refuse("Somebody else than proposer and uploader agrees to a waiver.")}
                        END IF;
                        IF w.expires_at <= now() OR NOT EXISTS ({waivable("v.id", "w")}) THEN
                            {refuse("The waiver does not fit the latest scan any more.")}
                        END IF;
                    END IF;
                    RETURN NEW;
                """,
            ),
            Firm(
                name="raises_subject_revision",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    UPDATE registry_modelversion SET subject_revision = subject_revision + 1
                        WHERE NEW.verdict IN ('approve', 'revoke') AND id = (
                            SELECT version_id FROM registry_scanwaiver WHERE id = NEW.waiver_id);
                    RETURN NULL;
                """,
            ),
            Firm(
                name="held_back_when_ended",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("version_key", "uuid")],
                func=f"""
                    SELECT version_id INTO version_key FROM registry_scanwaiver
                        WHERE id = NEW.waiver_id;
                    IF NEW.verdict = 'revoke' AND {is_let_through("version_key")} THEN
                        {refuse("A version with a file that is not safe is in quarantine.")}
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.answered_by}"
