"""Why somebody may not do something with a request, as the refusal that says so.

Each guard returns None where the act is allowed. Verbs raise what they return, and
``available`` shows it beside the button; so the two never differ.
"""

from collections.abc import Collection
from typing import Final

from aegis.accounts.models import Team, User
from aegis.problems import Conflict, Forbidden, Refusal
from approvals.machine import may_happen
from approvals.models import Decision, PromotionRequest
from approvals.quorum import is_of_groups
from approvals.standing import Hand, Standing
from approvals.states import RequestState
from approvals.wording import listed
from registry.makers import person_of
from registry.permissions import MAINTAIN, REVIEW, VIEW, model_not_found, who_can

_HANDS: Final = {
    Hand.ASKED: ("own_request", "You asked for this promotion, so you cannot decide it."),
    Hand.UPLOADED: ("own_upload", "You uploaded this version, so you cannot decide about it."),
    Hand.UPLOADED_PARENT: (
        "own_upload",
        "You uploaded the version that this one was converted from, so you cannot decide about it.",
    ),
    Hand.WROTE_CARD: ("own_card", "You wrote its model card, so you cannot decide about it."),
    Hand.ATTACHED_EVIDENCE: (
        "own_evidence",
        "You attached evidence to this version, so you cannot decide about it.",
    ),
}
_STATES: Final = {
    RequestState.OPEN: "Request {} is open.",
    RequestState.APPROVED: "Request {} is approved and waits for its signature.",
    RequestState.PROMOTING: "Request {} is being signed and carried out at this moment.",
    RequestState.PROMOTED: "Request {} has been carried out.",
    RequestState.REJECTED: "Request {} was rejected.",
    RequestState.WITHDRAWN: "Request {} was withdrawn.",
    RequestState.STALE: "Request {} was overtaken.",
    RequestState.EXPIRED: "Request {} came too late.",
    RequestState.FAILED: "Request {} could not be carried out.",
}


def why_not_now(request: PromotionRequest, action: str) -> Refusal | None:
    """Refuse what the table of the state machine does not allow in the request's state."""
    if may_happen(action, request.state):
        return None
    state = RequestState(request.state)
    sentence = _STATES[state].format(request.number)
    if request.outcome and not request.is_under_way:
        sentence = f"{sentence} {request.outcome}"
    return Conflict(
        "request_closed",
        sentence,
        mend=_mend_of(state),
        details={"state": state.value, "number": request.number},
    )


def why_not_decide(standing: Standing, user: User, held: Collection[str]) -> Refusal | None:
    """Refuse whoever's decision does not count, and a second one about the same subject."""
    return (
        why_not_active(user)
        or why_not_seen(standing, held)
        or _why_not_this_account(user)
        or _why_not_these_hands(standing, user)
        or _why_not_a_reviewer(standing, held)
        or _why_not_these_groups(standing, user)
        or _why_not_again(standing, user)
    )


def why_not_take_back(standing: Standing, user: User, decision: Decision) -> Refusal | None:
    """Refuse to take back what somebody else decided, or what does not count any more."""
    if decision.decided_by_id != user.pk:
        sentence = f"{decision.decided_by} decided this, so only they take it back."
        return Forbidden("not_your_decision", sentence, mend=f"Ask {decision.decided_by}.")
    if all(decision.pk != kept.pk for kept in standing.decisions):
        return Conflict("decision_dismissed", "This decision does not count any more already.")
    return None


def why_not_withdraw(standing: Standing, user: User, held: Collection[str]) -> Refusal | None:
    """Refuse whoever neither asked nor maintains the model."""
    if refusal := why_not_active(user) or why_not_seen(standing, held):
        return refusal
    if user.pk == standing.request.requested_by_id or MAINTAIN in held:
        return None
    asked = standing.request.requested_by
    return Forbidden(
        "not_your_request",
        f"{asked} asked for this promotion, so only they or a maintainer withdraw it.",
        mend=f"{asked} can withdraw it. {who_can(MAINTAIN, standing.model)}",
    )


def why_not_comment(standing: Standing, user: User, held: Collection[str]) -> Refusal | None:
    """Refuse auditors, who change nothing, and whoever does not see the model."""
    return why_not_active(user) or why_not_seen(standing, held) or _why_not_an_auditor(user)


def why_not_seen(standing: Standing, held: Collection[str]) -> Refusal | None:
    """Answer whoever may not see the model as if nothing were there."""
    return None if VIEW in held else model_not_found(standing.model.name)


def why_not_active(user: User) -> Refusal | None:
    """Refuse an account that an administrator locked."""
    if user.is_active:
        return None
    return Forbidden("account_inactive", "This account is locked, so it does nothing.")


def _why_not_an_auditor(user: User) -> Refusal | None:
    if not user.is_auditor:
        return None
    return Forbidden(
        "auditor_reads_only",
        "Auditors read everything and change nothing, so they take no part in a review.",
    )


def _why_not_this_account(user: User) -> Refusal | None:
    if user.is_service:
        return Forbidden(
            "service_account",
            "A service account decides nothing: decisions are people's.",
            mend="A reviewer decides in the browser.",
        )
    return _why_not_an_auditor(user)


def _why_not_these_hands(standing: Standing, user: User) -> Refusal | None:
    hands = standing.hands.get(person_of(user), frozenset())
    for hand, (code, sentence) in _HANDS.items():
        if hand in hands:
            by_other = user.same_person_as_id is not None
            note = " An account of yours did, and both are one person." if by_other else ""
            return Forbidden(
                code, sentence + note, mend=who_can(REVIEW, standing.model), details={"hand": hand}
            )
    return None


def _why_not_a_reviewer(standing: Standing, held: Collection[str]) -> Refusal | None:
    if REVIEW in held:
        return None
    return Forbidden(
        "not_a_reviewer",
        f"You are no reviewer of {standing.model.name}.",
        mend=who_can(REVIEW, standing.model),
    )


def _why_not_these_groups(standing: Standing, user: User) -> Refusal | None:
    policies = standing.policies
    if not policies or any(is_of_groups(user, policy) for policy in policies):
        return None
    wanted = {key for policy in policies for key in policy.groups}
    teams = Team.objects.filter(group__in=wanted).values_list("name", flat=True)
    names = listed(list(teams), "or")
    return Forbidden(
        "outside_the_groups",
        f"The policy counts approvals of {names} only, and you are in none of them.",
        mend=f"Somebody in {names} can decide.",
        details={"groups": sorted(wanted)},
    )


def _why_not_again(standing: Standing, user: User) -> Refusal | None:
    decision = standing.decision_of(user)
    if decision is None:
        return None
    return Conflict(
        "already_decided",
        f"You decided about this already: {decision.get_verdict_display().lower()}.",
        mend="Take that decision back first.",
        details={"decision": str(decision.pk), "verdict": decision.verdict},
    )


def _mend_of(state: RequestState) -> str | None:
    if state == RequestState.APPROVED:
        return "Whoever approved can take it back, and the requester can withdraw the request."
    if state in {RequestState.PROMOTING, RequestState.PROMOTED}:
        return None
    return "The promotion can be asked for again."
