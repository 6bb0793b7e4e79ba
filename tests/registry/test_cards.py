import hashlib
import json

import pytest

from aegis.problems import Invalid
from registry import cards

GOOD = "Ranks active customers by their chance of cancelling within 60 days."
FULL = {**dict.fromkeys(cards.BY_KEY, GOOD), "contacts": "Idris Bello"}


def reason(text: str, key: str = "overview") -> str | None:
    found = {
        missing.section.key: missing.reason
        for missing in cards.completeness({**FULL, key: text}).missing
    }
    assert found.keys() <= {key}
    return found.get(key)


def test_there_are_fourteen_sections_in_the_order_of_the_card() -> None:
    assert list(cards.BY_KEY) == [
        "overview",
        "business_use",
        "intended_use",
        "out_of_scope",
        "assumptions",
        "limitations",
        "risks",
        "training_data",
        "evaluation",
        "fairness",
        "personal_data",
        "dependencies",
        "monitoring",
        "contacts",
    ]
    assert cards.BY_KEY["out_of_scope"].anchor == "out-of-scope"


def test_a_full_card_is_complete() -> None:
    found = cards.completeness(FULL)
    assert found.is_complete
    assert found.complete == cards.SECTIONS
    assert found.missing == ()


def test_an_empty_card_misses_every_section() -> None:
    found = cards.completeness({})
    assert not found.is_complete
    assert [missing.section for missing in found.missing] == list(cards.SECTIONS)
    assert found.missing[0].sentence == ("Overview is empty. Say what the model does and for whom.")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        (" \n\t ", "is empty"),
        ("\u200b" * 60, "is empty"),
        ("<!-- fill this in, with at least forty characters please -->", "is empty"),
        ("<!-- " + "x" * 60, "is empty"),
        ("# \n\n- \n- \n---------------------------------------------", "is empty"),
        ("." * 60, "is empty"),
        (cards.BY_KEY["overview"].help, "holds only its help text"),
        ("**" + cards.BY_KEY["overview"].help.replace(" ", "  \n") + "**", "holds only its help"),
        (cards.BY_KEY["overview"].ask, "holds only its help text"),
        ("Too short.", "has 10 of at least 40 characters"),
        ("x" * 39, "has 39 of at least 40 characters"),
        ("x" + " " * 60 + "y", "has 3 of at least 40 characters"),
        ("TBD", "is only a placeholder, without a reason"),
        ("**tbd**", "is only a placeholder, without a reason"),
        ("TODO: write this", "is only a placeholder, without a reason"),
        ("To-do", "is only a placeholder, without a reason"),
        ("n.a.", "is only a placeholder, without a reason"),
        ("N/A", "is only a placeholder, without a reason"),
        ("Not applicable.", "is only a placeholder, without a reason"),
        ("TBD TBD TBD TBD TBD TBD TBD TBD TBD TBD TBD TBD", "is only a placeholder"),
        ("n.a., n.a., n.a., n.a., n.a., n.a., n.a., n.a., n.a., n.a.", "is only a placeholder"),
    ],
)
def test_what_says_nothing_does_not_count(text: str, why: str) -> None:
    found = reason(text)
    assert found is not None
    assert found.startswith(why)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "x" * 40,
        "n.a., because the model is trained on synthetic data without any person in it",
        "TBD means nothing here: the threshold was set to 0.8 by the risk committee in May.",
        "## Heading\n\nA paragraph that says what there is to say.",
        "\u6a21\u578b" * 20,
        "Nothing needs watching, since the model scores one closed archive and is then retired.",
        "The order of todo items is ranked; nabla and tbdx are words that only look alike.",
    ],
)
def test_what_says_something_counts(text: str) -> None:
    assert reason(text) is None


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Idris Bello", True),
        ("x", True),
        ("", False),
        ("TBD", False),
        ("n.a.", False),
        ("---", False),
        (cards.BY_KEY["contacts"].help, False),
        ("Owner: TBD, developer: Mina Okafor", True),
    ],
)
def test_contacts_may_be_short(text: str, counts: bool) -> None:
    assert (reason(text, "contacts") is None) is counts


def test_sections_come_back_whole_and_in_order() -> None:
    found = cards.check_sections({"risks": " one\r\ntwo ", "overview": "e\u0301"})
    assert list(found) == list(cards.BY_KEY)
    assert found["risks"] == "one\ntwo"
    assert found["overview"] == "\u00e9"
    assert found["contacts"] == ""


@pytest.mark.parametrize(
    ("value", "code", "field"),
    [
        (None, "card_invalid", "sections"),
        ([], "card_invalid", "sections"),
        ({"summary": "x"}, "card_section_unknown", "sections"),
        ({7: "x"}, "card_section_unknown", "sections"),
        ({"risks": None}, "text_wrong_type", "risks"),
        ({"risks": ["x"]}, "text_wrong_type", "risks"),
        ({"risks": "a\0"}, "text_control_character", "risks"),
        ({"risks": "x" * 20_001}, "text_too_long", "risks"),
    ],
)
def test_a_card_that_breaks_a_rule_is_refused(value: object, code: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        cards.check_sections(value)
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_the_digest_is_that_of_the_canonical_json() -> None:
    sections = cards.check_sections({"overview": GOOD})
    text = json.dumps(sections, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert cards.digest(sections) == hashlib.sha256(text.encode()).hexdigest()
    assert cards.digest(dict(reversed(sections.items()))) == cards.digest(sections)
    assert cards.digest({**sections, "risks": "x"}) != cards.digest(sections)
