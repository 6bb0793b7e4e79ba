import pytest

from aegis.problems import Invalid
from aegis.sensitive.texts import plain_text
from aegis.text import name_key, refused_character


@pytest.mark.parametrize(
    ("given", "multiline", "kept"),
    [
        ("  a name \n", False, "a name"),
        ("e\u0301", False, "\u00e9"),
        ("one\r\ntwo\rthree", True, "one\ntwo\nthree"),
        ("a\tb", True, "a\tb"),
        ("\U0001f469\u200d\U0001f52c", False, "\U0001f469\u200d\U0001f52c"),
    ],
)
def test_text_is_kept_composed_and_trimmed(given: str, multiline: bool, kept: str) -> None:
    assert plain_text(given, field="title", limit=20, multiline=multiline) == kept


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (7, "text_wrong_type"),
        (None, "text_wrong_type"),
        ("", "text_empty"),
        (" \n ", "text_empty"),
        ("x" * 21, "text_too_long"),
        ("a\0b", "text_control_character"),
        ("one\ntwo", "text_control_character"),
        ("\ud800", "text_control_character"),
        ("invoice\u202efdp", "text_control_character"),
        ("zero\u200bwidth", "text_control_character"),
        ("\ufeffmark", "text_control_character"),
        ("a\u2028b", "text_control_character"),
    ],
)
def test_a_text_that_breaks_a_rule_is_refused(given: object, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        plain_text(given, field="title", limit=20)
    assert refusal.value.code == code
    assert refusal.value.field == "title"
    refusal.value.sentence.encode("utf-8")


def test_an_optional_text_may_be_empty() -> None:
    assert plain_text("  ", field="title", limit=20, required=False) == ""


def test_a_refused_character_is_named_by_its_code_point() -> None:
    assert refused_character("a\0") == "U+0000"
    assert refused_character("a\tb", allowed="\t") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Churn", "churn"),
        ("STRASSE", "stra\u00dfe"),
        ("\uff43hurn", "churn"),
        ("caf\u00e9", "cafe\u0301"),
        ("\u212a", "k"),
    ],
)
def test_names_that_differ_only_by_case_or_form_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_a_key_is_the_key_of_itself() -> None:
    for character in map(chr, range(0x20, 0x3000)):
        key = name_key(character)
        assert name_key(key) == key
