"""Which panel of a review somebody sees beside it, and the words on it. Pure."""

from dataclasses import dataclass

from aegis.accounts.models import User
from aegis.problems import Refusal
from approvals.review import Review
from approvals.states import RequestState

_SIGNING = {RequestState.APPROVED, RequestState.PROMOTING}


@dataclass(frozen=True, slots=True)
class Panel:
    """``kind``: decide, own, decided, excluded, signing, promoted or closed.

    ``blocked`` is why nobody can approve now, although this person could decide.
    """

    kind: str
    given: str
    refusal: Refusal | None
    blocked: Refusal | None
    approve_effect: str
    stays: str
    may_withdraw: bool
    may_take_back: bool
    may_comment: bool
    approvers: tuple[User, ...]


def panel(review: Review) -> Panel:
    """Return the panel of the person who looks."""
    refusal = _refusal(review, "request_changes")
    blocked = _refusal(review, "approve") if refusal is None else None
    return Panel(
        kind=_kind(review, refusal),
        given=given_words(review),
        refusal=refusal,
        blocked=blocked,
        approve_effect="Not available now." if blocked else _approve_effect(review),
        stays=f"{review.baseline.name} stays." if review.baseline else "",
        may_withdraw=_allowed(review, "withdraw"),
        may_take_back=_allowed(review, "withdraw_decision"),
        may_comment=_allowed(review, "comment"),
        approvers=_approvers(review),
    )


def given_words(review: Review) -> str:
    """Say how many approvals there are: ``1 of 2 approvals``."""
    tally = review.headline
    if tally is None or not tally.required:
        return "No approval needed"
    return f"{len(tally.counted)} of {tally.required} approvals"


def _kind(review: Review, refusal: Refusal | None) -> str:
    state = RequestState(review.request.state)
    if state in _SIGNING:
        return "signing"
    if state == RequestState.PROMOTED:
        return "promoted"
    if state != RequestState.OPEN:
        return "closed"
    if refusal is None:
        return "decide"
    return {"own_request": "own", "already_decided": "decided"}.get(refusal.code, "excluded")


def _approve_effect(review: Review) -> str:
    tally = review.headline
    if tally is None:
        return ""
    target, version = review.target, review.version.name
    kept = f" {review.baseline.name} is kept." if review.baseline else ""
    count = f"{len(tally.counted) + 1} of {tally.required}"
    if review.would_complete:
        return f"Completes {count}. Aegis signs, then {version} becomes {target}.{kept}"
    if tally.missing:
        return f"Counts as {count}.{f' {review.baseline.name} stays.' if review.baseline else ''}"
    return "Is recorded beside the approvals that are there."


def _approvers(review: Review) -> tuple[User, ...]:
    people: dict[object, User] = {}
    for tally in review.tallies:
        for decision in tally.counted:
            people.setdefault(decision.decided_by_id, decision.decided_by)
    return tuple(people.values())


def _refusal(review: Review, name: str) -> Refusal | None:
    action = review.action(name)
    return action.refusal if action else None


def _allowed(review: Review, name: str) -> bool:
    action = review.action(name)
    return action is not None and action.allowed
