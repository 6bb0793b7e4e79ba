"""A row of the metrics table: what a comparison found, as it is drawn. Pure."""

from dataclasses import dataclass

from aegis.pages.deltas import Delta, delta
from aegis.pages.formatting import decimals_for, exact, number_text, with_unit
from aegis.pages.limits import LimitUse, limit_use
from approvals.metric_rows import ADDED, REMOVED, MetricRow
from approvals.records import MetricRecord

DIRECTIONS = {"higher": "higher is better", "lower": "lower is better", "": ""}


@dataclass(frozen=True, slots=True)
class MetricCells:
    """The texts of one row. Where one side lacks the metric, its text is empty."""

    title: str
    notes: tuple[str, ...]
    new: str
    interval: str
    old: str
    change: str
    delta: Delta | None
    use: LimitUse | None


def metric_cells(row: MetricRow) -> MetricCells:
    """Return how a row of a comparison is drawn."""
    meaning, new, old = row.meaning, row.value, row.baseline
    known = [record for record in (new, old) if record is not None]
    places = decimals_for([record.value for record in known])
    texts = {
        id(record): with_unit(number_text(record.value, places), meaning.unit) for record in known
    }
    return MetricCells(
        title=f"{meaning.title}, {row.slice}" if row.slice else meaning.title,
        notes=_notes(row),
        new=texts.get(id(new), ""),
        interval=_interval(new, places) if new else "",
        old=texts.get(id(old), ""),
        change=row.change,
        delta=_delta(row),
        use=_use(row),
    )


def _notes(row: MetricRow) -> tuple[str, ...]:
    notes = [
        DIRECTIONS[row.meaning.direction],
        claim_note(row.value),
        "measured on another data set" if row.is_hint else "",
        "new" if row.change == ADDED and row.baseline is None else "",
        "not measured any more" if row.change == REMOVED else "",
    ]
    return tuple(note for note in notes if note)


def claim_note(record: MetricRecord | None) -> str:
    """Return whose word a value is, for one that no report holds and no gate counts."""
    return f"{record.claim}, passes no gate" if record and record.claim else ""


def _interval(record: MetricRecord, places: int) -> str:
    """Return ``±0.003``, or both bounds where the value is not in their middle."""
    if record.interval_low is None or record.interval_high is None:
        return ""
    low, high = exact(record.interval_low), exact(record.interval_high)
    half = (high - low) / 2
    places = decimals_for([low, high, half]) if half and not round(half, places) else places
    if round(low + half - exact(record.value), places):
        return f"{number_text(low, places)} to {number_text(high, places)}"
    return f"±{number_text(half, places)}"


def _delta(row: MetricRow) -> Delta | None:
    if row.value is None or row.baseline is None:
        return None
    return delta(
        row.value.value,
        row.baseline.value,
        change=row.change,
        is_noise=row.is_noise,
        unit=row.meaning.unit,
    )


def _use(row: MetricRow) -> LimitUse | None:
    if row.limit is None or row.value is None:
        return None
    return limit_use(
        row.limit,
        row.value.value,
        ideal=row.meaning.ideal,
        baseline=row.baseline.value if row.baseline else None,
        unit=row.meaning.unit,
    )
