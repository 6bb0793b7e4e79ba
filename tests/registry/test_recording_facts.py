import math
from typing import Any

import pytest

from aegis.problems import Conflict, Forbidden, Invalid
from registry.evidence import attach_evidence
from registry.models import Metric, ModelVersion, VersionFact
from registry.recording_facts import (
    current_facts,
    current_metrics,
    fact_history,
    record_fact,
    record_metric,
)
from registry.reports import Interval
from registry.versions import create_version, mark_failed
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry import making


def test_a_later_fact_supersedes_an_earlier_one_visibly(cast: Cast, pending: ModelVersion) -> None:
    model = pending.registered_model
    version = create_version(
        model, actor=cast.mina, source=ModelVersion.Source.UPLOAD, facts={"licence": "MIT"}
    )
    since = last()

    fact = record_fact(version, actor=cast.marc, name="licence", value="apache-2.0")
    record_fact(version, actor=cast.marc, name="python", value="3.11.9")

    found = current_facts(version)
    assert {name: (each.value, each.source) for name, each in found.items()} == {
        "licence": ("Apache-2.0", VersionFact.Source.STATED),
        "python": ("3.11.9", VersionFact.Source.STATED),
    }
    assert [(each.value, each.recorded_by) for each in fact_history(version, "licence")] == [
        ("Apache-2.0", cast.marc),
        ("MIT", cast.mina),
    ]
    assert recorded(since)[0] == (
        "fact:recorded",
        str(fact.pk),
        {"version": 2, "name": "licence"},
    )


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("colour", "red", "fact_unknown"),
        ("licence", "my own", "licence_unknown"),
        ("code_version", "latest", "fact_invalid"),
        ("parameter_count", math.nan, "json_number_not_finite"),
        ("framework", "a\0b", "json_nul"),
        (7, "x", "fact_unknown"),
    ],
)
def test_bad_facts_are_refused(
    cast: Cast, pending: ModelVersion, name: Any, value: Any, code: str
) -> None:
    refused(Invalid, code, record_fact, pending, actor=cast.mina, name=name, value=value)

    assert not VersionFact.objects.exists()


def test_a_stated_metric_says_that_it_was_stated(cast: Cast, pending: ModelVersion) -> None:
    since = last()

    metric = record_metric(
        pending,
        actor=cast.ci_growth,
        name="accuracy",
        value=1,
        dataset="holdout@2026-10",
        slice="age>=65",
        sample_size=120,
        interval=Interval(0.9, 1.0, 0.95),
    )

    metric.refresh_from_db()
    assert (metric.value, metric.source, metric.evidence) == (1.0, "stated", None)
    assert (metric.interval_low, metric.interval_high, metric.interval_level) == (0.9, 1.0, 0.95)
    assert recorded(since) == [
        ("metric:stated", str(metric.pk), {"version": 1, "name": "accuracy"})
    ]


@pytest.mark.parametrize(
    ("further", "code"),
    [
        ({"value": math.nan}, "metric_not_finite"),
        ({"value": math.inf}, "metric_not_finite"),
        ({"value": 10**400}, "metric_not_finite"),
        ({"value": "0.9"}, "metric_not_a_number"),
        ({"value": True}, "metric_not_a_number"),
        ({"name": ""}, "metric_name_invalid"),
        ({"name": "a b"}, "metric_name_invalid"),
        ({"name": None}, "metric_name_invalid"),
        ({"sample_size": 0}, "sample_size_invalid"),
        ({"sample_size": 1.5}, "sample_size_invalid"),
        ({"interval": Interval(0.95, 0.99, 0.95)}, "interval_invalid"),
        ({"interval": Interval(0.8, 0.99, 95)}, "interval_invalid"),
        ({"interval": Interval(math.nan, 0.99, 0.95)}, "metric_not_finite"),
        ({"dataset": "a\0"}, "text_control_character"),
        ({"slice": "x" * 201}, "text_too_long"),
    ],
)
def test_bad_metrics_are_refused(
    cast: Cast, pending: ModelVersion, further: dict[str, Any], code: str
) -> None:
    said = {"name": "accuracy", "value": 0.9, **further}

    refused(Invalid, code, record_metric, pending, actor=cast.mina, **said)

    assert not Metric.objects.exists()


def test_the_latest_metric_of_each_slice_and_data_set_holds(
    cast: Cast, pending: ModelVersion
) -> None:
    for value, dataset, part in [
        (0.1, "", ""),
        (0.2, "", ""),
        (0.3, "other", ""),
        (0.4, "", "young"),
    ]:
        record_metric(
            pending, actor=cast.mina, name="accuracy", value=value, dataset=dataset, slice=part
        )

    found = [(each.slice, each.dataset, each.value) for each in current_metrics(pending)]

    assert found == [("", "", 0.2), ("", "other", 0.3), ("young", "", 0.4)]


def test_a_report_outweighs_a_statement_before_and_after_it(
    cast: Cast, pending: ModelVersion
) -> None:
    def state(value: float) -> None:
        record_metric(
            pending, actor=cast.mina, name="accuracy", value=value, dataset="holdout@2026-10"
        )

    state(0.99)
    making.attach(pending, cast.mina)
    state(0.98)

    (metric,) = [each for each in current_metrics(pending) if each.name == "accuracy"]

    assert (metric.value, metric.source) == (0.94, "report")


def test_what_a_superseded_report_said_holds_no_more(cast: Cast, pending: ModelVersion) -> None:
    first = making.attach(pending, cast.mina)
    corrected = making.report({"name": "accuracy", "value": 0.91})
    attach_evidence(
        pending,
        actor=cast.mina,
        kind="evaluation_report",
        title="Corrected",
        file=making.file(corrected),
        supersedes=first,
    )

    assert [(each.name, each.value) for each in current_metrics(pending)] == [("accuracy", 0.91)]


def test_only_contributors_record_and_nothing_about_a_failed_version(
    cast: Cast, pending: ModelVersion
) -> None:
    for who in (cast.vera, cast.rita, cast.otto):
        refused(
            Forbidden, "permission_missing", record_metric, pending, actor=who, name="f1", value=1
        )
    mark_failed(pending, actor=None, code="x", reason="x")
    refused(Conflict, "version_failed", record_metric, pending, actor=cast.mina, name="f1", value=1)
