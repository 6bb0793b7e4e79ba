"""Find what was left lying: by a worker that died, a hint that was lost, or time itself."""

from collections.abc import Callable
from uuid import UUID

import structlog
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from aegis.problems import Refusal
from approvals.models import PromotionRequest, RequestSubject, StageTransition
from approvals.promoting import LEASE, release
from approvals.refreshing import refresh
from approvals.rollback import owed_statements, sign_owed_statement
from approvals.states import RequestState

log = structlog.get_logger(__name__)


def sweep_requests() -> list[UUID]:
    """Release, expire and refresh what needs it, and return the requests that are due."""
    for request in _held_too_long():
        _try(lambda lost: release(lost.pk), request)
    for request in (*_too_late(), *_out_of_date()):
        _try(refresh, request)
    return list(due().values_list("pk", flat=True))


def due() -> QuerySet[PromotionRequest]:
    """Return the approved requests that a worker may take now, the oldest first."""
    is_due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=timezone.now())
    return PromotionRequest.objects.filter(is_due, state=RequestState.APPROVED).order_by("number")


def sign_owed(rollbacks: QuerySet[StageTransition] | None = None) -> int:
    """Sign the statements that rollbacks owe, until the signer gives no answer; return how many."""
    signed = 0
    for rollback in owed_statements() if rollbacks is None else rollbacks:
        try:
            signed += sign_owed_statement(rollback) is not None
        except Refusal as refusal:
            log.warning("rollback.not_signed", transition=str(rollback.pk), reason=str(refusal))
            break
    return signed


def _try(mend: Callable[[PromotionRequest], object], request: PromotionRequest) -> None:
    try:
        mend(request)
    except Exception:  # One request that cannot be mended must not keep the others waiting.
        log.exception("sweep.failed", request=request.number)


def _held_too_long() -> QuerySet[PromotionRequest]:
    return PromotionRequest.objects.filter(
        state=RequestState.PROMOTING, state_changed_at__lte=timezone.now() - LEASE
    )


def _too_late() -> QuerySet[PromotionRequest]:
    waiting = (RequestState.OPEN, RequestState.APPROVED)
    return PromotionRequest.objects.filter(state__in=waiting, expires_at__lte=timezone.now())


def _out_of_date() -> QuerySet[PromotionRequest]:
    """Return open requests whose version has grown since, where an event got lost."""
    latest = RequestSubject.objects.filter(request=OuterRef("pk")).order_by("-id")
    found: QuerySet[PromotionRequest] = (
        PromotionRequest.objects.filter(state=RequestState.OPEN)
        .annotate(kept=Subquery(latest.values("subject_revision")[:1]))
        .filter(version__subject_revision__gt=F("kept"))
    )
    return found
