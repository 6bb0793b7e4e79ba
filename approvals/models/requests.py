"""Promotion requests, what they are about, and what the gates said."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Func, Q, Value

from aegis.firm import Firm, NoDelete, NoTruncate, append_only, refuse
from aegis.keys import new_key
from approvals.machine import request_edges, sql_rows
from approvals.models.policies import PolicyRevision
from approvals.states import CLOSED, UNDER_WAY, RequestState
from registry.models import ModelVersion
from registry.visibility import PartOfVersionQuerySet

MUTABLE = (
    "ARRAY['state','state_changed_at','outcome','closed_by_id','due_at','attempts',"
    "'delayed_since','next_attempt_at']::text[]"
)


def about_the_present(version: str, condition: str = "TRUE") -> Firm:
    """Return the trigger of rows that must carry the version's present subject revision.

    ``version`` is the SQL expression of the version's key; the version is locked.
    """
    return Firm(
        name="about_the_present",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        declare=[("present", "bigint")],
        func=f"""
            IF {condition} THEN
                SELECT subject_revision INTO present FROM registry_modelversion
                    WHERE id = {version} FOR UPDATE;
                IF present IS DISTINCT FROM NEW.subject_revision THEN
                    {refuse("It is not about the present subject of the version.")}
                END IF;
            END IF;
            RETURN NEW;
        """,
    )


OF_REQUEST = "(SELECT version_id FROM approvals_promotionrequest WHERE id = NEW.request_id)"


class PromotionRequest(models.Model):
    """Somebody's wish to move a version to a stage, with the reason.

    ``replaces`` is the version that was in the stage when it was asked. The
    subject is kept in ``RequestSubject``; its latest row is the present one.
    ``attempts`` counts the workers that took it, and names the hold of the last one.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    number = models.PositiveBigIntegerField(
        unique=True,
        db_default=Func(Value("approvals_request_number"), function="nextval"),
        editable=False,
    )
    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="promotion_requests"
    )
    target = models.CharField(
        max_length=10, choices=[("Staging", "Staging"), ("Production", "Production")]
    )
    replaces = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    outcome = models.TextField(blank=True, help_text="Why it ended as it did, in a sentence.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="promotion_requests"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    state_changed_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    delayed_since = models.DateTimeField(
        null=True, blank=True, help_text="Since when the signer does not answer."
    )
    next_attempt_at = models.DateTimeField(null=True, blank=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version", "target"],
                condition=Q(state__in=["open", "approved", "promoting"]),
                name="approvals_one_request_under_way",
            ),
            models.CheckConstraint(
                condition=Q(target__in=["Staging", "Production"]), name="approvals_request_target"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-number"], name="approvals_requests_by_state"),
            models.Index(fields=["requested_by", "-number"], name="approvals_requests_of_person"),
        ]
        triggers: ClassVar = [
            NoDelete(),
            NoTruncate(),
            Firm(
                name="born_open",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    IF NEW.state <> 'open' THEN
                        {refuse("A promotion request begins open.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
            Firm(
                name="changes_in_order",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF (to_jsonb(NEW) - {MUTABLE}) IS DISTINCT FROM (to_jsonb(OLD) - {MUTABLE}) THEN
                        {refuse("This part of a promotion request does not change any more.")}
                    END IF;
                    IF (OLD.state) IN ({sql_rows((state,) for state in CLOSED)})
                       AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) THEN
                        {refuse("A closed promotion request does not change any more.")}
                    END IF;
                    IF NEW.state <> OLD.state
                       AND (OLD.state, NEW.state) NOT IN ({sql_rows(request_edges())}) THEN
                        {refuse("A request does not go from % to %.", "OLD.state", "NEW.state")}
                    END IF;
                    IF NEW.state = 'promoted' AND OLD.state <> 'promoted' AND NOT EXISTS (
                        SELECT 1 FROM approvals_stagetransition t
                        WHERE t.request_id = NEW.id AND t.kind = 'promotion') THEN
                        {refuse("A request is promoted only with its transition.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.number}"

    @property
    def is_under_way(self) -> bool:
        """Say whether the request may still end in a promotion."""
        return self.state in UNDER_WAY


class RequestSubject(models.Model):
    """What decisions on a request are about, from one moment on: canonical JSON and its digest."""

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="subjects")
    body = models.TextField()
    digest = models.CharField(max_length=64)
    subject_revision = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        triggers = [
            *append_only(),
            about_the_present(OF_REQUEST),
            Firm(
                name="digest_matches",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    IF NEW.digest <> encode(sha256(convert_to(NEW.body, 'UTF8')), 'hex') THEN
                        {refuse("The subject digest is not that of the subject.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.digest


class GateResult(models.Model):
    """What one gate of one policy revision said about a request's version, once."""

    class Outcome(models.TextChoices):
        PASS = "pass", "Passed"
        WARN = "warn", "Warning"
        FAIL = "fail", "Failed"
        ERROR = "error", "Could not be checked"

    request = models.ForeignKey(
        PromotionRequest, on_delete=models.PROTECT, related_name="gate_results"
    )
    policy_revision = models.ForeignKey(PolicyRevision, on_delete=models.PROTECT, related_name="+")
    gate = models.CharField(max_length=40)
    outcome = models.CharField(max_length=5, choices=Outcome.choices)
    reason = models.TextField()
    findings = models.JSONField(default=dict)
    is_blocking = models.BooleanField()
    subject_revision = models.PositiveBigIntegerField()
    checked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["request", "-id"], name="approvals_results_of_request")]
        triggers = [*append_only(), about_the_present(OF_REQUEST)]

    def __str__(self) -> str:
        return f"{self.gate}: {self.outcome}"
