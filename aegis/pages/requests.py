"""What the page that asks for a promotion draws: what is missing, who can mend it, the road."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from aegis.accounts.models import User
from aegis.pages.gate_lines import GateLine, gate_line
from aegis.pages.road import Stop, road
from aegis.problems import Invalid, Refusal
from approvals.available import available
from approvals.gates import blocking, folded, run
from approvals.gates.facts import gate_input, load_meanings
from approvals.governing import Requirement, policies_for, requirements
from approvals.involvement import accounts_in, hands_in
from approvals.machine import TARGETS
from approvals.models import PolicyRevision, PromotionRequest
from approvals.people_query import People, load_people
from approvals.record_query import load_with_occupant
from approvals.records import EvidenceRecord, VersionRecord
from approvals.reviewers import ReviewerRow, reviewer_rows
from approvals.standing import Standing
from approvals.wording import counted
from registry.models import Evidence, ModelVersion


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A piece of evidence, on whose word it counts, and the tags that it carries."""

    piece: EvidenceRecord
    kind: str
    attached_by: User
    word: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestPage:
    """What the template draws. ``refusal`` is why this person cannot ask now."""

    version: ModelVersion
    record: VersionRecord
    occupant: VersionRecord | None
    target: str
    checked_at: datetime
    requirements: tuple[Requirement, ...]
    missing: tuple[GateLine, ...]
    done: tuple[GateLine, ...]
    blocking: int
    approvals: tuple[Requirement, ...]
    evidence: tuple[EvidenceLine, ...]
    counting: int
    reviewers: tuple[ReviewerRow, ...]
    road: tuple[Stop, ...]
    refusal: Refusal | None
    under_way: int | None

    @property
    def here(self) -> str:
        """Return what the page is called in the way to it."""
        return f"To {self.target}"

    @property
    def lead(self) -> str:
        """Say in a sentence how much is missing."""
        if not self.requirements:
            return f"No policy governs moves to {self.target}."
        if not self.missing:
            return f"{self.record.name} has everything that the gates ask for."
        count = len(self.missing)
        return f"{counted(count, 'thing is', 'things are')} open."


def request_page(version: ModelVersion, target: str, user: User) -> RequestPage:
    """Return what a promotion of ``version`` to ``target`` still needs, as ``user`` sees it."""
    if target not in TARGETS:
        raise Invalid("target_unknown", "A promotion goes to Staging or Production.", field="to")
    model = version.registered_model
    record, occupant = load_with_occupant(version, target)
    policies = policies_for(model, target)
    outcomes = folded(run(gate_input(record, load_meanings()), policies))
    lines = [gate_line(one, model=model.name, version=version.number) for one in outcomes]
    people = load_people(model, policies, {*accounts_in(record), user.pk})
    refusal = _refusal(version, target, user)
    missing = tuple(line for line in lines if line.outcome.outcome != "pass")
    return RequestPage(
        version=version,
        record=record,
        occupant=occupant,
        target=target,
        checked_at=timezone.now(),
        requirements=tuple(requirements(policies)),
        missing=missing,
        done=tuple(line for line in lines if line.outcome.outcome == "pass"),
        blocking=len(blocking(outcomes)),
        approvals=tuple(one for one in requirements(policies) if one.approvals),
        evidence=_evidence(record, people),
        counting=sum(piece.holds for piece in record.current_evidence),
        reviewers=_reviewers(version, record, people, policies, user),
        road=road(record, target, open_points=len(missing), policies=policies),
        refusal=refusal,
        under_way=refusal.details.get("number") if refusal else None,
    )


def _refusal(version: ModelVersion, target: str, user: User) -> Refusal | None:
    wanted = f"promote_to_{target.lower()}"
    action = next(one for one in available(version, user) if one.name == wanted)
    return action.refusal


def _evidence(record: VersionRecord, people: People) -> tuple[EvidenceLine, ...]:
    return tuple(
        EvidenceLine(
            piece,
            Evidence.Kind(piece.kind).label,
            people[piece.attached_by],
            _word(piece, people),
            tuple(tag.name for tag in record.current_tags if tag.evidence == piece.id),
        )
        for piece in record.current_evidence
    )


def _word(piece: EvidenceRecord, people: People) -> str:
    if piece.attested_by:
        return str(people[piece.attested_by])
    return "Nobody yet" if piece.outcome == "unattested" else "Read from the file"


def _reviewers(
    version: ModelVersion,
    record: VersionRecord,
    people: People,
    policies: Sequence[PolicyRevision],
    user: User,
) -> tuple[ReviewerRow, ...]:
    """Return who could decide if this person asked."""
    standing = Standing(
        request=PromotionRequest(version=version, requested_by=user),
        version=version,
        model=version.registered_model,
        policies=tuple(policies),
        hands=hands_in(record, people, asked=user.pk),
        decisions=(),
        present_digest="",
        reviewers=frozenset(),
    )
    return tuple(reviewer_rows(standing, people))
