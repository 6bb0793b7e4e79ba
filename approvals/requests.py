"""Ask for promotions, and take the asking back."""

from datetime import datetime, timedelta

from django.utils import timezone

from aegis.accounts.models import User
from aegis.audit.recording import verb
from aegis.problems import Invalid, Refusal
from aegis.sensitive.texts import plain_text
from approvals import standing as standings
from approvals.available import Action, available
from approvals.following import follow, note
from approvals.gates import GateOutcome, check
from approvals.governing import policies_for
from approvals.guards import why_not_now, why_not_withdraw
from approvals.locking import lock_request, lock_with_occupant, occupant_of
from approvals.machine import TARGETS
from approvals.makers import has_attested
from approvals.models import PolicyRevision, PromotionRequest
from approvals.refreshing import keep_subject, refresh, settle
from approvals.results import keep_results
from approvals.stage_guards import why_not_ask, why_not_attester
from approvals.states import UNDER_WAY
from approvals.subject import Subject, build_subject
from registry.models import ModelVersion
from registry.permissions import permissions_of
from registry.recalled_bytes import why_recalled

__all__ = ["Action", "available", "open_request", "refresh", "withdraw"]

LONGEST_REASON = 4000


@verb
def open_request(
    version: ModelVersion,
    *,
    actor: User,
    target: str,
    reason: str,
    due_at: datetime | None = None,
) -> PromotionRequest:
    """Ask that ``version`` be moved to ``target``, and run the gates.

    Where the policies ask for gates alone and none fails, it is approved at once.
    """
    target = _target(target)
    reason = plain_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)
    version = lock_with_occupant(version, target)
    user = standings.current_account(actor)
    policies = policies_for(version.registered_model, target)
    if refusal := _why_not_ask(version, target, user, policies):
        raise refusal
    expires_at = timezone.now() + timedelta(days=min(one.expires_after_days for one in policies))
    request = PromotionRequest.objects.create(
        version=version,
        target=target,
        replaces=occupant_of(version.registered_model, target),
        reason=reason,
        requested_by=user,
        due_at=_due(due_at),
        expires_at=expires_at,
    )
    request.refresh_from_db(fields=["number"])
    subject = build_subject(version, target, policies)
    keep_subject(request, subject)
    outcomes = check(version, target, policies=policies)
    keep_results(request, outcomes)
    _note_opened(request, subject, outcomes, policies)
    settle(request, policies, outcomes)
    return request


@verb
def withdraw(request: PromotionRequest, *, actor: User, reason: str = "") -> PromotionRequest:
    """Take a request back; its requester and the model's maintainers may."""
    reason = plain_text(
        reason, field="reason", limit=LONGEST_REASON, multiline=True, required=False
    )
    locked = lock_request(request.pk)
    user = standings.current_account(actor)
    standing = standings.load(locked)
    held = permissions_of(user, standing.model)
    if refusal := why_not_withdraw(standing, user, held) or why_not_now(locked, "withdraw"):
        raise refusal
    outcome = f"{user} withdrew it: {reason}" if reason else f"{user} withdrew it."
    follow(locked, "withdraw", actor=user, outcome=outcome)
    return locked


def _target(target: str) -> str:
    for known in TARGETS:
        if target == known:
            return known.value
    named = " or ".join(TARGETS)
    raise Invalid(
        "target_unknown",
        f"A promotion goes to {named}.",
        field="target",
        details={"to": [*TARGETS]},
    )


def _due(due_at: datetime | None) -> datetime | None:
    if due_at is None:
        return None
    if due_at.tzinfo is None:
        raise Invalid("due_without_zone", "The due time must name its time zone.", field="due_at")
    if due_at <= timezone.now():
        raise Invalid("due_in_past", "The due time has passed already.", field="due_at")
    return due_at


def _why_not_ask(
    version: ModelVersion, target: str, user: User, policies: list[PolicyRevision]
) -> Refusal | None:
    under_way = PromotionRequest.objects.filter(
        version=version, target=target, state__in=UNDER_WAY
    ).first()
    held = permissions_of(user, version.registered_model)
    return (
        why_not_ask(version, target, held=held, policies=policies, under_way=under_way)
        or why_not_attester(version, has_attested=has_attested(user, version))
        or why_recalled(version)
    )


def _note_opened(
    request: PromotionRequest,
    subject: Subject,
    outcomes: list[GateOutcome],
    policies: list[PolicyRevision],
) -> None:
    note(
        "request:opened",
        request,
        actor=request.requested_by,
        data={
            "replaces": request.replaces.number if request.replaces else None,
            "subject": subject.digest,
            "policies": [f"{policy.policy.name} r{policy.number}" for policy in policies],
            "gates": {f"{one.policy}/{one.gate}": str(one.outcome) for one in outcomes},
        },
        texts={"reason": request.reason},
    )
