"""Decide about promotion requests, take decisions back, and discuss."""

from datetime import datetime

from aegis.accounts.models import User
from aegis.accounts.recent import why_not_present
from aegis.audit.recording import record, verb
from aegis.problems import Invalid, Refusal
from aegis.sensitive.texts import plain_text
from approvals import standing as standings
from approvals.approving import (
    why_gates_block,
    why_not_this_subject,
    why_unacknowledged,
)
from approvals.following import follow, name_of
from approvals.gates import GateOutcome, check
from approvals.guards import (
    why_not_active,
    why_not_comment,
    why_not_decide,
    why_not_now,
    why_not_take_back,
)
from approvals.locking import lock_request
from approvals.models import Comment, Decision, Dismissal, PromotionRequest
from approvals.quorum import is_complete
from approvals.refreshing import refresh, settle
from approvals.standing import Standing
from approvals.states import RequestState
from approvals.subject import build_subject
from registry.permissions import VIEW, permissions_of, require

LONGEST_COMMENT = 10_000

_ACTIONS = {
    Decision.Verdict.APPROVE: "approve",
    Decision.Verdict.REQUEST_CHANGES: "request_changes",
    Decision.Verdict.REJECT: "reject",
}


def decide(
    request: PromotionRequest,
    *,
    actor: User,
    verdict: str,
    comment: str,
    subject_digest: str,
    authenticated_at: datetime | None,
    acknowledged_warnings: bool = False,
) -> Decision:
    """Record one person's word about the subject that they saw, and what follows from it.

    ``authenticated_at`` is when the person last proved who they are; None, as for a
    token, is refused. The request is brought up to date first, in a transaction of its
    own, so that a decision about something that changed leaves the change behind.
    """
    user = standings.current_account(actor)
    if refusal := why_not_active(user):
        raise refusal
    require(user, VIEW, request.version.registered_model)
    refresh(request)
    return _decide(
        request,
        actor=actor,
        verdict=_verdict(verdict),
        comment=comment,
        subject_digest=subject_digest,
        authenticated_at=authenticated_at,
        acknowledged_warnings=acknowledged_warnings,
    )


@verb
def withdraw_decision(
    decision: Decision, *, actor: User, authenticated_at: datetime | None = None
) -> Decision:
    """Take one's own decision back. It may reopen a request, or complete it if it objected."""
    request = lock_request(decision.request_id)
    user = standings.current_account(actor)
    standing = standings.load(request)
    require(user, VIEW, standing.model)
    refusal = (
        why_not_take_back(standing, user, decision)
        or why_not_now(request, "withdraw_decision")
        or why_not_present(authenticated_at)
    )
    if refusal:
        raise refusal
    Dismissal.objects.create(
        decision=decision, reason=Dismissal.Reason.WITHDRAWN, dismissed_by=user
    )
    _note(decision, request, "decision:withdrawn", user)
    standing = standings.load(request, policies=standing.policies)
    if request.state == RequestState.APPROVED and not is_complete(standing):
        outcome = f"{user} took an approval back."
        follow(request, "reopen", actor=user, outcome=outcome, code="approval_withdrawn")
    elif request.state == RequestState.OPEN:
        _settle(standing)
    return decision


@verb
def comment_on(request: PromotionRequest, *, actor: User, body: str) -> Comment:
    """Add a remark, in Markdown, to the discussion of a request, whatever its state."""
    body = plain_text(body, field="comment", limit=LONGEST_COMMENT, multiline=True)
    locked = lock_request(request.pk)
    user = standings.current_account(actor)
    standing = standings.load(locked)
    held = permissions_of(user, standing.model)
    if refusal := why_not_comment(standing, user, held):
        raise refusal
    comment = Comment.objects.create(request=locked, body=body, written_by=user)
    record(
        "comment:written",
        actor=user,
        about=comment,
        model_id=standing.model.pk,
        data=name_of(locked),
        texts={"body": body},
    )
    return comment


@verb
def _decide(
    request: PromotionRequest,
    *,
    actor: User,
    verdict: Decision.Verdict,
    comment: str,
    subject_digest: str,
    authenticated_at: datetime | None,
    acknowledged_warnings: bool,
) -> Decision:
    comment = _comment(comment, verdict)
    locked = lock_request(request.pk)
    user = standings.current_account(actor)
    standing = standings.load(locked)
    subject = build_subject(standing.version, locked.target, standing.policies)
    refusal = (
        why_not_decide(standing, user, permissions_of(user, standing.model))
        or why_not_now(locked, _ACTIONS[verdict])
        or why_not_present(authenticated_at)
        or why_not_this_subject(locked, subject_digest, subject)
    )
    if refusal:
        raise refusal
    outcomes = check(standing.version, locked.target, policies=standing.policies)
    if verdict == Decision.Verdict.APPROVE:
        _require_gates(outcomes, acknowledged=acknowledged_warnings)
    assert authenticated_at is not None
    decision = Decision.objects.create(
        request=locked,
        verdict=verdict,
        comment=comment,
        decided_by=user,
        authenticated_at=authenticated_at,
        subject_digest=subject_digest,
        # The trigger stamps it so, whatever is said here.
        subject_revision=standing.version.subject_revision,
    )
    _note(decision, locked, "decision:made", user, acknowledged=acknowledged_warnings)
    if verdict == Decision.Verdict.REJECT:
        follow(locked, "reject", actor=user, outcome=f"{user} rejected it.")
    else:
        settle(locked, list(standing.policies), outcomes)
    return decision


def _settle(standing: Standing) -> None:
    request = standing.request
    outcomes = check(standing.version, request.target, policies=standing.policies)
    settle(request, list(standing.policies), outcomes)


def _require_gates(outcomes: list[GateOutcome], *, acknowledged: bool) -> None:
    refusal: Refusal | None = why_gates_block(outcomes) or why_unacknowledged(
        outcomes, acknowledged=acknowledged
    )
    if refusal:
        raise refusal


def _verdict(verdict: str) -> Decision.Verdict:
    try:
        return Decision.Verdict(verdict)
    except ValueError:
        known = ", ".join(Decision.Verdict.values)
        raise Invalid("verdict_unknown", f"A verdict is one of {known}.", field="verdict") from None


def _comment(comment: str, verdict: Decision.Verdict) -> str:
    text = plain_text(
        comment, field="comment", limit=LONGEST_COMMENT, multiline=True, required=False
    )
    if not text and verdict != Decision.Verdict.APPROVE:
        raise Invalid(
            "comment_required",
            "Say in a comment what should change, or why not.",
            field="comment",
        )
    return text


def _note(
    decision: Decision,
    request: PromotionRequest,
    action: str,
    user: User,
    *,
    acknowledged: bool | None = None,
) -> None:
    data = {**name_of(request), "verdict": decision.verdict, "subject": decision.subject_digest}
    if acknowledged is not None:
        data |= {
            "authenticated_at": decision.authenticated_at.isoformat(),
            "acknowledged_warnings": acknowledged,
        }
    record(
        action,
        actor=user,
        about=decision,
        model_id=request.version.registered_model_id,
        data=data,
        texts={"comment": decision.comment} if acknowledged is not None else None,
    )
