"""Bring requests up to date with what they are about.

Called by verbs and by handlers of events. Correctness does not rest on the events: whoever
decides or promotes does the same again, under the same locks.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from aegis.audit.recording import record, verb
from approvals import standing as standings
from approvals.following import follow, name_of, note
from approvals.gates import GateOutcome, blocking, check
from approvals.governing import policies_for
from approvals.locking import lock_request, lock_requests_of
from approvals.models import (
    Decision,
    Dismissal,
    PolicyRevision,
    PromotionRequest,
    RequestSubject,
)
from approvals.overtaking import why_overtaken
from approvals.quorum import is_complete
from approvals.results import keep_results
from approvals.states import UNDER_WAY, RequestState
from approvals.subject import Subject, build_subject, diff_subjects
from registry.locks import lock_model


@verb
def refresh(request: PromotionRequest) -> PromotionRequest:
    """Bring one request up to date and return it as it is now."""
    locked = lock_request(request.pk)
    bring_up_to_date(locked)
    return locked


@verb
def refresh_requests_of(model: UUID) -> None:
    """Bring every request of a registered model that is under way up to date."""
    for request in lock_requests_of(lock_model(model)):
        bring_up_to_date(request)


def bring_up_to_date(request: PromotionRequest) -> None:
    """Close, reopen or complete a locked request as what it is about demands."""
    if request.state not in UNDER_WAY:
        return
    policies = policies_for(request.version.registered_model, request.target)
    subject = build_subject(request.version, request.target, policies)
    if overtaken := why_overtaken(request, policies, subject):
        follow(request, "outdate", actor=None, outcome=overtaken.sentence, code=overtaken.code)
        return
    if request.expires_at <= timezone.now() and request.state != RequestState.PROMOTING:
        sentence = "Nobody completed it in the time that its policy gives."
        follow(request, "expire", actor=None, outcome=sentence, code="expired")
        return
    changed = _keep_if_changed(request, subject)
    if request.state == RequestState.OPEN:
        outcomes = check(request.version, request.target, policies=policies)
        keep_results(request, outcomes, always=changed)
        settle(request, policies, outcomes)


def keep_subject(request: PromotionRequest, subject: Subject) -> RequestSubject:
    """Store what decisions on a locked request are about from now on."""
    return RequestSubject.objects.create(
        request=request,
        body=subject.body,
        digest=subject.digest,
        subject_revision=request.version.subject_revision,
    )


def settle(
    request: PromotionRequest, policies: list[PolicyRevision], outcomes: list[GateOutcome]
) -> None:
    """Approve a locked open request that nothing is missing for, and have a worker take it."""
    standing = standings.load(request, policies=policies)
    if blocking(outcomes) or not is_complete(standing):
        return
    follow(request, "complete", actor=None)
    transaction.on_commit(lambda: _hint(request.pk), robust=True)


def _keep_if_changed(request: PromotionRequest, subject: Subject) -> bool:
    former = request.subjects.first()
    revision = request.version.subject_revision
    if former and (former.digest, former.subject_revision) == (subject.digest, revision):
        return False
    keep_subject(request, subject)
    changes = diff_subjects(former.body, subject.body) if former else []
    note(
        "request:changed",
        request,
        actor=None,
        data={
            "from": former.digest if former else None,
            "to": subject.digest,
            "parts": sorted({change.part for change in changes}),
        },
    )
    _dismiss(request, subject)
    if request.state != RequestState.OPEN:
        words = " ".join(change.words for change in changes)
        follow(request, "reopen", actor=None, outcome=words, code="subject_changed")
    return True


def _dismiss(request: PromotionRequest, subject: Subject) -> None:
    revision = request.version.subject_revision
    for decision in Decision.objects.filter(request=request, dismissal=None):
        if (decision.subject_digest, decision.subject_revision) == (subject.digest, revision):
            continue
        Dismissal.objects.create(decision=decision, reason=Dismissal.Reason.SUBJECT_CHANGED)
        record(
            "decision:dismissed",
            actor=None,
            about=decision,
            model_id=request.version.registered_model_id,
            data={**name_of(request), "verdict": decision.verdict},
        )


def _hint(request: UUID) -> None:
    from approvals.tasks import hint_promotion  # noqa: PLC0415 -- The task imports us.

    hint_promotion(request)
