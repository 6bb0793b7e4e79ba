from typing import Any

import pytest

from aegis.proof.manifest import FileEntry, Manifest
from approvals.comparison import compare, compare_files, compare_values
from approvals.limits import Limit
from approvals.metric_rows import MetricRow, change_of
from tests.approvals.samples import MEANINGS, card, facts, metric, report, version

NEW = report()
OLD = report()


def bounded(value: float, low: float | None, high: float | None, **changes: Any) -> Any:
    return metric("roc_auc", value, NEW.id, interval_low=low, interval_high=high, **changes)


@pytest.mark.parametrize(
    ("value", "baseline", "direction", "change", "is_noise"),
    [
        (bounded(0.9, None, None), bounded(0.8, None, None), "higher", "better", False),
        (bounded(0.9, None, None), bounded(0.8, None, None), "lower", "worse", False),
        (bounded(0.7, None, None), bounded(0.8, None, None), "higher", "worse", False),
        (bounded(0.7, None, None), bounded(0.8, None, None), "lower", "better", False),
        (bounded(0.8, None, None), bounded(0.8, None, None), "higher", "same", False),
        # Without a direction nobody knows what it means.
        (bounded(0.9, None, None), bounded(0.8, None, None), "", "changed", False),
        # Intervals that share a value, were it their ends, are noise and count as the same.
        (bounded(0.83, 0.82, 0.84), bounded(0.81, 0.8, 0.82), "higher", "same", True),
        (bounded(0.83, 0.82, 0.84), bounded(0.81, 0.8, 0.819), "higher", "better", False),
        (bounded(0.81, 0.8, 0.819), bounded(0.83, 0.82, 0.84), "higher", "worse", False),
        # A bound that is unknown overlaps nothing.
        (bounded(0.83, 0.7, 0.9), bounded(0.81, None, None), "higher", "better", False),
        (bounded(0.83, 0.82, 0.84), None, "higher", "added", False),
    ],
)
def test_a_change_is_judged_by_direction_and_noise(
    value: Any, baseline: Any, direction: str, change: str, is_noise: bool
) -> None:
    assert change_of(value, baseline, direction) == (change, is_noise)


def rows(*metrics: Any, baseline: tuple[Any, ...] = (), limits: Any = None) -> list[MetricRow]:
    new = version(metrics=metrics, evidence=(NEW,))
    old = version(number=6, metrics=baseline, evidence=(OLD,))
    return list(compare(new, old, MEANINGS, limits or {}).metrics)


def test_a_row_holds_both_values_the_limit_and_the_report() -> None:
    (row,) = rows(
        metric("ece", 0.029, NEW.id),
        baseline=(metric("ece", 0.021, OLD.id),),
        limits={"ece": Limit("max", 0.035)},
    )
    assert (row.change, row.is_noise, row.is_hint) == ("worse", False, False)
    assert str(row.difference) == "0.008"
    assert f"{row.relative:.3f}" == "0.381"
    assert (row.status, str(row.left), f"{row.share_used:.2f}") == ("warn", "0.006", "0.83")
    assert row.evidence == NEW


def test_other_data_make_the_change_a_hint() -> None:
    same = metric("ece", 0.021, OLD.id)
    other = metric("ece", 0.050, OLD.id, dataset="holdout@2025-11")
    (row, removed) = rows(metric("ece", 0.029, NEW.id), baseline=(other, same))
    assert (row.baseline, row.is_hint) == (same, False)
    assert (removed.baseline, removed.change) == (other, "removed")
    (row,) = rows(metric("ece", 0.029, NEW.id), baseline=(other,))
    assert (row.is_hint, row.change) == (True, "better")


def test_what_gates_judge_comes_first_and_slices_last() -> None:
    found = rows(
        metric("accuracy", 0.9, NEW.id),
        metric("ece", 0.01, NEW.id, slice="age>=65"),
        metric("ece", 0.01, NEW.id),
        metric("roc_auc", 0.9, NEW.id),
        baseline=(metric("f1", 0.8, OLD.id),),
        limits={"ece": Limit("max", 0.035), "roc_auc": Limit("min", 0.8)},
    )
    assert [(row.meaning.name, row.slice, row.change) for row in found] == [
        ("ece", "", "added"),
        ("roc_auc", "", "added"),
        ("accuracy", "", "added"),
        ("ece", "age>=65", "added"),
        ("f1", "", "removed"),
    ]
    assert [bool(row.limit) for row in found] == [True, True, False, False, False]


def test_values_are_added_removed_changed_or_the_same() -> None:
    found = compare_values(
        {"depth": 8, "trees": 560, "seed": 1, "early": True},
        {"depth": 6, "trees": 560, "bins": 255, "early": 1},
    )
    assert [(row.name, row.change) for row in found] == [
        ("bins", "removed"),
        ("depth", "changed"),
        ("early", "changed"),
        ("seed", "added"),
        ("trees", "same"),
    ]


def entry(path: str, digit: str) -> FileEntry:
    return FileEntry(path, 10, digit * 64)


def test_files_are_compared_by_path_and_digest() -> None:
    found = compare_files(
        [entry("a.bin", "1"), entry("config.json", "2"), entry("new.txt", "3")],
        [entry("a.bin", "1"), entry("config.json", "9"), entry("old.txt", "4")],
    )
    assert [(row.path, row.change) for row in found] == [
        ("config.json", "changed"),
        ("new.txt", "added"),
        ("old.txt", "removed"),
        ("a.bin", "same"),
    ]


def test_a_whole_version_is_compared() -> None:
    manifest = Manifest.of([entry("a.bin", "1")]).canonical.decode()
    dataset = {"name": "events", "version": "q4"}
    new = version(
        facts=facts(params={"depth": 8}, dataset=dataset, environment={"numpy": "2.2"}),
        cards=(card(2, limitations="It is weak for customers over 65, by 8.2 points of recall."),),
        manifest_text=manifest,
    )
    old = version(facts=facts(params={"depth": 6}, licence="MIT"), cards=(card(4),))
    found = compare(new, old, MEANINGS, {})
    assert [(row.title, row.change) for row in found.facts] == [
        ("Training data", "added"),
        ("Licence", "removed"),
    ]
    assert [(row.name, row.baseline, row.value) for row in found.params] == [("depth", 6, 8)]
    assert [(row.name, row.change) for row in found.environment] == [("numpy", "added")]
    assert [diff.section.key for diff in found.card] == ["limitations"]
    assert [(row.path, row.change) for row in found.files] == [("a.bin", "added")]


def test_without_a_baseline_everything_is_new() -> None:
    found = compare(version(metrics=(metric("ece", 0.1),), cards=(card(),)), None, MEANINGS, {})
    assert [row.change for row in found.metrics] == ["added"]
    assert len(found.card) == found.sections == 14
    assert found.files == ()
