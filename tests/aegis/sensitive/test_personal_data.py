import pytest

from aegis.sensitive.found import Found
from aegis.sensitive.personal_data import CARD, E_MAIL, IBAN, MOST, PHONE, find_personal_data


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to ann.lee+ml@acme.io.", E_MAIL),
        ("Call +49 30 1234-5678", PHONE),
        ("+442071838750", PHONE),
        ("DE89 3704 0044 0532 0130 00", IBAN),
        ("GB82WEST12345698765432", IBAN),
        ("4111 1111 1111 1111", CARD),
        ("378282246310005", CARD),
        ("5555-5555-5555-4444", CARD),
    ],
)
def test_what_may_be_personal_is_found(text: str, kind: str) -> None:
    assert find_personal_data(f"First.\n{text}\n{text} {text}") == [Found(2, kind), Found(3, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "someone@example.com",
        "1234+mina@users.noreply.github.com",
        "the decorator @app.route",
        "DE89 3704 0044 0532 0130 01",
        "4111 1111 1111 1112",
        "1234567890123456",
        "0000 0000 0000 0000",
        "2026-11-21 12:00",
        "accuracy +0.91234567890",
        "+1 23",
        "0123456789abcdef4111111111111111",
        "4111111111111111.5",
    ],
)
def test_wrong_check_digits_and_examples_are_not(text: str) -> None:
    assert find_personal_data(text) == []


def test_no_more_are_reported_than_anybody_reads() -> None:
    assert len(find_personal_data("ann@acme.io\n" * (2 * MOST))) == MOST
