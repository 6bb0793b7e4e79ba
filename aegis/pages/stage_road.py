"""Why a version is not in a stage yet: gates, approvals and requests, for each way it can go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aegis.pages.gate_lines import GateLine, gate_line
from approvals.gates import GateOutcome, folded, run
from approvals.gates.facts import MetricMeaning, gate_input
from approvals.governing import Requirement, concerns, requirements
from approvals.models import PolicyRevision
from approvals.records import VersionRecord
from registry.models import RegisteredModel, Stage

WAYS: Mapping[str, tuple[str, ...]] = {
    Stage.NONE: (Stage.PRODUCTION, Stage.STAGING),
    Stage.STAGING: (Stage.PRODUCTION,),
}


@dataclass(frozen=True, slots=True)
class Road:
    """The way to ``target``: what is missing, what passed, and whose approvals it needs."""

    target: str
    missing: tuple[GateLine, ...]
    passed: tuple[GateLine, ...]
    requirements: tuple[Requirement, ...]
    request: int | None

    @property
    def is_governed(self) -> bool:
        """Say whether any policy governs the way; without one nothing goes there."""
        return bool(self.requirements)

    @property
    def blocking(self) -> int:
        """Return how many gates stand in the way."""
        return sum(line.outcome.blocks for line in self.missing)

    @property
    def approvals(self) -> str:
        """Say whose approvals it needs."""
        return " and ".join(requirement.words for requirement in self.requirements)


def roads(
    model: RegisteredModel,
    record: VersionRecord,
    meanings: Mapping[str, MetricMeaning],
    policies: Iterable[PolicyRevision],
    requests: Mapping[str, int],
) -> tuple[Road, ...]:
    """Return the ways that the version can go; ``requests`` are under way, by their target."""
    found = list(policies)
    facts = gate_input(record, meanings)
    ways: list[Road] = []
    for target in WAYS.get(record.stage, ()):
        governing = [policy for policy in found if concerns(policy, model, target)]
        lines = _lines(folded(run(facts, governing)), record)
        ways.append(
            Road(
                target,
                tuple(line for line in lines if line.outcome.outcome != "pass"),
                tuple(line for line in lines if line.outcome.outcome == "pass"),
                tuple(requirements(governing)),
                requests.get(target),
            )
        )
    return tuple(ways)


def _lines(outcomes: Sequence[GateOutcome], record: VersionRecord) -> list[GateLine]:
    return [
        gate_line(outcome, model=record.model_name, version=record.number) for outcome in outcomes
    ]
