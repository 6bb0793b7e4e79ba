"""Decisions of reviewers, their dismissals, and the discussion around them."""

from typing import ClassVar, Final

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from aegis.accounts.person_sql import PERSON
from aegis.firm import Firm, append_only, refuse
from aegis.keys import new_key
from approvals.models.requests import PromotionRequest
from registry.models.tombstones import append_only_but_redacted, redaction_key

REDACTED_COMMENT: Final = "(redacted)"
"""What stays of a decision's comment: a no is never without one."""
_VERSION: Final = (
    "(SELECT q.version_id FROM approvals_promotionrequest q WHERE q.id = NEW.request_id)"
)


class Decision(models.Model):
    """One person's word on a request, bound to the subject that they saw.

    A trigger stamps ``subject_revision`` from the locked version, whatever the
    INSERT says.
    """

    class Verdict(models.TextChoices):
        APPROVE = "approve", "Approve"
        REQUEST_CHANGES = "request_changes", "Request changes"
        REJECT = "reject", "Reject"

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    request = models.ForeignKey(
        PromotionRequest, on_delete=models.PROTECT, related_name="decisions"
    )
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    comment = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions"
    )
    decided_at = models.DateTimeField(auto_now_add=True)
    authenticated_at = models.DateTimeField(help_text="When the person last proved who they are.")
    subject_digest = models.CharField(max_length=64)
    subject_revision = models.PositiveBigIntegerField(default=0)
    redaction = redaction_key()

    class Meta:
        ordering = ["decided_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["approve", "request_changes", "reject"]),
                name="approvals_verdict_is_known",
            ),
            models.CheckConstraint(
                condition=Q(verdict="approve") | ~Q(comment=""),
                name="approvals_no_without_a_comment",
            ),
        ]
        triggers: ClassVar = [
            *append_only_but_redacted(
                "decision", emptied={"comment": f"'{REDACTED_COMMENT}'"}, version=_VERSION
            ),
            Firm(
                name="bound_to_the_subject",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("r", "approvals_promotionrequest%ROWTYPE"),
                    ("v", "registry_modelversion%ROWTYPE"),
                    ("present", "text"),
                    ("person", "uuid"),
                ],
                func=f"""
                    SELECT * INTO r FROM approvals_promotionrequest WHERE id = NEW.request_id;
                    SELECT * INTO v FROM registry_modelversion WHERE id = r.version_id FOR UPDATE;
                    SELECT * INTO r FROM approvals_promotionrequest
                        WHERE id = NEW.request_id FOR UPDATE;
                    IF r.state IS DISTINCT FROM 'open' THEN
                        {refuse("Only an open request is decided; this one is %.", "r.state")}
                    END IF;
                    NEW.subject_revision := v.subject_revision;
                    SELECT digest INTO present FROM approvals_requestsubject
                        WHERE request_id = r.id AND subject_revision = v.subject_revision
                        ORDER BY id DESC LIMIT 1;
                    IF present IS DISTINCT FROM NEW.subject_digest THEN
                        {refuse("The decision is not about the present subject.")}
                    END IF;
                    person := {PERSON.format("NEW.decided_by_id")};
                    IF person IS NULL OR person IN ({PERSON.format("r.requested_by_id")},
                                                    {PERSON.format("v.created_by_id")}) THEN
                        {refuse("Whoever asked for it or uploaded it does not decide.")}
                    END IF;
                    IF EXISTS (
                        SELECT 1 FROM approvals_decision d
                        JOIN accounts_user u ON u.id = d.decided_by_id
                        WHERE d.request_id = r.id AND d.subject_revision = v.subject_revision
                            AND coalesce(u.same_person_as_id, u.id) = person
                            AND NOT EXISTS (SELECT 1 FROM approvals_dismissal x
                                            WHERE x.decision_id = d.id)) THEN
                        {refuse("This person has decided about this subject already.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.decided_by}"


class Dismissal(models.Model):
    """That a decision does not count any more, and why."""

    class Reason(models.TextChoices):
        SUBJECT_CHANGED = "subject_changed", "What was decided about changed"
        WITHDRAWN = "withdrawn", "The person took it back"

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="dismissal")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    dismissed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers: ClassVar = [
            *append_only(),
            Firm(
                name="founded",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("d", "approvals_decision%ROWTYPE"),
                    ("v", "registry_modelversion%ROWTYPE"),
                    ("present", "text"),
                ],
                func=f"""
                    SELECT * INTO d FROM approvals_decision WHERE id = NEW.decision_id;
                    IF NEW.reason = 'withdrawn' THEN
                        IF NEW.dismissed_by_id IS DISTINCT FROM d.decided_by_id THEN
                            {refuse("Only whoever decided takes a decision back.")}
                        END IF;
                        RETURN NEW;
                    END IF;
                    SELECT * INTO v FROM registry_modelversion WHERE id = (
                        SELECT version_id FROM approvals_promotionrequest
                        WHERE id = d.request_id) FOR UPDATE;
                    SELECT digest INTO present FROM approvals_requestsubject
                        WHERE request_id = d.request_id ORDER BY id DESC LIMIT 1;
                    IF d.subject_revision = v.subject_revision
                       AND d.subject_digest IS NOT DISTINCT FROM present THEN
                        {refuse("What was decided about has not changed.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} of {self.decision_id}"


class Comment(models.Model):
    """A remark in the discussion of a request, in Markdown."""

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="comments")
    body = models.TextField()
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField(auto_now_add=True)
    redaction = redaction_key()

    class Meta:
        ordering = ["written_at"]
        triggers = append_only_but_redacted("comment", emptied={"body": "''"}, version=_VERSION)

    def __str__(self) -> str:
        return f"comment by {self.written_by}"
