import time

import pytest

from registry.cards import BY_KEY
from registry.text_diffs import LINES, TOKENS, diff_cards, diff_lines


def shown(old: str, new: str, **options: int) -> list[str]:
    """Return a diff as text, with what changed in a line between brackets."""
    signs = {"add": "+", "remove": "-", "same": " "}
    return [
        signs[line.kind]
        + "".join(f"[{span.text}]" if span.is_changed else span.text for span in line.spans)
        for line in diff_lines(old, new, **options)
    ]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("", "", []),
        ("a", "a", []),
        ("", "one\ntwo", ["+[one]", "+[two]"]),
        ("one", "", ["-[one]"]),
        ("one\ntwo", "one\ntwo\nthree", [" one", " two", "+[three]"]),
        (
            "Events from July to September, 1.94 million rows.",
            "Events from October to December, 1.94 million rows.",
            [
                "-Events from [July] to [September], 1.94 million rows.",
                "+Events from [October] to [December], 1.94 million rows.",
            ],
        ),
        ("wholly this", "42", ["-[wholly this]", "+[42]"]),
        ("a b c d\nx", "a b c e", ["-a b c [d]", "-[x]", "+a b c [e]"]),
    ],
)
def test_a_diff_shows_lines_and_marks_the_words_that_changed(
    old: str, new: str, lines: list[str]
) -> None:
    assert shown(old, new) == lines


def test_only_lines_near_a_change_are_shown() -> None:
    old = "\n".join(f"line {number}" for number in range(20))
    assert shown(old, old.replace("line 10", "other"), context=1) == [
        " line 9",
        "-[line 10]",
        "+[other]",
        " line 11",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a <b> & c", "a <i> & c"),
        ("  indented\n\nblank", "indented\n \nblank"),
        ("x" * 50, "y" * 50),
    ],
)
def test_the_words_of_a_diff_are_those_of_the_texts(old: str, new: str) -> None:
    lines = list(diff_lines(old, new, context=99))
    assert [line.text for line in lines if line.kind != "add"] == old.splitlines()
    assert [line.text for line in lines if line.kind != "remove"] == new.splitlines()


def test_the_diff_of_two_cards_names_the_sections_that_changed() -> None:
    old = {**dict.fromkeys(BY_KEY, "same"), "limitations": "", "risks": "one"}
    new = {**dict.fromkeys(BY_KEY, "same"), "limitations": "weak", "risks": "two"}
    found = diff_cards(old, new)
    assert [(diff.section.key, diff.was_missing) for diff in found] == [
        ("limitations", True),
        ("risks", False),
    ]
    assert diff_cards(new, new) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "\n".join(f"{n % 101}" for n in range(9_000)),
            "\n".join(f"{n * 7 % 101}" for n in range(9_000)),
        ),
        (
            "\n".join(f"{n % 101}" for n in range(LINES)),
            "\n".join(f"{n * 7 % 101}" for n in range(LINES)),
        ),
        (
            " ".join(f"{n % 101}" for n in range(TOKENS // 2)),
            " ".join(f"{n * 7 % 101}" for n in range(TOKENS // 2)),
        ),
        ("a b " * 5_000, "b a " * 5_000),
    ],
    ids=["many lines", "as many as are matched", "as many words", "one long line"],
)
def test_a_hostile_text_costs_little(old: str, new: str) -> None:
    begin = time.process_time()
    for _ in diff_lines(old, new):
        pass
    assert time.process_time() - begin < 2
