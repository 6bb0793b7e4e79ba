from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from aegis.settings import env

NAME = "AEGIS_SOMETHING"


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "  ")
    assert env.optional(NAME) is None
    assert env.text(NAME, "default") == "default"


def test_a_required_variable_that_is_missing_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{NAME} is not set"):
        env.text(NAME)


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("Yes", True), ("off", False), ("0", False)]
)
def test_a_flag_is_a_yes_or_a_no(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: bool
) -> None:
    monkeypatch.setenv(NAME, value)
    assert env.flag(NAME, default=not expected) is expected


def test_a_flag_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "perhaps")
    with pytest.raises(ImproperlyConfigured, match="write 1 for yes or 0 for no"):
        env.flag(NAME, default=True)


def test_a_number_within_its_bounds_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "65535")
    assert env.number(NAME, 8000, least=1, most=65535) == 65535


@pytest.mark.parametrize("value", ["0", "65536", "8000.5", "eight"])
def test_a_number_out_of_its_bounds_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match="a whole number from 1 to 65535"):
        env.number(NAME, 8000, least=1, most=65535)


def test_a_list_drops_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " a.example ,, b.example ")
    assert env.listing(NAME) == ["a.example", "b.example"]


def test_a_word_outside_the_choice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "kerberos")
    with pytest.raises(ImproperlyConfigured, match="one of token, jwt"):
        env.choice(NAME, "token", among=("token", "jwt"))


def test_a_json_object_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, '{"lab": {"uri": "https://mlflow.example"}}')
    assert env.json_object(NAME) == {"lab": {"uri": "https://mlflow.example"}}


@pytest.mark.parametrize("value", ["[]", "{", "lab"])
def test_anything_but_a_json_object_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match="must be a JSON object"):
        env.json_object(NAME)


def test_a_relative_path_becomes_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "data")
    assert env.path(NAME, Path("/elsewhere")) == Path.cwd() / "data"
