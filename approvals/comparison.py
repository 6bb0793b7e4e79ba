"""What differs between two versions: metrics, facts, card and files. Pure.

The version that is asked about is compared with a baseline, usually the one that is in
the stage now; without one everything is new.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from aegis.proof.manifest import FileEntry
from approvals.gates.facts import MetricMeaning
from approvals.limits import Limit
from approvals.metric_rows import ADDED, CHANGED, REMOVED, SAME, MetricRow, compare_metrics
from approvals.records import VersionRecord
from registry.cards import SECTIONS
from registry.facts import FACTS
from registry.text_diffs import SectionDiff, diff_cards

T = TypeVar("T")

TABLES: Final = ("params", "environment")
"""The facts that are tables of their own, and are compared entry by entry."""


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A fact, or an entry of one, on both sides; None where a side lacks it."""

    name: str
    title: str
    value: Any
    baseline: Any
    change: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file on both sides: its bytes are ``same``, changed, added or removed by digest."""

    path: str
    file: FileEntry | None
    baseline: FileEntry | None
    change: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences. Lists hold unchanged rows too, in the order of a page."""

    metrics: tuple[MetricRow, ...]
    facts: tuple[ValueRow, ...]
    params: tuple[ValueRow, ...]
    environment: tuple[ValueRow, ...]
    card: tuple[SectionDiff, ...]
    sections: int
    files: tuple[FileRow, ...]


def compare(
    version: VersionRecord,
    baseline: VersionRecord | None,
    meanings: Mapping[str, MetricMeaning],
    limits: Mapping[str, Limit],
) -> Comparison:
    """Compare ``version`` with ``baseline``; ``limits`` are those of the policies by metric."""
    former = baseline.facts if baseline else {}
    facts = {name: fact.value for name, fact in version.facts.items()}
    old_facts = {name: fact.value for name, fact in former.items()}
    old_card = baseline.card if baseline else None
    return Comparison(
        metrics=tuple(compare_metrics(version, baseline, meanings, limits)),
        facts=compare_values(_plain(facts), _plain(old_facts), order=list(FACTS)),
        params=compare_values(facts.get("params") or {}, old_facts.get("params") or {}),
        environment=compare_values(
            facts.get("environment") or {}, old_facts.get("environment") or {}
        ),
        card=tuple(
            diff_cards(
                old_card.sections if old_card else {},
                version.card.sections if version.card else {},
            )
        ),
        sections=len(SECTIONS),
        files=compare_files(version.manifest.files, baseline.manifest.files if baseline else ()),
    )


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in TABLES}


def compare_values(
    new: Mapping[str, Any], old: Mapping[str, Any], *, order: list[str] | None = None
) -> tuple[ValueRow, ...]:
    """Compare two mappings name by name, sorted or in the order that is given."""
    names = [
        name for name in order or sorted(new.keys() | old.keys()) if name in new or name in old
    ]
    return tuple(
        ValueRow(
            name=name,
            title=FACTS[name].title if order and name in FACTS else name,
            value=new.get(name),
            baseline=old.get(name),
            change=_presence(name, new, old, _alike),
        )
        for name in names
    )


def _alike(one: Any, other: Any) -> bool:
    """Compare two JSON values; Python takes true for 1, and JSON does not."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def compare_files(new: Iterable[FileEntry], old: Iterable[FileEntry]) -> tuple[FileRow, ...]:
    """Compare files by path and digest: what changed first, then what is the same."""
    after = {entry.path: entry for entry in new}
    before = {entry.path: entry for entry in old}
    rows = [
        FileRow(
            path,
            after.get(path),
            before.get(path),
            _presence(path, after, before, lambda a, b: a.sha256 == b.sha256),
        )
        for path in sorted(after.keys() | before.keys())
    ]
    return tuple(sorted(rows, key=lambda row: row.change == SAME))


def _presence(
    name: str, new: Mapping[str, T], old: Mapping[str, T], alike: Callable[[T, T], bool]
) -> str:
    if name not in old:
        return ADDED
    if name not in new:
        return REMOVED
    return SAME if alike(new[name], old[name]) else CHANGED
