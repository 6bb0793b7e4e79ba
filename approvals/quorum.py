"""Whose approvals count, and how many are missing. Pure, over a loaded standing."""

from dataclasses import dataclass

from aegis.accounts.models import User
from approvals.models import Decision, PolicyRevision
from approvals.standing import Standing
from registry.makers import person_of


@dataclass(frozen=True, slots=True)
class Tally:
    """How far one policy's approvals have come; ``counted`` holds one for each person."""

    policy: PolicyRevision
    counted: tuple[Decision, ...]

    @property
    def required(self) -> int:
        """Return how many approvals the policy asks for."""
        return self.policy.approvals_required

    @property
    def missing(self) -> int:
        """Return how many approvals are still to come."""
        return max(self.required - len(self.counted), 0)


def tallies(standing: Standing) -> list[Tally]:
    """Return how far the approvals that each policy asks for have come."""
    return [Tally(policy, _counted(standing, policy)) for policy in standing.policies]


def objections(standing: Standing) -> list[Decision]:
    """Return the present decisions that are no approvals: while one stands, nothing is promoted."""
    return [
        decision
        for decision in standing.decisions
        if decision.verdict != Decision.Verdict.APPROVE and standing.is_present(decision)
    ]


def is_complete(standing: Standing) -> bool:
    """Say whether every policy has its approvals and nobody objects."""
    return (
        bool(standing.policies)
        and not objections(standing)
        and not any(tally.missing for tally in tallies(standing))
    )


def counting_approvals(standing: Standing) -> list[Decision]:
    """Return each approval that counts for at least one policy, the oldest first."""
    counted = {decision.pk for tally in tallies(standing) for decision in tally.counted}
    return [decision for decision in standing.decisions if decision.pk in counted]


def is_of_groups(user: User, policy: PolicyRevision) -> bool:
    """Say whether approvals of ``user`` count for ``policy``, which may name groups."""
    return not policy.groups or any(group.pk in policy.groups for group in user.groups.all())


def _counted(standing: Standing, policy: PolicyRevision) -> tuple[Decision, ...]:
    by_person: dict[object, Decision] = {}
    for decision in standing.decisions:
        user = decision.decided_by
        if (
            decision.verdict == Decision.Verdict.APPROVE
            and standing.is_present(decision)
            and user.is_active
            and not user.is_service
            and user.pk in standing.reviewers
            and person_of(user) not in standing.hands
            and is_of_groups(user, policy)
        ):
            by_person.setdefault(person_of(user), decision)
    return tuple(by_person.values())
