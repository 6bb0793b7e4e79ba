"""Carry approved requests out: sign the statement, verify it, check all again, move the stage.

A worker takes a request by name of its attempt, signs outside of any transaction, and
completes it only if it still holds it. Each step may be done twice.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError
from django.utils import timezone
from psycopg.errors import RestrictViolation

from aegis.audit.recording import verb
from aegis.problems import Refusal
from aegis.proof.signing.bundle import SignedBundle
from aegis.proof.signing.signer import Signer
from aegis.proof.signing.statement import Approval, PolicyReference, Promotion, sign_promotion
from approvals import standing as standings
from approvals.following import follow
from approvals.gates import blocking, check
from approvals.locking import lock_request
from approvals.models import PromotionRequest, PromotionStatement
from approvals.moving import outdate_overtaken, put_into
from approvals.quorum import counting_approvals, is_complete
from approvals.refreshing import bring_up_to_date
from approvals.results import keep_results
from approvals.standing import Standing
from approvals.states import RequestState, TransitionKind
from registry.models import Stage
from registry.signing.configured import signer_of, statement_key

log = structlog.get_logger(__name__)

LEASE: Final = timedelta(minutes=3)
"""After so long without an end a worker is taken for dead."""
SHORTEST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=5)
MOST_BROKEN: Final = 10
"""So often a worker may die over one request before it is given up."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One worker's hold of a request, and the statement that it is to have signed."""

    request: UUID
    attempt: int
    promotion: Promotion


def promote(request: UUID, *, signer: Signer | None = None) -> PromotionRequest | None:
    """Carry an approved request out, or return None if there is nothing to do now.

    A signer that is away leaves it approved, with the time since when, to be tried again.
    What the database's guard refuses is looked at once more: somebody may have lost a role
    between the check and the move. Refused twice, it is given up.
    """
    for is_last in (False, True):
        hold = begin(request)
        if hold is None:
            return None
        try:
            bundle = sign_promotion(hold.promotion, signer=signer or _signer(hold))
        except (Refusal, ImproperlyConfigured) as error:
            log.warning("promotion.not_signed", request=str(request), reason=str(error))
            return delay(hold, reason=_in_full(error))
        try:
            return complete_promotion(hold, bundle)
        except IntegrityError as error:
            log.exception("promotion.refused", request=str(request))
            reason = _sentence_of(error)
            done = give_up(hold, reason=reason) if is_last else put_back(hold, reason=reason)
    return done


@verb
def begin(key: UUID) -> Hold | None:
    """Take an approved request that is due, after bringing it up to date."""
    request = lock_request(key)
    bring_up_to_date(request)
    is_early = request.next_attempt_at is not None and request.next_attempt_at > timezone.now()
    if request.state != RequestState.APPROVED or is_early:
        return None
    request.attempts += 1
    follow(request, "begin", actor=None, outcome=request.outcome, recorded=False)
    return Hold(request.pk, request.attempts, promotion_of(standings.load(request)))


@verb
def delay(hold: Hold, *, reason: str) -> PromotionRequest:
    """Put a request back because the signer gave no answer; the wait grows with the delay."""
    request = lock_request(hold.request)
    if _is_lost(hold, request):
        return request
    now = timezone.now()
    is_first = request.delayed_since is None
    request.delayed_since = request.delayed_since or now
    wait = max(SHORTEST_WAIT, min(now - request.delayed_since, LONGEST_WAIT))
    request.next_attempt_at = now + wait
    follow(
        request,
        "delay",
        actor=None,
        outcome=f"The statement is not signed yet. {reason}",
        code="signer_unavailable",
        recorded=is_first,
    )
    return request


@verb
def complete_promotion(hold: Hold, bundle: SignedBundle) -> PromotionRequest:
    """Check everything again under the locks, and move the version into its stage."""
    request = lock_request(hold.request)
    if _is_lost(hold, request):
        return request
    bring_up_to_date(request)
    if request.state != RequestState.PROMOTING:
        return request
    standing = standings.load(request)
    outcomes = check(request.version, request.target, policies=standing.policies)
    keep_results(request, outcomes)
    if failing := blocking(outcomes):
        outcome = f"{failing[0].title} has not passed. {failing[0].reason}"
        follow(request, "reopen", actor=None, outcome=outcome, code="gate_failing")
    elif not is_complete(standing):
        outcome = "An approval does not count any more."
        follow(request, "reopen", actor=None, outcome=outcome, code="approvals_missing")
    elif promotion_of(standing) != hold.promotion:
        outcome = "Other approvals count now than were signed."
        follow(request, "delay", actor=None, outcome=outcome, code="approvals_changed")
    else:
        _move(request, standing, bundle)
    return request


@verb
def put_back(hold: Hold, *, reason: str) -> PromotionRequest:
    """Let go of a request, to be taken again at once."""
    request = lock_request(hold.request)
    if not _is_lost(hold, request):
        follow(request, "delay", actor=None, outcome=reason, recorded=False)
    return request


@verb
def give_up(hold: Hold, *, reason: str) -> PromotionRequest:
    """Close a request that cannot be carried out, with the reason."""
    request = lock_request(hold.request)
    if not _is_lost(hold, request):
        follow(request, "fail", actor=None, outcome=reason, code="refused_by_the_database")
    return request


@verb
def release(key: UUID) -> PromotionRequest:
    """Take a request from a worker that died over it, and give it up after too many."""
    request = lock_request(key)
    is_held = request.state_changed_at > timezone.now() - LEASE
    if request.state != RequestState.PROMOTING or is_held:
        return request
    if request.attempts >= MOST_BROKEN and request.delayed_since is None:
        outcome = f"Carrying it out broke off {request.attempts} times."
        follow(request, "fail", actor=None, outcome=outcome, code="broke_off")
    else:
        outcome = "Carrying it out broke off and is begun again."
        follow(request, "delay", actor=None, outcome=outcome, code="broke_off")
    return request


def promotion_of(standing: Standing) -> Promotion:
    """Return what the statement of a promotion says."""
    request, version = standing.request, standing.version
    return Promotion(
        model=standing.model.name,
        version=version.number,
        manifest_digest=version.digest,
        source=version.stage,
        target=request.target,
        request=request.number,
        subject_digest=standing.present_digest,
        requested_by=str(request.requested_by_id),
        policies=tuple(
            PolicyReference(policy.policy.name, policy.number, policy.digest)
            for policy in standing.policies
        ),
        approvals=tuple(
            Approval(str(decision.decided_by_id), str(decision.pk), decision.decided_at)
            for decision in counting_approvals(standing)
        ),
    )


def _in_full(error: Refusal | ImproperlyConfigured) -> str:
    return error.in_full if isinstance(error, Refusal) else str(error)


def _signer(hold: Hold) -> Signer:
    found = PromotionRequest.objects.select_related("version__registered_model__team")
    return signer_of(statement_key(found.get(pk=hold.request).version))


def _move(request: PromotionRequest, standing: Standing, bundle: SignedBundle) -> None:
    version = request.version
    PromotionStatement.objects.create(
        request=request,
        manifest_digest=version.digest,
        subject_digest=standing.present_digest,
        subject_revision=version.subject_revision,
        envelope=bundle.data.decode(),
        **bundle.key_fields,
    )
    target = Stage(request.target)
    put_into(version, target, kind=TransitionKind.PROMOTION, actor=None, request=request)
    follow(request, "promote", actor=None)
    outdate_overtaken(standing.model)


def _is_lost(hold: Hold, request: PromotionRequest) -> bool:
    return (request.state, request.attempts) != (RequestState.PROMOTING, hold.attempt)


def _sentence_of(error: IntegrityError) -> str:
    said = ""
    if isinstance(error.__cause__, RestrictViolation):
        said = error.__cause__.diag.message_primary or ""
    return f"The database refused the move. {said}".strip()
