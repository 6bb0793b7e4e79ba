"""The gate ``secrets``: what let in by older rules blocks, and what may be personal warns."""

from typing import Any

import pytest

from aegis.problems import Invalid
from approvals.gates import GATES, GateOutcome, Outcome
from approvals.gates.secrets import GATE
from tests.aegis.sensitive.samples import SECRETS
from tests.approvals.samples import card, facts, gate_input, report, version
from tests.approvals.scanned import file, scan

SECRET: dict[str, Any] = {
    "code": "secret_found",
    "sentence": "Line 3 holds a secret: Vault token.",
    "place": "line 3",
    "is_dangerous": False,
}
PERSONAL: dict[str, Any] = {
    "code": "personal_data",
    "sentence": "Line 1 may hold a person's IBAN.",
    "place": "line 1",
    "is_dangerous": False,
}


def outcome(*files: dict[str, Any], **changes: Any) -> GateOutcome:
    return GATE.check(gate_input(version(scan=scan(*files), **changes)), {})


def test_it_is_one_of_the_gates() -> None:
    assert GATES["secrets"] is GATE


def test_what_was_never_scanned_does_not_pass() -> None:
    assert GATE.check(gate_input(version()), {}).outcome is Outcome.FAIL


def test_where_nothing_is_found_it_passes() -> None:
    said = outcome(file("a"), cards=(card(),), facts=facts(framework="pytorch", params={"a": "b"}))
    assert (said.outcome, said.summary) == (Outcome.PASS, "None found")


def test_a_secret_in_a_file_fails_with_its_place() -> None:
    said = outcome(file("a"), file("config.json", findings=[PERSONAL, SECRET]))
    assert said.outcome is Outcome.FAIL
    assert "config.json: Line 3 holds a secret: Vault token." in said.reason
    assert "revoked" in said.mend


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"description": f"See {SECRETS['Vault token']}"}, "Description: Vault token, line 1"),
        (
            {"cards": (card(intended_use=f"So.\n{SECRETS['AWS Access Key']}"),)},
            "Card, intended use: AWS Access Key, line 2",
        ),
        (
            {"facts": facts(source_uri=SECRETS["presigned address"])},
            "source_uri: presigned address, line 1",
        ),
        (
            {"facts": facts(params={"db_password": "hunter2x9"})},
            "params.db_password: password or key, line 1",
        ),
    ],
)
def test_a_secret_in_a_text_fails_and_is_never_repeated(
    changes: dict[str, Any], place: str
) -> None:
    said = outcome(file("a"), **changes)
    assert said.outcome is Outcome.FAIL
    assert said.findings["secrets"] == [place]
    whole = f"{said.summary} {said.reason} {said.mend} {said.findings}"
    assert "hunter2x9" not in whole
    assert all(secret not in whole for secret in SECRETS.values())


def test_an_older_card_counts_no_more() -> None:
    older = card(1, overview=SECRETS["Vault token"])
    assert outcome(file("a"), cards=(card(2), older)).outcome is Outcome.PASS


def test_personal_data_warns_wherever_it_is() -> None:
    piece = report(findings={"personal_data": [{"line": 2, "kind": "e-mail address"}]})
    said = outcome(
        file("a", findings=[PERSONAL]),
        cards=(card(overview="Ask ann@acme.io, who trained it on our customers."),),
        evidence=(piece,),
    )
    assert said.outcome is Outcome.WARN
    assert said.findings["personal_data"] == [
        "a: Line 1 may hold a person's IBAN.",
        "Card, overview: e-mail address, line 1",
        "Evaluation of February: e-mail address, line 2",
    ]


def test_the_contacts_of_a_card_may_name_people() -> None:
    said = outcome(file("a"), cards=(card(contacts="Owner: ann@acme.io, +49 30 1234567"),))
    assert said.outcome is Outcome.PASS


def test_it_takes_no_parameters() -> None:
    assert GATE.read({}) == {}
    with pytest.raises(Invalid):
        GATE.read({"allowed": []})
