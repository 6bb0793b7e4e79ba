"""A promotion request with everything around it, as JSON."""

from typing import Any

from aegis.accounts.models import User
from aegis.api.v1.gates import gate_document
from aegis.api.v1.serializers.promotions import DecisionDocument, PromotionDocument
from approvals.available import Action
from approvals.governing import team_names_of
from approvals.models import Decision
from approvals.quorum import Tally
from approvals.request_query import DecisionRecord
from approvals.review import Review, load_review


def promotion_detail(number: int, *, user: User) -> dict[str, Any]:
    """Return request ``number`` as ``user`` sees it."""
    review = load_review(number, user=user)
    version = review.request.version
    return {
        **PromotionDocument(review.request).data,
        "subject": {"digest": review.subject.digest, "is_current": review.is_subject_current},
        "gates": [gate_document(outcome, version) for outcome in review.gates],
        "approvals": [_approval(tally) for tally in review.tallies],
        "decisions": _decisions(review),
        "actions": [_action(action) for action in review.actions],
    }


def decision_document(decision: Decision) -> dict[str, Any]:
    """Return one decision, as it stands now."""
    dismissal = getattr(decision, "dismissal", None)
    document: dict[str, Any] = DecisionDocument(
        {
            "id": decision.pk,
            "verdict": decision.verdict,
            "comment": decision.comment,
            "decided_by": decision.decided_by.username,
            "decided_at": decision.decided_at,
            "subject_digest": decision.subject_digest,
            "subject_revision": decision.subject_revision,
            "dismissal": dismissal.reason if dismissal else None,
            "dismissed_at": dismissal.dismissed_at if dismissal else None,
        }
    ).data
    return document


def _decisions(review: Review) -> list[dict[str, Any]]:
    records = review.record.decisions
    names = User.objects.in_bulk({one.decided_by for one in records})
    return [_decision(one, names[one.decided_by].username) for one in records]


def _decision(record: DecisionRecord, name: str) -> dict[str, Any]:
    document: dict[str, Any] = DecisionDocument(
        {
            "id": record.id,
            "verdict": record.verdict,
            "comment": record.comment,
            "decided_by": name,
            "decided_at": record.decided_at,
            "subject_digest": record.subject_digest,
            "subject_revision": record.subject_revision,
            "dismissal": record.dismissal,
            "dismissed_at": record.dismissed_at,
        }
    ).data
    return document


def _approval(tally: Tally) -> dict[str, Any]:
    return {
        "policy": tally.policy.policy.name,
        "revision": tally.policy.number,
        "required": tally.required,
        "given": len(tally.counted),
        "teams": list(team_names_of(tally.policy)),
    }


def _action(action: Action) -> dict[str, Any]:
    refusal = action.refusal
    return {
        "name": action.name,
        "title": action.title,
        "allowed": action.allowed,
        "code": refusal.code if refusal else None,
        "reason": refusal.sentence if refusal else None,
        "mend": refusal.mend if refusal else None,
    }
