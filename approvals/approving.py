"""What an approval needs of gates and of the moment, as the refusal that says what is missing."""

from collections.abc import Sequence

from aegis.problems import Conflict, Refusal
from approvals.gates import GateOutcome, blocking, warnings
from approvals.models import PromotionRequest
from approvals.subject import Subject, diff_subjects
from approvals.wording import listed


def why_not_this_subject(request: PromotionRequest, seen: str, present: Subject) -> Refusal | None:
    """Refuse a decision about anything but the subject as it is now, and say what changed."""
    if seen == present.digest:
        return None
    former = request.subjects.filter(digest=seen).first()
    changes = diff_subjects(former.body, present.body) if former else []
    words = [change.words for change in changes]
    sentence = (
        f"What you decided about has changed, so your decision was not recorded. {' '.join(words)}"
        if former
        else "Your decision names a subject that this request does not have."
    )
    return Conflict(
        "subject_changed",
        sentence.strip(),
        mend="Read what changed and decide again.",
        details={
            "subject_digest": present.digest,
            "changes": [{"part": change.part, "words": change.words} for change in changes],
        },
    )


def why_gates_block(outcomes: Sequence[GateOutcome]) -> Refusal | None:
    """Refuse an approval while a gate that blocks has not passed."""
    failing = blocking(outcomes)
    if not failing:
        return None
    names = listed([outcome.title for outcome in failing])
    verb = "has" if len(failing) == 1 else "have"
    return Conflict(
        "gate_failing",
        f"{names} {verb} not passed, so nobody can approve.",
        mend=" ".join(dict.fromkeys(one.mend for one in failing if one.mend)) or None,
        details={
            "gates": [
                {"gate": one.gate, "outcome": str(one.outcome), "reason": one.reason}
                for one in failing
            ]
        },
    )


def why_unacknowledged(outcomes: Sequence[GateOutcome], *, acknowledged: bool) -> Refusal | None:
    """Refuse an approval over warnings that the approver did not confirm to have read."""
    warned = warnings(outcomes)
    if acknowledged or not warned:
        return None
    names = listed([outcome.title for outcome in warned])
    return Conflict(
        "warnings_not_acknowledged",
        f"{names} {'warns' if len(warned) == 1 else 'warn'}: "
        "an approval says that the approver has read it.",
        mend="Confirm that you have read the warnings.",
        details={"gates": [{"gate": one.gate, "reason": one.reason} for one in warned]},
    )
