import pytest

from approvals.wording import counted, listed, number_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.884, "0.884"),
        (0.8838471, "0.884"),
        (0.0060, "0.006"),
        (0.000012345, "0.0000123"),
        (14.2, "14.2"),
        (14.0, "14"),
        (123456.7, "123,457"),
        (0, "0"),
        (-0.5, "−0.5"),
        (1e-13, "0"),
    ],
)
def test_numbers_have_about_three_digits(value: float, words: str) -> None:
    assert number_words(value) == words


def test_numbers_that_differ_never_read_the_same() -> None:
    assert number_words(0.81996, unlike=0.82) == "0.81996"
    assert number_words(0.8201, unlike=0.82) == "0.8201"
    assert number_words(0.82, unlike=0.82) == "0.82"


def test_units_stand_where_people_write_them() -> None:
    assert number_words(14.2, unit="ms") == "14.2 ms"
    assert number_words(9.4, unit="%") == "9.4%"


@pytest.mark.parametrize(
    ("items", "words"),
    [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")],
)
def test_lists_read_as_sentences(items: list[str], words: str) -> None:
    assert listed(items, "or") == words


def test_counts_agree_with_their_nouns() -> None:
    assert [counted(n, "person", "people") for n in (0, 1, 2)] == [
        "0 people",
        "1 person",
        "2 people",
    ]
