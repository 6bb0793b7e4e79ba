from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.template import Context, Template

from aegis.pages.metrics import metric_cells
from approvals.gates.facts import MetricMeaning
from approvals.limits import Limit
from approvals.metric_rows import MetricRow, change_of
from approvals.records import MetricRecord

SOMEBODY = UUID(int=1)
ECE = MetricMeaning("ece", "Calibration error", direction="lower", ideal=0)


def measured(
    value: float, low: float | None = None, high: float | None = None, source: str = "report"
) -> MetricRecord:
    return MetricRecord(
        id=1,
        name="ece",
        value=value,
        dataset="holdout",
        slice="",
        sample_size=None,
        interval_low=low,
        interval_high=high,
        interval_level=None,
        source=source,
        evidence=None,
        recorded_by=SOMEBODY,
        recorded_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


def row_of(value: MetricRecord | None, baseline: MetricRecord | None) -> MetricRow:
    change, is_noise = change_of(value, baseline, ECE.direction) if value else ("removed", False)
    return MetricRow(ECE, value, baseline, change, is_noise, Limit("max", 0.035), None)


def test_a_row_says_both_values_the_change_and_what_is_left() -> None:
    cells = metric_cells(row_of(measured(0.029, 0.027, 0.031), measured(0.021)))
    assert (cells.old, cells.new, cells.interval) == ("0.021", "0.029", "±0.002")
    assert cells.delta is not None
    assert cells.delta.text == "+0.008"
    assert cells.use is not None
    assert cells.use.left == "0.006 left"
    assert cells.notes == ("lower is better",)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.027, 0.031, "±0.002"),
        (0.0289, 0.0291, "±0.00010"),
        (0.020, 0.030, "0.020 to 0.030"),
        (None, 0.03, ""),
    ],
)
def test_an_interval_is_said_by_its_half_only_around_the_middle(
    low: float | None, high: float | None, text: str
) -> None:
    assert metric_cells(row_of(measured(0.029, low, high), None)).interval == text


def test_a_row_with_one_side_has_no_change() -> None:
    new = metric_cells(row_of(measured(0.029, source="stated"), None))
    assert new.delta is None
    assert new.notes == ("lower is better", "stated, passes no gate", "new")
    gone = metric_cells(row_of(None, measured(0.021)))
    assert (gone.new, gone.old, gone.use) == ("", "0.021", None)
    assert "not measured any more" in gone.notes


def test_a_slice_and_another_data_set_are_said() -> None:
    value = replace(measured(0.029), slice="over 65", dataset="other")
    cells = metric_cells(row_of(value, replace(measured(0.021), slice="over 65")))
    assert cells.title == "Calibration error, over 65"
    assert "measured on another data set" in cells.notes


def test_the_table_has_only_the_columns_that_it_needs() -> None:
    table = Template('{% load aegis_ui %}{% metrics_table rows new="v7" old=old %}')
    rows = [row_of(measured(0.029, 0.027, 0.031), measured(0.021))]
    html = table.render(Context({"rows": rows, "old": "v6"}))
    assert 'class="row-worse"' in html
    assert "Left to the limit" in html
    assert "share of the limit that v7 uses" in html
    alone = [replace(row_of(measured(0.029), None), limit=None)]
    html = table.render(Context({"rows": alone, "old": ""}))
    assert "Change" not in html
    assert "limit" not in html
