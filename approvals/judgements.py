"""What no machine decides: the points that a reviewer has to weigh. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from approvals.gates import GateOutcome, Outcome, warnings
from approvals.involvement import Involvement
from approvals.metric_rows import WORSE, MetricRow
from approvals.records import VersionRecord
from approvals.wording import number_words, percent


@dataclass(frozen=True, slots=True)
class Judgement:
    """One point: ``kind`` is gate, metric or roles, ``subject`` the gate's or metric's name."""

    kind: str
    subject: str
    title: str
    words: str


def judgements(
    outcomes: Iterable[GateOutcome],
    metrics: Iterable[MetricRow],
    involved: Involvement,
    version: VersionRecord,
) -> list[Judgement]:
    """Return what a person must judge: warnings, what got worse, and few hands."""
    rows = [row for row in metrics if row.change == WORSE or row.status == "warn"]
    judged = {row.meaning.name for row in rows}
    return [
        *(_of_metric(row) for row in rows),
        *_of_gates(outcomes, judged),
        *_of_roles(involved, version),
    ]


def _of_metric(row: MetricRow) -> Judgement:
    title, unit = row.meaning.title, row.meaning.unit
    name = f"{title} for {row.slice}" if row.slice else title
    parts = []
    if row.value and row.baseline and row.value.value != row.baseline.value:
        verb = "rose" if row.value.value > row.baseline.value else "fell"
        before = number_words(row.baseline.value, unlike=row.value.value, unit=unit)
        after = number_words(row.value.value, unlike=row.baseline.value, unit=unit)
        parts.append(f"It {verb} from {before} to {after}.")
    if row.left is not None and row.left >= 0:
        parts.append(f"{number_words(row.left, unit=unit)} left to the limit.")
    if row.status == "warn" and row.share_used is not None:
        parts.append(f"{percent(row.share_used)} of the limit is used.")
    if row.value and row.value.claim:
        parts.append(f"The value is no report's: {row.value.claim}.")
    claim = "is worse" if row.change == WORSE else "is near its limit"
    return Judgement("metric", row.meaning.name, f"{name} {claim}.", " ".join(parts))


def _of_gates(outcomes: Iterable[GateOutcome], judged: set[str]) -> Iterator[Judgement]:
    for outcome in warnings(outcomes):
        rows = outcome.findings.get("rows", [])
        near = {row["metric"] for row in rows if row["status"] != "pass"}
        if near and near <= judged and outcome.outcome is Outcome.WARN:
            continue  # Each of its metrics is a point of its own.
        yield Judgement(
            "gate", outcome.gate, f"{outcome.title}: {outcome.summary}.", outcome.reason
        )


def _of_roles(involved: Involvement, version: VersionRecord) -> Iterator[Judgement]:
    if not involved.needs_judgement:
        return
    title = (
        "One person did several things."
        if involved.is_independent
        else f"Nobody outside {version.team.name} has checked {version.name}."
    )
    yield Judgement("roles", "", title, involved.words)
