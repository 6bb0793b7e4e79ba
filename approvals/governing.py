"""Which policies govern a move, and what they need together."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from approvals.models import PolicyRevision
from registry.models import RegisteredModel


@dataclass(frozen=True, slots=True)
class Requirement:
    """How many approvals one policy needs. Empty ``groups``: of any reviewers."""

    policy: str
    revision: int
    revision_id: UUID
    approvals: int
    groups: frozenset[int]

    def counts(self, groups: Iterable[int]) -> bool:
        """Say whether the approval of a reviewer who is in ``groups`` counts for it."""
        return not self.groups or not self.groups.isdisjoint(groups)


def latest_revisions() -> QuerySet[PolicyRevision]:
    """Return the highest revision of every policy, in force or not, with its gates."""
    highest = PolicyRevision.objects.filter(policy=OuterRef("policy")).order_by("-number")
    return (
        PolicyRevision.objects.annotate(highest=Subquery(highest.values("number")[:1]))
        .filter(number=F("highest"))
        .select_related("policy", "team")
        .prefetch_related("gates")
        .order_by("policy__name")
    )


def policies_for(model: RegisteredModel, target: str) -> list[PolicyRevision]:
    """Return what governs moving a version of ``model`` to ``target``, by the policies' names.

    The requirements of all of them hold. Empty: no policy governs the move, and then it
    is not allowed.
    """
    return list(
        latest_revisions().filter(
            Q(team=None) | Q(team=model.team_id),
            in_force=True,
            target=target,
            risk_tiers__contains=[model.risk_tier],
        )
    )


def concerns(policy: PolicyRevision, model: RegisteredModel, target: str) -> bool:
    """Say whether a revision speaks of moving versions of ``model`` to ``target``.

    A latest revision that is in force then governs the move, as in ``policies_for``.
    """
    return (
        policy.target == target
        and model.risk_tier in policy.risk_tiers
        and policy.team_id in {None, model.team_id}
    )


def requirements(policies: Iterable[PolicyRevision]) -> list[Requirement]:
    """Return the approvals that ``policies`` need: each one's must be met."""
    return [
        Requirement(
            policy=policy.policy.name,
            revision=policy.number,
            revision_id=policy.pk,
            approvals=policy.approvals_required,
            groups=frozenset(policy.groups),
        )
        for policy in policies
    ]
