"""What the page that rolls back draws: known-good versions, the others and why, the impact."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from aegis.accounts.models import User
from aegis.pages.metrics import MetricCells, metric_cells
from approvals.comparison import compare
from approvals.gates.facts import load_meanings
from approvals.models import StageTransition
from approvals.record_query import load_records
from approvals.records import VersionRecord
from approvals.rollback import Candidate, candidates, owed_statements
from registry.models import RegisteredModel, Stage
from registry.permissions import MAINTAIN, REVIEW, lacking, permissions_of


@dataclass(frozen=True, slots=True)
class Impact:
    """What follows from going back to ``version``: what it replaces, and how metrics differ."""

    version: VersionRecord
    replaced: VersionRecord | None
    metrics: tuple[MetricCells, ...]


@dataclass(frozen=True, slots=True)
class RollbackPage:
    """What the template draws. ``impact`` is None where nothing can be chosen."""

    model: RegisteredModel
    present: Candidate | None
    known_good: tuple[Candidate, ...]
    others: tuple[Candidate, ...]
    impact: Impact | None
    owed: tuple[StageTransition, ...]

    @property
    def chosen(self) -> int | None:
        """Return the number of the version whose impact is shown."""
        return self.impact.version.number if self.impact else None


def rollback_page(model: RegisteredModel, user: User, chosen: str = "") -> RollbackPage:
    """Return what can be rolled back to; ``chosen`` is a version's number as it was asked for."""
    if not {MAINTAIN, REVIEW} & permissions_of(user, model):
        raise lacking(MAINTAIN, model)
    rows = candidates(model)
    known_good = tuple(
        sorted(
            (row for row in rows if row.refusal is None),
            key=lambda row: row.until or row.version.created_at,
            reverse=True,
        )
    )
    present = next((row for row in rows if row.version.stage == Stage.PRODUCTION), None)
    others = tuple(row for row in rows if row.refusal is not None and row is not present)
    wanted = next((row for row in known_good if str(row.version.number) == chosen), None)
    wanted = wanted or next(iter(known_good), None)
    owed = owed_statements().filter(version__registered_model=model)
    return RollbackPage(
        model=model,
        present=present,
        known_good=known_good,
        others=others,
        impact=_impact(wanted, present) if wanted else None,
        owed=tuple(owed),
    )


def _impact(wanted: Candidate, present: Candidate | None) -> Impact:
    keys = [row.version.pk for row in (wanted, present) if row is not None]
    records = load_records(Q(pk__in=keys))
    version = records[wanted.version.pk]
    replaced = records[present.version.pk] if present else None
    found = compare(version, replaced, load_meanings(), {})
    return Impact(version, replaced, tuple(_compared(metric_cells(row) for row in found.metrics)))


def _compared(rows: Iterable[MetricCells]) -> Iterable[MetricCells]:
    return (row for row in rows if row.old and row.new)
