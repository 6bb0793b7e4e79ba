import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aegis.problems import Invalid
from registry import reports
from registry.reports import Comparison, Interval, ReportedMetric

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "evaluation-report.md"
EVALUATION, AUDIT = (
    json.loads(block) for block in re.findall(r"```json\n(.*?)```", DOCS.read_text(), re.DOTALL)
)


def data(document: Any, change: Callable[[Any], object] = lambda _: None) -> bytes:
    document = copy.deepcopy(document)
    change(document)
    return json.dumps(document).encode()


def test_the_report_in_the_documentation_is_read() -> None:
    report = reports.read_evaluation_report(data(EVALUATION))
    assert report.dataset.label == "eval-holdout@2026-02"
    assert report.dataset.rows == 184220
    assert report.metrics[0] == ReportedMetric(
        "accuracy", 0.914, "", "", 184220, Interval(0.9127, 0.9153, 0.95)
    )
    assert report.metrics[2] == ReportedMetric("recall", 0.748, "", "age>=65", 21044, None)
    assert report.metrics[3].unit == "ms"
    assert report.comparisons == (
        Comparison(
            "age", "recall", (("under 65", 0.83), ("65 and over", 0.748)), gap=0.082, limit=None
        ),
    )
    assert report.produced_by == "nlp/eval-suite"
    assert report.code_version == "nlp/eval-suite@828e64e13e3f"


def test_an_evaluation_report_that_keeps_its_format_passes() -> None:
    judgement = reports.judge("evaluation_report", data(EVALUATION))
    assert judgement.outcome == "pass"
    assert judgement.reason == "4 finite metrics on eval-holdout@2026-02."
    assert judgement.report is not None
    assert len(judgement.report.metrics) == 4


def test_the_audit_in_the_documentation_passes() -> None:
    judgement = reports.judge("bias_audit", data(AUDIT))
    assert judgement.outcome == "pass"
    assert judgement.reason == "Every gap between groups keeps its limit."


@pytest.mark.parametrize(
    ("limit", "outcome"),
    [(0.1, "pass"), (0.083, "pass"), (0.082, "pass"), (0.081, "fail"), (0, "fail")],
)
def test_an_audit_passes_if_the_gap_keeps_its_limit(limit: float, outcome: str) -> None:
    judgement = reports.judge(
        "bias_audit", data(AUDIT, lambda audit: audit["comparisons"][0].update(limit=limit))
    )
    assert judgement.outcome == outcome
    if outcome == "fail":
        assert judgement.reason == (
            f"The gap in recall by age is 0.082, more than its limit of {limit:g}."
        )


def test_one_gap_beyond_its_limit_fails_an_audit() -> None:
    def add(audit: Any) -> None:
        audit["comparisons"].append(
            {
                "attribute": "region",
                "measure": "precision",
                "limit": 0.05,
                "groups": [
                    {"name": "north", "value": 0.9},
                    {"name": "south", "value": 0.7},
                    {"name": "west", "value": 0.8},
                ],
            }
        )

    judgement = reports.judge("bias_audit", data(AUDIT, add))
    assert judgement.outcome == "fail"
    assert judgement.reason.startswith("The gap in precision by region is 0.2,")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("bias_audit", b"%PDF-1.7 a scan"),
        ("bias_audit", b'{"metric": "another tool\'s"}'),
        ("bias_audit", b"{\\rtf1 a letter}"),
        ("bias_audit", b""),
        ("security_review", b"%PDF-1.7"),
        ("security_review", data(EVALUATION)),
        ("load_check", b"{}"),
        ("validation", b"x"),
        ("other", b"x"),
    ],
)
def test_what_no_rule_can_judge_waits_for_a_person(kind: str, content: bytes) -> None:
    judgement = reports.judge(kind, content)
    assert (judgement.outcome, judgement.report) == ("unattested", None)


def drop(*path: Any) -> Callable[[Any], object]:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        del document[path[-1]]

    return change


def put(value: Any, *path: Any) -> Callable[[Any], object]:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


FAULTS = [
    (drop("format"), "", "There is no format"),
    (put("aegis.evaluation-report/2", "format"), "/format", "must be aegis.evaluation-report/1"),
    (drop("dataset"), "", "There is no dataset"),
    (drop("dataset", "name"), "/dataset", "There is no name"),
    (put({"name": "x"}, "dataset"), "/dataset", "One of version, digest is needed"),
    (put("sha256:xyz", "dataset", "digest"), "/dataset/digest", "must match"),
    (put(0, "dataset", "rows"), "/dataset/rows", "at least 1"),
    (put(1.5, "dataset", "rows"), "/dataset/rows", "type integer"),
    (put(1e300, "dataset", "rows"), "/dataset/rows", "at most 9007199254740991"),
    (put("x", "dataset", "owner"), "/dataset", "knows no owner"),
    (put([], "metrics"), "/metrics", "at least 1 entries"),
    (put({}, "metrics"), "/metrics", "type array"),
    (put("0.9", "metrics", 0, "value"), "/metrics/0/value", "type number"),
    (put(True, "metrics", 0, "value"), "/metrics/0/value", "type number"),
    (put(None, "metrics", 1, "value"), "/metrics/1/value", "type number"),
    (drop("metrics", 1, "value"), "/metrics/1", "There is no value"),
    (put("", "metrics", 0, "name"), "/metrics/0/name", "must match"),
    (put("a b", "metrics", 0, "name"), "/metrics/0/name", "must match"),
    (put("x" * 81, "metrics", 0, "name"), "/metrics/0/name", "must match"),
    (put("accuracy\n", "metrics", 0, "name"), "/metrics/0/name", "U+000A"),
    (put("recall", "metrics", 0, "name"), "/metrics/1", "given twice"),
    (put(0.95, "metrics", 0, "interval", "low"), "/metrics/0/interval", "outside its interval"),
    (put(0.1, "metrics", 0, "interval", "high"), "/metrics/0/interval", "outside its interval"),
    (put(1, "metrics", 0, "interval", "level"), "/metrics/0/interval/level", "less than 1"),
    (drop("metrics", 0, "interval", "high"), "/metrics/0/interval", "There is no high"),
    (put(-1, "metrics", 0, "sample_size"), "/metrics/0/sample_size", "at least 1"),
    (put("x" * 201, "metrics", 0, "slice"), "/metrics/0/slice", "more than 200 characters"),
    (put("", "produced_by"), "/produced_by", "must not be empty"),
    (put("a\u202eb", "produced_by"), "/produced_by", "U+202E"),
    (put("yesterday", "produced_at"), "/produced_at", "a time by RFC 3339"),
    (put("2026-03-06T09:14:00", "produced_at"), "/produced_at", "with a time zone"),
    (put("2026-03-06", "produced_at"), "/produced_at", "with a time zone"),
    (put("x", "produced_on"), "", "knows no produced_on"),
    (
        put([{"name": "x", "value": 1}], "fairness", 0, "groups"),
        "/fairness/0/groups",
        "at least 2 entries",
    ),
    (
        put([{"name": "x", "value": 1}] * 2, "fairness", 0, "groups"),
        "/fairness/0/groups/1",
        "given twice",
    ),
    (
        put(
            [{"name": "x", "value": 1.5e308}, {"name": "y", "value": -1.5e308}],
            "fairness",
            0,
            "groups",
        ),
        "/fairness/0/groups",
        "too large to compare",
    ),
    (put(-0.1, "fairness", 0, "limit"), "/fairness/0/limit", "at least 0"),
]


@pytest.mark.parametrize(("change", "pointer", "words"), FAULTS)
def test_a_report_that_breaks_its_schema_is_refused_with_the_place(
    change: Callable[[Any], object], pointer: str, words: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        reports.judge("evaluation_report", data(EVALUATION, change))
    assert refusal.value.code == "report_breaks_schema"
    assert refusal.value.details["pointer"] == pointer
    assert words in refusal.value.sentence
    assert len(refusal.value.sentence) < 300


def test_every_fault_is_told_up_to_ten() -> None:
    def break_all(document: Any) -> None:
        document["metrics"] = [{"name": f"m{n}", "value": "x"} for n in range(20)]

    with pytest.raises(Invalid) as refusal:
        reports.read_evaluation_report(data(EVALUATION, break_all))
    assert len(refusal.value.details["faults"]) == 10


@pytest.mark.parametrize(
    ("text", "code", "pointer"),
    [
        (
            b'{"metrics": [{"name": "a", "value": NaN}]}',
            "json_number_not_finite",
            "/metrics/0/value",
        ),
        (b'{"metrics": [{"value": -Infinity}]}', "json_number_not_finite", "/metrics/0/value"),
        (b'{"metrics": [{"value": 1e400}]}', "json_number_not_finite", "/metrics/0/value"),
        (b'{"metrics": [{"value": 1, "value": 2}]}', "json_duplicate_key", "/metrics/0/value"),
        (b'{"produced_by": "a\\u0000"}', "json_nul", "/produced_by"),
    ],
)
def test_numbers_and_keys_with_two_meanings_are_refused_with_the_place(
    text: bytes, code: str, pointer: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        reports.judge("evaluation_report", text)
    assert (refusal.value.code, refusal.value.details["pointer"]) == (code, pointer)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7", "json_malformed"),
        (b"", "json_malformed"),
        (b"[]", "report_breaks_schema"),
        (b"null", "report_breaks_schema"),
        (b'"x"', "report_breaks_schema"),
        (b" " * (reports.REPORT_BYTES + 1), "json_too_large"),
    ],
)
def test_what_is_no_report_is_not_taken_as_one(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        reports.judge("evaluation_report", content)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (drop("comparisons", 0, "limit"), "/comparisons/0"),
        (put([], "comparisons"), "/comparisons"),
        (put("aegis.bias-audit/9", "format"), "/format"),
        (put(1, "metrics"), ""),
    ],
)
def test_an_audit_that_names_our_format_must_keep_it(
    change: Callable[[Any], object], pointer: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        reports.judge("bias_audit", data(AUDIT, change))
    assert refusal.value.details["pointer"] == pointer


def test_an_audit_that_was_cut_off_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        reports.judge("bias_audit", data(AUDIT)[:-20])
    assert refusal.value.code == "json_malformed"


def test_a_dataset_without_a_version_is_named_by_its_digest() -> None:
    report = reports.read_evaluation_report(data(EVALUATION, drop("dataset", "version")))
    assert report.dataset.label == "eval-holdout@sha256:9f86d081884c"


def test_the_interval_of_a_metric_has_a_level_of_95_percent_by_default() -> None:
    report = reports.read_evaluation_report(
        data(EVALUATION, drop("metrics", 0, "interval", "level"))
    )
    assert report.metrics[0].interval == Interval(0.9127, 0.9153, 0.95)
