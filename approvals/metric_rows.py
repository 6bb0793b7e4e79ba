"""The metrics of a version beside those of another, with what is left to their limits. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from approvals.gates.facts import MetricMeaning
from approvals.limits import Limit, exact
from approvals.records import EvidenceRecord, MetricRecord, VersionRecord

BETTER: Final = "better"
WORSE: Final = "worse"
SAME: Final = "same"
ADDED: Final = "added"
REMOVED: Final = "removed"
CHANGED: Final = "changed"


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A metric of the version beside the baseline's.

    ``change`` is better, worse or same; added or removed where one side lacks it; changed
    where no direction is known. ``is_noise``: the intervals overlap, so it counts as the
    same. ``is_hint``: they were measured on different data sets. ``evidence`` is the report
    that the version's value was read from. ``limit`` is the strictest one of the policies.
    """

    meaning: MetricMeaning
    value: MetricRecord | None
    baseline: MetricRecord | None
    change: str
    is_noise: bool
    limit: Limit | None
    evidence: EvidenceRecord | None

    @property
    def slice(self) -> str:
        """Return the part of the data that was measured; empty for all of it."""
        return self._known.slice

    @property
    def dataset(self) -> str:
        """Return the data set that the version's value was measured on."""
        return self._known.dataset

    @property
    def _known(self) -> MetricRecord:
        known = self.value or self.baseline
        assert known is not None
        return known

    @property
    def is_hint(self) -> bool:
        """Say whether the change is a hint only, since the data sets differ."""
        return bool(self.value and self.baseline and self.value.dataset != self.baseline.dataset)

    @property
    def difference(self) -> Decimal | None:
        """Return the value minus the baseline, exactly as people subtract what they see."""
        if self.value is None or self.baseline is None:
            return None
        return exact(self.value.value) - exact(self.baseline.value)

    @property
    def relative(self) -> Decimal | None:
        """Return the difference as a share of the baseline; None where that is zero."""
        if self.difference is None or self.baseline is None or not self.baseline.value:
            return None
        return self.difference / abs(exact(self.baseline.value))

    @property
    def status(self) -> str:
        """Return pass, warn or fail against the limit; empty without one or without a value."""
        if self.limit is None or self.value is None:
            return ""
        return self.limit.status(self.value.value, self.meaning.ideal)

    @property
    def left(self) -> Decimal | None:
        """Return how far the value is inside its limit."""
        return self.limit.left(self.value.value) if self.limit and self.value else None

    @property
    def share_used(self) -> Decimal | None:
        """Return the share of the limit that the value uses."""
        if self.limit is None or self.value is None:
            return None
        return self.limit.share_used(self.value.value, self.meaning.ideal)


def compare_metrics(
    version: VersionRecord,
    baseline: VersionRecord | None,
    meanings: Mapping[str, MetricMeaning],
    limits: Mapping[str, Limit],
) -> Iterator[MetricRow]:
    """Yield what gates judge first, then the other metrics, slices and what the version lacks.

    ``limits`` are those of the policies, by the metric's name.
    """
    former = list(baseline.metrics) if baseline else []
    for metric in sorted(version.metrics, key=lambda m: _place(m, limits)):
        counterpart = _counterpart(metric, former)
        if counterpart:
            former.remove(counterpart)
        meaning = meanings.get(metric.name) or MetricMeaning(metric.name, metric.name)
        change, is_noise = change_of(metric, counterpart, meaning.direction)
        yield MetricRow(
            meaning=meaning,
            value=metric,
            baseline=counterpart,
            change=change,
            is_noise=is_noise,
            limit=None if metric.slice else limits.get(metric.name),
            evidence=version.evidence_by_id.get(metric.evidence) if metric.evidence else None,
        )
    for metric in sorted(former, key=lambda m: _place(m, limits)):
        meaning = meanings.get(metric.name) or MetricMeaning(metric.name, metric.name)
        limit = None if metric.slice else limits.get(metric.name)
        yield MetricRow(meaning, None, metric, REMOVED, is_noise=False, limit=limit, evidence=None)


def _place(metric: MetricRecord, limits: Mapping[str, Limit]) -> tuple[bool, bool, str, str, str]:
    """Put what gates judge first, and slices behind the whole."""
    judged = metric.name in limits
    return (bool(metric.slice), not judged, metric.name, metric.slice, metric.dataset)


def _counterpart(metric: MetricRecord, others: list[MetricRecord]) -> MetricRecord | None:
    alike = [one for one in others if (one.name, one.slice) == (metric.name, metric.slice)]
    same_data = [one for one in alike if one.dataset == metric.dataset]
    return next(iter(same_data or alike), None)


def change_of(
    value: MetricRecord, baseline: MetricRecord | None, direction: str
) -> tuple[str, bool]:
    """Return what became of a metric, and whether that is within noise."""
    if baseline is None:
        return ADDED, False
    if value.value == baseline.value:
        return SAME, False
    if overlap(value, baseline):
        return SAME, True
    if not direction:
        return CHANGED, False
    rose = value.value > baseline.value
    return (BETTER if rose == (direction == "higher") else WORSE), False


def overlap(one: MetricRecord, other: MetricRecord) -> bool:
    """Say whether two intervals share a value; where a bound is unknown, they do not."""
    bounds = (one.interval_low, one.interval_high, other.interval_low, other.interval_high)
    if any(bound is None for bound in bounds):
        return False
    low, high, other_low, other_high = (float(bound) for bound in bounds if bound is not None)
    return low <= other_high and other_low <= high
