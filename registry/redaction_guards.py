"""Why somebody may not propose or decide about a redaction, as the refusal that says so.

A proposal changes nothing, so auditors make them too. Deciding is for those who answer for the
model, its reviewers and maintainers: an administrator decides nothing by being one, and an auditor
changes nothing.
"""

from collections.abc import Collection
from datetime import datetime

from aegis.accounts.models import User
from aegis.accounts.recent import why_not_present
from aegis.problems import Conflict, Forbidden, Refusal
from registry.makers import person_of
from registry.models import Redaction, RedactionDecision, RegisteredModel
from registry.permissions import (
    CONTRIBUTE,
    MAINTAIN,
    REVIEW,
    VIEW,
    lacking,
    model_not_found,
    who_can,
)
from registry.redactable import Target


def why_not_propose(model: RegisteredModel, user: User, held: Collection[str]) -> Refusal | None:
    """Refuse whoever has no part in the model and audits nothing, and service accounts."""
    if VIEW not in held:
        return model_not_found(model.name)
    if not (user.is_auditor or {CONTRIBUTE, REVIEW, MAINTAIN} & set(held)):
        return lacking(CONTRIBUTE, model)
    return _why_not_a_person(user)


def why_not_this(target: Target, waiting: Redaction | None) -> Refusal | None:
    """Refuse what is redacted, and what somebody proposed already."""
    if target.redaction is not None:
        return Conflict(
            "already_redacted",
            f"{target.title} is redacted already.",
            details={"redaction": str(target.redaction)},
        )
    if waiting is not None:
        return Conflict(
            "redaction_proposed",
            f"{waiting.proposed_by} proposed that already.",
            mend="A second person agrees to it or declines it.",
            details={"redaction": str(waiting.pk)},
        )
    return None


def why_not_decide(redaction: Redaction, user: User, held: Collection[str]) -> Refusal | None:
    """Refuse whoever neither reviews nor maintains the model, and the proposer by any account."""
    model = redaction.version.registered_model
    if VIEW not in held:
        return model_not_found(model.name)
    if not {REVIEW, MAINTAIN} & set(held):
        return lacking(REVIEW, model)
    if refusal := _why_not_a_person(user):
        return refusal
    if person_of(user) == person_of(redaction.proposed_by):
        return Forbidden(
            "own_redaction",
            "You proposed this redaction, so another person decides about it.",
            mend=who_can(REVIEW, model),
        )
    return _why_not_open(redaction)


def why_not_approve(
    redaction: Redaction, user: User, held: Collection[str], authenticated_at: datetime | None
) -> Refusal | None:
    """Refuse as ``why_not_decide`` does, and whoever did not prove a moment ago who they are."""
    return why_not_decide(redaction, user, held) or why_not_present(
        authenticated_at, act="agreeing to a redaction"
    )


def why_not_withdraw(redaction: Redaction, user: User, held: Collection[str]) -> Refusal | None:
    """Refuse everybody but the proposer, and what was decided."""
    if VIEW not in held:
        return model_not_found(redaction.version.registered_model.name)
    if person_of(user) != person_of(redaction.proposed_by):
        proposer = redaction.proposed_by
        return Forbidden("not_your_redaction", f"{proposer} proposed it, so only they withdraw it.")
    return _why_not_open(redaction)


def decision_of(redaction: Redaction) -> RedactionDecision | None:
    """Return what was said to a proposed redaction, or None while it waits."""
    return RedactionDecision.objects.filter(redaction=redaction).first()


def _why_not_a_person(user: User) -> Refusal | None:
    if not user.is_service:
        return None
    return Forbidden("service_account", "A redaction is people's word, not a service account's.")


def _why_not_open(redaction: Redaction) -> Refusal | None:
    decision = decision_of(redaction)
    if decision is None:
        return None
    said = decision.get_verdict_display().lower()
    return Conflict(
        "redaction_decided", f"{decision.decided_by} decided about this redaction already: {said}."
    )
