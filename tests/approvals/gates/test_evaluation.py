from typing import Any

import pytest

from aegis.problems import Invalid
from approvals.gates import GateOutcome, Outcome
from approvals.gates.evaluation import GATE
from approvals.records import MetricRecord
from tests.approvals.samples import gate_input, metric, report, version

LIMITS = {"metrics": {"roc_auc": {"min": 0.82}, "ece": {"max": 0.035}}}
REPORT = report()
GOOD = (metric("roc_auc", 0.93, REPORT.id), metric("ece", 0.01, REPORT.id))


def judged(
    *metrics: MetricRecord, evidence: Any = (REPORT,), parameters: Any = LIMITS
) -> GateOutcome:
    made = version(metrics=metrics, evidence=tuple(evidence))
    return GATE.check(gate_input(made), GATE.read(parameters))


def test_metrics_of_a_report_inside_their_limits_pass() -> None:
    outcome = judged(*GOOD)
    assert outcome.outcome is Outcome.PASS
    assert outcome.summary == "2 of 2 limits met"
    assert [row["metric"] for row in outcome.findings["rows"]] == ["roc_auc", "ece"]
    assert outcome.findings["evidence"] == [REPORT.reference]


def test_a_metric_near_its_limit_warns() -> None:
    outcome = judged(GOOD[0], metric("ece", 0.029, REPORT.id))
    assert outcome.outcome is Outcome.WARN
    assert outcome.summary == "2 of 2 limits met, Calibration error near the limit"
    assert "uses 83% of its limit, 0.006 left" in outcome.reason


def test_a_metric_past_its_limit_fails_and_says_by_which_side() -> None:
    outcome = judged(GOOD[1], metric("roc_auc", 0.81996, REPORT.id))
    assert outcome.outcome is Outcome.FAIL
    assert outcome.summary == "1 of 2 limits met, not ROC AUC"
    assert outcome.reason == "ROC AUC is 0.81996, below the limit of 0.82."
    assert outcome.fix is not None
    assert outcome.fix.kind == "version_add"
    assert outcome.who == "Mina Okafor or Marc Delacroix (Growth)"


@pytest.mark.parametrize(
    ("metrics", "evidence", "reason"),
    [
        ((), (), "ROC AUC is in no evaluation report of this version."),
        (
            (metric("roc_auc", 0.99),),
            (),
            "ROC AUC is only stated (0.99), and a stated value passes no gate.",
        ),
        (
            (metric("roc_auc", 0.99, source="run"),),
            (),
            "ROC AUC is only read from an MLflow run (0.99), and such a value passes no gate.",
        ),
        (
            (metric("roc_auc", 0.99, source="claim"),),
            (),
            "ROC AUC is only claimed by its publisher (0.99), and a claim passes no gate.",
        ),
        (
            (metric("roc_auc", 0.99, REPORT.id),),
            (report(id=REPORT.id, outcome="fail"),),
            "ROC AUC is in a report that did not pass.",
        ),
        (
            (metric("roc_auc", 0.99, REPORT.id),),
            (report(id=REPORT.id, outcome="unattested"),),
            "ROC AUC is in a report that did not pass.",
        ),
        (
            (metric("roc_auc", 0.99, REPORT.id, slice="age>=65"),),
            (REPORT,),
            "ROC AUC was measured on slices of the data only.",
        ),
    ],
)
def test_what_no_current_report_measured_fails_with_the_reason(
    metrics: tuple[MetricRecord, ...], evidence: Any, reason: str
) -> None:
    outcome = judged(*metrics, evidence=evidence, parameters={"metrics": {"roc_auc": {"min": 0.8}}})
    assert outcome.outcome is Outcome.FAIL
    assert outcome.reason == reason
    assert outcome.mend == "Attach an evaluation report that measures roc_auc."
    assert outcome.fix is not None
    assert (outcome.fix.kind, outcome.fix.subject) == ("evidence_attach", "evaluation_report")


def test_a_policy_may_name_the_data_set_that_counts() -> None:
    wanted = {**LIMITS, "dataset": "holdout"}
    assert judged(*GOOD, parameters=wanted).outcome is Outcome.PASS
    outcome = judged(*GOOD, parameters={**LIMITS, "dataset": "holdout@2026-03"})
    assert outcome.outcome is Outcome.FAIL
    assert "was measured on holdout@2026-02, not on holdout@2026-03" in outcome.reason


def test_of_several_data_sets_the_worst_value_decides() -> None:
    train = metric("roc_auc", 0.99, REPORT.id, dataset="train@1")
    test = metric("roc_auc", 0.7, REPORT.id, dataset="test@1")
    for metrics in ((train, test), (test, train)):
        outcome = judged(*metrics, GOOD[1])
        assert outcome.outcome is Outcome.FAIL
        assert "ROC AUC is 0.7, below" in outcome.reason


def test_a_metric_that_nobody_defined_has_no_scale() -> None:
    outcome = judged(
        metric("top_3", 0.5, REPORT.id), parameters={"metrics": {"top_3": {"min": 0.5}}}
    )
    assert outcome.outcome is Outcome.PASS


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"metrics": {}},
        {"metrics": []},
        {"metrics": {"roc_auc": 0.8}},
        {"metrics": {"roc_auc": {}}},
        {"metrics": {"roc_auc": {"min": 0.8, "max": 0.9}}},
        {"metrics": {"roc_auc": {"least": 0.8}}},
        {"metrics": {"roc_auc": {"min": "0.8"}}},
        {"metrics": {"roc_auc": {"min": True}}},
        {"metrics": {"roc_auc": {"min": float("nan")}}},
        {"metrics": {"roc_auc": {"min": float("inf")}}},
        {"metrics": {"": {"min": 0.8}}},
        {"metrics": {"roc auc": {"min": 0.8}}},
        {**LIMITS, "dataset": ""},
        {**LIMITS, "dataset": 3},
        {**LIMITS, "data_set": "holdout"},
        [],
    ],
)
def test_parameters_that_mean_nothing_are_refused(parameters: Any) -> None:
    with pytest.raises(Invalid):
        GATE.read(parameters)


def test_the_policy_says_its_limits() -> None:
    assert GATE.words(LIMITS) == "roc_auc ≥ 0.82, ece ≤ 0.035"
    assert GATE.words({**LIMITS, "dataset": "holdout"}).endswith(", on holdout")
