from typing import Any

import pytest

from aegis.problems import Invalid
from approvals.gates import Outcome
from approvals.gates.licence import GATE, is_allowed
from tests.approvals.samples import facts, gate_input, version

ALLOWED = ["Apache-2.0", "MIT", "GPL-2.0-only WITH Classpath-exception-2.0"]


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("mit", True),
        ("BSD-3-Clause", False),
        ("MIT OR GPL-3.0-only", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND Apache-2.0", True),
        # AND binds closer than OR.
        ("GPL-3.0-only AND MIT OR Apache-2.0", True),
        ("GPL-3.0-only AND (MIT OR Apache-2.0)", False),
        ("((MIT))", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("GPL-2.0-only", False),
        ("MIT WITH Classpath-exception-2.0", False),
        # What is no expression is not allowed.
        ("", False),
        ("MIT OR", False),
        ("OR MIT", False),
        ("(MIT", False),
        ("MIT)", False),
        ("MIT MIT", False),
        ("MIT WITH", False),
        ("()", False),
    ],
)
def test_an_expression_is_read_as_spdx_means_it(expression: str, allowed: bool) -> None:
    assert is_allowed(expression, ALLOWED) is allowed


def test_a_licence_on_the_list_passes() -> None:
    outcome = GATE.check(gate_input(version(facts=facts(licence="MIT"))), {"allowed": ALLOWED})
    assert outcome.outcome is Outcome.PASS
    assert outcome.summary == "MIT, allowed"


def test_another_licence_fails_and_a_missing_one_can_be_recorded() -> None:
    other = GATE.check(
        gate_input(version(facts=facts(licence="GPL-3.0-only"))), {"allowed": ALLOWED}
    )
    assert other.outcome is Outcome.FAIL
    assert "v7 is under GPL-3.0-only" in other.reason
    missing = GATE.check(gate_input(version()), {"allowed": ALLOWED})
    assert missing.outcome is Outcome.FAIL
    assert missing.fix is not None
    assert (missing.fix.kind, missing.fix.subject) == ("fact_add", "licence")


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"allowed": []},
        {"allowed": "MIT"},
        {"allowed": ["MIT", "MIT"]},
        {"allowed": ["MIT OR Apache-2.0"]},
        {"allowed": [""]},
        {"allowed": [3]},
        {"allowed": ["MIT"], "denied": ["GPL-3.0-only"]},
    ],
)
def test_parameters_that_mean_nothing_are_refused(parameters: Any) -> None:
    with pytest.raises(Invalid):
        GATE.read(parameters)
