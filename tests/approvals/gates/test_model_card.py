from typing import Any

import pytest

from aegis.problems import Invalid
from approvals.gates import Outcome
from approvals.gates.model_card import GATE
from registry.cards import BY_KEY
from tests.approvals.samples import card, gate_input, version


def test_a_complete_card_passes_and_names_its_revision() -> None:
    outcome = GATE.check(gate_input(version(cards=(card(4), card(3, fairness="")))), {})
    assert outcome.outcome is Outcome.PASS
    assert outcome.summary == "14 of 14 required sections"
    assert outcome.reason == "Revision 4 holds every required section."


def test_the_latest_revision_counts_and_each_missing_section_says_why() -> None:
    made = version(cards=(card(5, fairness="", personal_data="TBD"), card(4)))
    outcome = GATE.check(gate_input(made), {})
    assert outcome.outcome is Outcome.FAIL
    assert outcome.summary == "12 of 14 required sections"
    assert "Fairness is empty." in outcome.reason
    assert "Personal data and legal basis is only a placeholder" in outcome.reason
    assert outcome.fix is not None
    assert (outcome.fix.kind, outcome.fix.label, outcome.fix.subject) == (
        "card_edit",
        "Write 2 sections",
        "fairness",
    )


def test_without_a_card_it_fails() -> None:
    outcome = GATE.check(gate_input(version()), {})
    assert outcome.outcome is Outcome.FAIL
    assert outcome.reason == "v7 has no published model card."


def test_a_policy_may_require_some_sections_only() -> None:
    parameters = GATE.read({"sections": ["intended_use", "overview"]})
    made = gate_input(version(cards=(card(1, fairness=""),)))
    assert GATE.check(made, parameters).outcome is Outcome.PASS
    assert GATE.words(parameters) == "Overview and Intended use"
    assert GATE.check(made, GATE.read({"sections": ["fairness"]})).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "parameters",
    [
        {"sections": []},
        {"sections": ["fairnes"]},
        {"sections": ["fairness", "fairness"]},
        {"sections": "fairness"},
        {"sections": None},
        {"required": list(BY_KEY)},
        None,
    ],
)
def test_parameters_that_mean_nothing_are_refused(parameters: Any) -> None:
    with pytest.raises(Invalid):
        GATE.read(parameters)
