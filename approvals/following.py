"""How a request goes from state to state: along the table, recorded, with what is owed."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone

from aegis.accounts.models import User
from aegis.audit.recording import record
from approvals.guards import why_not_now
from approvals.machine import request_move
from approvals.models import PromotionRequest
from approvals.states import CLOSED

_RECORDED: Final = {
    "reject": "request:rejected",
    "withdraw": "request:withdrawn",
    "complete": "request:approved",
    "reopen": "request:reopened",
    "delay": "request:delayed",
    "promote": "request:promoted",
    "fail": "request:failed",
    "outdate": "request:stale",
    "expire": "request:expired",
}


def follow(
    request: PromotionRequest,
    action: str,
    *,
    actor: User | None,
    outcome: str = "",
    code: str = "",
    recorded: bool = True,
) -> None:
    """Take a locked request along ``action`` and record it.

    ``outcome`` is the sentence that people read, ``code`` the reason for programs. A
    worker's hold is no governed change, so it is not ``recorded``.
    """
    if refusal := why_not_now(request, action):
        raise refusal
    target = request_move(action).target
    assert target is not None
    request.state = target
    request.state_changed_at = timezone.now()
    request.outcome = outcome
    if target in CLOSED:
        request.closed_by = actor
    if action not in {"begin", "delay"}:
        request.delayed_since = request.next_attempt_at = None
    request.save(
        update_fields=[
            "state",
            "state_changed_at",
            "outcome",
            "closed_by",
            "attempts",
            "delayed_since",
            "next_attempt_at",
        ]
    )
    if recorded:
        note(
            _RECORDED[action],
            request,
            actor=actor,
            data={"code": code} if code else None,
            texts={"outcome": outcome},
        )


def note(
    action: str,
    request: PromotionRequest,
    *,
    actor: User | None,
    data: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
) -> None:
    """Record what happened to a request, with what names it."""
    record(
        action,
        actor=actor,
        about=request,
        model_id=request.version.registered_model_id,
        data={**name_of(request), **(data or {})},
        texts=texts,
    )


def name_of(request: PromotionRequest) -> dict[str, Any]:
    """Return what an audit entry says so that people find a request again."""
    return {
        "request": request.number,
        "version": request.version.number,
        "target": request.target,
    }
