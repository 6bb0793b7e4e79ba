import time

import pytest

from aegis.problems import Invalid
from aegis.sensitive.found import Found
from aegis.sensitive.secrets import MOST, OVERLAP, find_secrets, refuse_secrets
from aegis.sensitive.texts import plain_text
from tests.aegis.sensitive.samples import HARMLESS, SECRETS


@pytest.mark.parametrize("kind", SECRETS)
def test_every_kind_is_found_in_its_line(kind: str) -> None:
    text = f"The model.\n\nIt reads {SECRETS[kind]} from there.\nThe end."
    assert Found(3, kind) in find_secrets(text)
    assert Found(1, kind) in find_secrets(SECRETS[kind])


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert find_secrets(text) == []


def test_a_secret_in_a_very_long_line_is_found_wherever_it_lies() -> None:
    secret = SECRETS["Hugging Face token"]
    for before in (0, OVERLAP - 10, 8 * OVERLAP + 3, 30 * OVERLAP):
        assert find_secrets("x " * (before // 2) + secret + " x" * OVERLAP)


def test_no_more_are_reported_than_anybody_reads() -> None:
    text = "\n".join([SECRETS["Vault token"]] * (3 * MOST))
    assert len(find_secrets(text)) == MOST


def test_a_refusal_says_kind_and_place_and_never_the_value() -> None:
    secret = SECRETS["AWS Access Key"]
    with pytest.raises(Invalid) as caught:
        refuse_secrets(f"Fine.\n{secret} and\n{SECRETS['Vault token']}", field="intended_use")
    refusal = caught.value
    assert (refusal.code, refusal.field) == ("secret_found", "intended_use")
    assert refusal.sentence == ("Intended use holds a secret: AWS Access Key, line 2 and 1 more.")
    assert secret not in f"{refusal.sentence} {refusal.mend} {refusal.details}"


def test_the_name_of_a_value_tells_that_it_is_one() -> None:
    assert plain_text("hunter2x9", field="params", limit=50) == "hunter2x9"
    with pytest.raises(Invalid, match="password or key"):
        plain_text("hunter2x9", field="params", limit=50, name="db_password")
    assert plain_text("hunter2x9", field="params", limit=50, name="optimiser") == "hunter2x9"


def test_a_large_text_is_read_in_bounded_time() -> None:
    text = " ".join(f"token{number} key" for number in range(200_000))
    before = time.monotonic()
    assert find_secrets(text) == []
    assert time.monotonic() - before < 30
