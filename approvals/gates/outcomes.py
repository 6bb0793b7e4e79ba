"""What a gate says: its outcome, why, what would mend it and who can."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from approvals.models import GateResult, PromotionRequest

if TYPE_CHECKING:
    from approvals.request_query import ResultRecord


class Outcome(StrEnum):
    """How a gate ended, from harmless to grave. ``fail`` and ``error`` block."""

    PASS = "pass"  # noqa: S105 -- The word is an outcome, no password.
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"


BLOCKING = frozenset({Outcome.FAIL, Outcome.ERROR})


@dataclass(frozen=True, slots=True)
class Fix:
    """Where the mending is done: doors turn ``kind`` into the address of a page.

    Kinds: ``card_edit``, ``evidence_attach``, ``evidence_attest``, ``tag_claim``,
    ``fact_add``, ``version_add``, ``compare``, ``signature_renew``, ``scan``, ``policy``.
    ``subject`` narrows it: a kind of evidence, a fact's name, a tag's name, a card's section,
    the key of a piece of evidence.
    """

    kind: str
    label: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """What one gate of one policy says about a version.

    ``summary`` stands beside the title, ``reason`` is whole sentences, ``mend`` says
    what would mend it and ``who`` can. ``findings`` holds JSON values: ``evidence``
    (rows of id, title, file_name, sha256) and what the gate measured.
    """

    gate: str
    title: str
    outcome: Outcome
    summary: str
    reason: str
    mend: str = ""
    who: str = ""
    fix: Fix | None = None
    findings: Mapping[str, Any] = field(default_factory=dict)
    is_blocking: bool = True
    policy: str = ""
    policy_revision_id: UUID | None = None

    @property
    def blocks(self) -> bool:
        """Say whether nobody can approve while it stands like this."""
        return self.is_blocking and self.outcome in BLOCKING


def to_result(
    outcome: GateOutcome, request: PromotionRequest, *, subject_revision: int
) -> GateResult:
    """Return the unsaved row that keeps ``outcome`` with a request."""
    if outcome.policy_revision_id is None:
        message = f"The outcome of {outcome.gate} belongs to no policy."
        raise ValueError(message)
    fix = outcome.fix
    return GateResult(
        request=request,
        policy_revision_id=outcome.policy_revision_id,
        gate=outcome.gate,
        outcome=outcome.outcome,
        reason=outcome.reason,
        findings={
            **outcome.findings,
            "title": outcome.title,
            "summary": outcome.summary,
            "mend": outcome.mend,
            "who": outcome.who,
            "policy": outcome.policy,
            "fix": [fix.kind, fix.label, fix.subject] if fix else None,
        },
        is_blocking=outcome.is_blocking,
        subject_revision=subject_revision,
    )


_WORDS = ("title", "summary", "mend", "who", "policy", "fix")


def from_result(result: "GateResult | ResultRecord") -> GateOutcome:
    """Return what a gate said when the row was kept."""
    said = result.findings
    fix = said.get("fix")
    return GateOutcome(
        gate=result.gate,
        title=said.get("title", result.gate),
        outcome=Outcome(result.outcome),
        summary=said.get("summary", ""),
        reason=result.reason,
        mend=said.get("mend", ""),
        who=said.get("who", ""),
        fix=Fix(*fix) if fix else None,
        findings={key: value for key, value in said.items() if key not in _WORDS},
        is_blocking=result.is_blocking,
        policy=said.get("policy", ""),
    )


def blocking(outcomes: Iterable[GateOutcome]) -> list[GateOutcome]:
    """Return the outcomes over which nobody can approve."""
    return [outcome for outcome in outcomes if outcome.blocks]


def warnings(outcomes: Iterable[GateOutcome]) -> list[GateOutcome]:
    """Return the outcomes that each approver confirms to have read.

    A gate that fails without blocking is one of them.
    """
    return [
        outcome
        for outcome in outcomes
        if outcome.outcome is not Outcome.PASS and not outcome.blocks
    ]


def folded(outcomes: Iterable[GateOutcome]) -> list[GateOutcome]:
    """Leave out what a second policy merely repeats, the gravest first.

    Policies that ask for the same gate with different parameters are both kept.
    """
    seen: dict[tuple[str, str, str], GateOutcome] = {}
    for outcome in outcomes:
        key = (outcome.gate, outcome.outcome, outcome.reason)
        if key not in seen or (outcome.blocks and not seen[key].blocks):
            seen[key] = outcome
    grave = list(Outcome)
    return sorted(seen.values(), key=lambda outcome: -grave.index(outcome.outcome))
