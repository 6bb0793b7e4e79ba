import pytest

from aegis.problems import Invalid
from approvals.gates import Outcome
from approvals.gates.provenance import GATE
from tests.approvals.samples import facts, gate_input, version

DATASET = {"name": "customer-events", "version": "2025-q4"}


def test_a_known_data_set_and_code_pass() -> None:
    known = facts(dataset=DATASET, code_version="growth/churn@dd61a9b")
    outcome = GATE.check(gate_input(version(facts=known)), {})
    assert outcome.outcome is Outcome.PASS
    assert outcome.reason == (
        "Trained on customer-events@2025-q4 by the code growth/churn@dd61a9b."
    )


@pytest.mark.parametrize(
    ("known", "reason", "first"),
    [
        ({}, "The facts dataset and code_version of v7 are missing.", "dataset"),
        ({"dataset": DATASET}, "The fact code_version of v7 is missing.", "code_version"),
        ({"code_version": "dd61a9b"}, "The fact dataset of v7 is missing.", "dataset"),
        (
            {"dataset": {"name": " "}, "code_version": "dd61a9b"},
            "The fact dataset of v7 is missing.",
            "dataset",
        ),
        (
            {"dataset": DATASET, "code_version": ""},
            "The fact code_version of v7 is missing.",
            "code_version",
        ),
    ],
)
def test_what_is_missing_is_named(known: dict[str, object], reason: str, first: str) -> None:
    outcome = GATE.check(gate_input(version(facts=facts(**known))), {})
    assert outcome.outcome is Outcome.FAIL
    assert outcome.reason == reason
    assert outcome.fix is not None
    assert (outcome.fix.kind, outcome.fix.subject) == ("fact_add", first)


def test_it_takes_no_parameters() -> None:
    assert GATE.read({}) == {}
    with pytest.raises(Invalid):
        GATE.read({"required": ["dataset"]})
