"""Which policies govern a move, and what they need together."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import ExpressionWrapper, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from aegis.accounts.models import Team
from approvals.json_rows import keep_related
from approvals.models import PolicyGate, PolicyRevision
from approvals.wording import counted, listed
from registry.models import RegisteredModel


@dataclass(frozen=True, slots=True)
class Requirement:
    """How many approvals one policy needs. Empty ``groups``: of any reviewers."""

    policy: str
    revision: int
    revision_id: UUID
    approvals: int
    groups: frozenset[int]
    team_names: tuple[str, ...]

    def counts(self, groups: Iterable[int]) -> bool:
        """Say whether the approval of a reviewer who is in ``groups`` counts for it."""
        return not self.groups or not self.groups.isdisjoint(groups)

    @property
    def words(self) -> str:
        """Say it: ``2 approvals from Risk team``."""
        whom = f" from {listed(self.team_names, 'or')}" if self.team_names else ""
        return f"{counted(self.approvals, 'approval')}{whom}" if self.approvals else "no approval"


def policies_for(model: RegisteredModel, target: str) -> list[PolicyRevision]:
    """Return what governs moving a version of ``model`` to ``target``, by the policies' names.

    The requirements of all of them hold. Empty: no policy governs the move, and then it
    is not allowed.
    """
    return read(
        latest().filter(
            Q(team=None) | Q(team=model.team_id),
            in_force=True,
            target=target,
            risk_tiers__contains=[model.risk_tier],
        )
    )


def policies_in_force() -> list[PolicyRevision]:
    """Return every policy that governs anything."""
    return read(latest().filter(in_force=True))


def latest() -> QuerySet[PolicyRevision]:
    """Return the highest revision of every policy, in force or not."""
    highest = PolicyRevision.objects.filter(policy=OuterRef("policy")).order_by("-number")
    revisions: QuerySet[PolicyRevision] = PolicyRevision.objects.annotate(
        highest=Subquery(highest.values("number")[:1])
    ).filter(number=F("highest"))
    return revisions


def read(revisions: QuerySet[PolicyRevision]) -> list[PolicyRevision]:
    """Return revisions with their policies, gates and the names of their teams, in one query."""
    gates = PolicyGate.objects.filter(revision=OuterRef("pk")).order_by("position", "gate")
    columns = ("id", "position", "gate", "parameters", "is_blocking")
    wanted = ExpressionWrapper(OuterRef("groups"), output_field=ArrayField(IntegerField()))
    teams = Team.objects.annotate(wanted=wanted).filter(
        wanted__contains=[F("group_id")]  # type: ignore[misc]  # The stubs know values only.
    )
    rows: list[Any] = list(
        revisions.select_related("policy", "team")
        .annotate(
            gate_rows=ArraySubquery(gates.values(json=JSONObject(**{c: c for c in columns}))),
            team_names=ArraySubquery(teams.order_by("name").values("name")),
        )
        .order_by("policy__name", "number")
    )
    for revision in rows:
        kept = [PolicyGate(revision=revision, **row) for row in revision.gate_rows]
        keep_related(revision, "gates", kept)
    return rows


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
            team_names=team_names_of(policy),
        )
        for policy in policies
    ]


def team_names_of(policy: PolicyRevision) -> tuple[str, ...]:
    """Return the names of the teams whose approvals count for ``policy``."""
    known = getattr(policy, "team_names", None)
    if known is None:
        teams = Team.objects.filter(group__in=policy.groups).order_by("name")
        known = teams.values_list("name", flat=True)
    return tuple(known)
