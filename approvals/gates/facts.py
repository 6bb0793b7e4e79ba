"""What gates look at, read once in few queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from approvals.records import VersionRecord
from approvals.wording import listed
from registry.models import MetricDefinition

NAMED = 3
"""How many people a sentence names before it speaks of the team."""


@dataclass(frozen=True, slots=True)
class MetricMeaning:
    """What a metric's name means; one that nobody defined has only its name."""

    name: str
    title: str
    unit: str = ""
    direction: str = ""
    ideal: float | None = None


@dataclass(frozen=True, slots=True)
class GateInput:
    """A version as gates see it, with the meaning of metrics."""

    version: VersionRecord
    meanings: Mapping[str, MetricMeaning]
    refuses_development_signer: bool
    at: datetime = field(default_factory=timezone.now)

    def meaning(self, name: str) -> MetricMeaning:
        """Return what the metric ``name`` means."""
        return self.meanings.get(name) or MetricMeaning(name, name)

    @property
    def contributors(self) -> str:
        """Say who can add to the version."""
        return _people(self.version.team.members, self.version.team.name)

    def others_than(self, *excluded: UUID | None) -> str:
        """Say who of the team's members is none of ``excluded``."""
        members = [one for one in self.version.team.members if one[0] not in excluded]
        return _people(members, self.version.team.name)


def load_meanings() -> dict[str, MetricMeaning]:
    """Return what each defined metric means, by name."""
    return {
        row.name: MetricMeaning(row.name, row.title, row.unit, row.direction, row.ideal)
        for row in MetricDefinition.objects.all()
    }


def gate_input(version: VersionRecord, meanings: Mapping[str, MetricMeaning]) -> GateInput:
    """Return what gates look at in ``version``."""
    return GateInput(version, meanings, settings.AEGIS_PRODUCTION)


def _people(members: Iterable[tuple[UUID, str]], team: str) -> str:
    names = [name for _, name in members]
    if not names:
        return f"Somebody in {team}"
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} or anybody else in {team}"
    return f"{listed(names, 'or')} ({team})"
