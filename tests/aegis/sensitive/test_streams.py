import io
from collections.abc import Iterator

import pytest

from aegis.sensitive.found import Found
from aegis.sensitive.streams import FoundInText, find_in_text
from tests.aegis.sensitive.samples import SECRETS

SECRET = SECRETS["Vault token"]
MEBIBYTE = 1024 * 1024


def found_in(text: str) -> FoundInText:
    return find_in_text(io.BytesIO(text.encode()).read)


def test_lines_are_counted_across_parts() -> None:
    line = "A line of the card, as long as lines are.\n"
    before = 3 * MEBIBYTE // len(line)
    found = found_in(line * before + f"{SECRET}\nann@acme.io")
    assert found.secrets == (Found(before + 1, "Vault token"),)
    assert found.personal == (Found(before + 2, "e-mail address"),)


@pytest.mark.parametrize("before", [MEBIBYTE - 5, MEBIBYTE - len(SECRET), 2 * MEBIBYTE + 7])
def test_one_that_lies_across_two_parts_of_a_line_is_found(before: int) -> None:
    text = "x" * (before - 1) + " " + SECRET + " " + "y" * MEBIBYTE
    assert found_in(text).secrets == (Found(1, "Vault token"),)


def test_a_character_may_be_cut_by_a_part() -> None:
    data = iter([b"caf\xc3", b"\xa9 " + SECRET.encode(), b""])
    assert find_in_text(lambda _: next(data)).secrets


def test_what_is_no_text_is_said_to_be_none() -> None:
    for data in (b"\xff\xfe", b"cut off \xc3"):
        with pytest.raises(UnicodeDecodeError):
            find_in_text(io.BytesIO(data).read)


def test_whoever_watches_may_end_it() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"line\n" * 1000

    class Enough(Exception):  # noqa: N818 -- It is none.
        pass

    def watch() -> None:
        raise Enough

    data = endless()
    with pytest.raises(Enough):
        find_in_text(lambda _: next(data), watch=watch)
