import re
import time

import pytest
from huggingface_hub import ModelCard

from imports.sources.huggingface.front_matter import read_card
from tests.servers.hub import real_repository


def card(front: str, body: str = "# Title\n") -> bytes:
    return f"---\n{front}\n---\n{body}".encode()


def test_the_card_of_the_real_repository_is_read_as_the_hub_reads_it() -> None:
    data = (real_repository() / "README.md").read_bytes()
    found, theirs = read_card(data), ModelCard(data.decode())
    assert found.fault == ""
    assert found.body == theirs.text
    assert found.word("license") == theirs.data.license
    assert found.word("library_name") == theirs.data.library_name
    assert found.word("pipeline_tag") == theirs.data.pipeline_tag
    assert list(found.words("tags")) == theirs.data.tags
    assert list(found.words("datasets")) == theirs.data["datasets"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_line_ends_may_be_any(line_end: str) -> None:
    text = line_end.join(["\ufeff---", "license: mit", "--- ", "", "Body"])
    found = read_card(text.encode())
    assert found.word("license") == "mit"
    assert found.body.strip() == "Body"


def test_words_are_words_whatever_yaml_would_make_of_them() -> None:
    found = read_card(
        card("language: [no, en]\nlicense: 2024-01-01\ntags: [1.0, 0x10, yes, ~, '']")
    )
    assert found.words("language") == ("no", "en")
    assert found.word("license") == "2024-01-01"
    assert found.words("tags") == ("1.0", "0x10", "yes")


def test_several_words_are_not_one() -> None:
    found = read_card(card("license: [mit, apache-2.0]\nlanguage: unknown"))
    assert found.word("license") == ""
    assert found.words("license") == ("mit", "apache-2.0")
    assert found.word("language") == ""


def test_a_card_without_front_matter_is_all_body() -> None:
    assert read_card(b"# Only a title").body == "# Only a title"
    assert read_card(b"").data == {}
    assert read_card(b"---\n\n---\nBody").data == {}


BOMB = "a0: &a0 [x,x]\n" + "\n".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("front", "fault"),
    [
        ("- a\n- b", "no mapping"),
        ("license", "no mapping"),
        ("a: [b", "broken in line"),
        ("a: b: c", "broken in line 2"),
        ("? [a]\n: b", "broken"),
        ("a: &a [*a]", "broken"),
        (BOMB, ""),
        ("x: " + "[" * 5_000, "broken|too large or too deep"),
        ("x: " + "{a: " * 50 + "}" * 50, "too large or too deep"),
        ("x: [" + "*a," * 200 + "]\n", "too large or too deep|broken"),
        ("x: [" + "a," * 300_000 + "]", "too large or too deep"),
        ("a: \x00", "broken"),
        ("a: !!python/object/apply:os.system ['true']", ""),
        ("!!python/object/apply:os.system ['true']", "no mapping"),
        ("<<: {license: mit}", ""),
        ("a: " + "9" * 100_000, ""),
        ("%YAML 9.9\n---\na: b", ""),
    ],
)
def test_hostile_front_matter_is_told_and_harms_nothing(front: str, fault: str) -> None:
    began = time.monotonic()
    found = read_card(card(front, "The body."))
    assert time.monotonic() - began < 5
    assert re.search(fault, found.fault)
    assert found.words("license") == ()
    assert "The body." in found.body


@pytest.mark.parametrize("data", [b"\xff\xfe", b"---\n\xff: \x80\n---\n", b"---\n" * 100_000])
def test_bytes_of_any_kind_are_read(data: bytes) -> None:
    read_card(data)
