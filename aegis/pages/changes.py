"""What changes between two versions, as rows that pages draw. Pure, over a comparison."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from aegis.pages.deltas import change_words
from aegis.pages.fact_values import entry_text, fact_glance
from aegis.pages.formatting import filesize
from aegis.pages.metrics import MetricCells, metric_cells
from approvals.comparison import Comparison, FileRow, ValueRow
from approvals.metric_rows import ADDED, CHANGED, REMOVED, SAME
from registry.text_diffs import SectionDiff

DIGITS = 16
MOST_SAME = 20


class _Changed(Protocol):
    @property
    def change(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Pair:
    """A property on both sides, as text; ``change`` is same, changed, added or removed."""

    title: str
    old: str
    new: str
    change: str


@dataclass(frozen=True, slots=True)
class FileLine:
    """One line of a file diff: ``kind`` is add, remove or same."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """All that differs, with a sentence for the head of each part."""

    metrics: tuple[MetricCells, ...]
    metric_words: str
    measured_on: str
    card: tuple[SectionDiff, ...]
    card_words: str
    facts: tuple[Pair, ...]
    fact_words: str
    params: tuple[Pair, ...]
    param_words: str
    environment: tuple[Pair, ...]
    environment_words: str
    files: tuple[FileLine, ...]
    file_words: str

    @property
    def facts_differ(self) -> bool:
        """Say whether data or code is not the same on both sides."""
        return any(pair.change != SAME for pair in self.facts)


def changes(found: Comparison, *, baseline: str) -> Changes:
    """Shape a comparison; ``baseline`` names the version it is held against, or is empty."""
    return Changes(
        metrics=tuple(metric_cells(row) for row in found.metrics),
        metric_words=change_words(row.change for row in found.metrics)
        if baseline
        else f"{len(found.metrics)} measured",
        measured_on=_measured_on(found),
        card=found.card,
        card_words=_card_words(found, baseline),
        facts=tuple(_fact(row) for row in found.facts),
        fact_words=_words(found.facts, baseline),
        params=_differing(found.params),
        param_words=_words(found.params, baseline),
        environment=_differing(found.environment),
        environment_words=_words(found.environment, baseline),
        files=tuple(_files(found.files)),
        file_words=_words(found.files, baseline),
    )


def count_words(rows: Sequence[_Changed]) -> str:
    """Count what changed: ``2 changed, 1 added, 6 the same``."""
    counts = Counter(row.change for row in rows)
    words = {CHANGED: "changed", ADDED: "added", REMOVED: "removed", SAME: "the same"}
    if len(rows) > 1 and len(counts) == 1:
        return f"All {len(rows)} {words[rows[0].change]}"
    return (
        ", ".join(f"{counts[key]} {word}" for key, word in words.items() if counts[key]) or "none"
    )


def _words(rows: Sequence[_Changed], baseline: str) -> str:
    return count_words(rows) if baseline else f"{len(rows)} in all"


def _measured_on(found: Comparison) -> str:
    """Say on what the version was measured, and on how many samples, where that is one thing."""
    new = [row.value for row in found.metrics if row.value]
    datasets = {metric.dataset for metric in new if metric.dataset}
    sizes = {metric.sample_size for metric in new if metric.sample_size and not metric.slice}
    if len(datasets) != 1:
        return ""
    rows = f", {sizes.pop():,} rows" if len(sizes) == 1 else ""
    return f"{datasets.pop()}{rows}"


def _card_words(found: Comparison, baseline: str) -> str:
    if not found.card:
        return "The same text" if baseline else "No card yet"
    changed = f"{len(found.card)} of {found.sections} sections"
    return f"{changed} changed since {baseline}" if baseline else f"{changed} written"


def _fact(row: ValueRow) -> Pair:
    return Pair(row.title, fact_glance(row.baseline), fact_glance(row.value), row.change)


def _differing(rows: Iterable[ValueRow]) -> tuple[Pair, ...]:
    return tuple(
        Pair(
            row.title,
            "" if row.change == ADDED else entry_text(row.baseline),
            "" if row.change == REMOVED else entry_text(row.value),
            row.change,
        )
        for row in rows
        if row.change != SAME
    )


def _files(rows: Sequence[FileRow]) -> Iterable[FileLine]:
    width = max((len(row.path) for row in rows), default=0)
    shown_same = 0
    for row in rows:
        shown_same += row.change == SAME
        if row.change == SAME and shown_same > MOST_SAME:
            continue
        for kind, entry in (("remove", row.baseline), ("add", row.file)):
            if entry is not None and not (row.change == SAME and kind == "remove"):
                size = filesize(entry.size).rjust(8)
                text = f"{row.path.ljust(min(width, 60))}  {size}  {entry.sha256[:DIGITS]}…"
                yield FileLine("same" if row.change == SAME else kind, text)
    if shown_same > MOST_SAME:
        yield FileLine("same", f"and {shown_same - MOST_SAME} more files that are the same")
