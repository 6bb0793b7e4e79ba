"""Who can decide about a request, what they said, and why others cannot. Pure."""

from dataclasses import dataclass
from typing import Final

from aegis.accounts.models import User
from approvals.people_query import People
from approvals.quorum import is_of_groups
from approvals.request_query import DecisionRecord
from approvals.standing import Hand, Standing
from approvals.wording import listed
from registry.makers import person_of

DISMISSED: Final = "dismissed"
EXCLUDED: Final = "excluded"
NONE: Final = "none"

_VERDICTS: Final = {
    "approve": "Approved",
    "request_changes": "Asked for changes",
    "reject": "Rejected",
}


@dataclass(frozen=True, slots=True)
class ReviewerRow:
    """Somebody who might decide.

    ``state`` is a verdict, ``dismissed``, ``none`` (can decide) or ``excluded``.
    """

    user: User
    state: str
    words: str

    @property
    def can_decide(self) -> bool:
        """Say whether their decision would count now."""
        return self.state in {NONE, DISMISSED}


def reviewer_rows(
    standing: Standing, people: People, decisions: tuple[DecisionRecord, ...] = ()
) -> list[ReviewerRow]:
    """Return the reviewers and the members of the policies' groups, whoever can decide first."""
    wanted = {group for policy in standing.policies for group in policy.groups}
    decided = {decision.decided_by for decision in decisions}
    rows = [
        _row(standing, people, user, decisions)
        for key, user in people.by_key.items()
        if key in people.reviewers or key in decided or not wanted.isdisjoint(people.groups_of(key))
    ]
    return sorted(rows, key=lambda row: (row.state == EXCLUDED, str(row.user)))


def _row(
    standing: Standing, people: People, user: User, decisions: tuple[DecisionRecord, ...]
) -> ReviewerRow:
    if present := standing.decision_of(user):
        return ReviewerRow(user, present.verdict, _VERDICTS[present.verdict])
    if reason := _why_not(standing, people, user):
        return ReviewerRow(user, EXCLUDED, reason)
    mine = [one for one in decisions if people.person(one.decided_by) == person_of(user)]
    if mine:
        took_back = mine[-1].dismissal == "withdrawn"
        return ReviewerRow(user, DISMISSED, "Took it back" if took_back else "Dismissed")
    return ReviewerRow(user, NONE, "Can decide")


def _why_not(standing: Standing, people: People, user: User) -> str:
    hands = standing.hands.get(person_of(user), frozenset())
    words = {
        Hand.ASKED: "Requester",
        Hand.UPLOADED: f"Uploaded v{standing.version.number}",
        Hand.WROTE_CARD: "Wrote the card",
        Hand.ATTACHED_EVIDENCE: "Attached evidence",
    }
    for hand, said in words.items():
        if hand in hands:
            return said
    if not user.is_active:
        return "Account is locked"
    if user.is_auditor:
        return "Auditor, reads only"
    if user.pk not in people.reviewers:
        return f"No reviewer of {standing.model.name}"
    policies = standing.policies
    if policies and not any(is_of_groups(user, policy) for policy in policies):
        names = {name for policy in policies for name in getattr(policy, "team_names", ())}
        return f"Not in {listed(sorted(names), 'or')}"
    return ""
