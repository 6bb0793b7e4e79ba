from typing import Any

import pytest

from aegis.problems import Invalid
from imports.sources.huggingface.references import check_reference


def test_a_reference_has_a_normal_form() -> None:
    assert check_reference({"repo": " google/flan-t5-small "}) == {
        "repo": "google/flan-t5-small",
        "revision": "main",
        "include": [],
        "exclude": [],
    }
    full = {"repo": "gpt2", "revision": "refs/pr/1", "include": ["*.json"], "exclude": ["a/*"]}
    assert check_reference(full) == full
    assert check_reference({"repo": "gpt2", "include": "*.json"})["include"] == ["*.json"]
    assert check_reference({"repo": "gpt2", "exclude": ["b", "a", "b"]})["exclude"] == ["b", "a"]


@pytest.mark.parametrize(
    "repo",
    [
        None,
        7,
        "",
        "google/",
        "/flan",
        "a/b/c",
        "google//flan",
        "google/flan t5",
        "google/flan--t5",
        "google/..",
        "../etc",
        "google/.flan",
        "google/flan.git",
        "google/flan?x=1",
        "google/flan#1",
        "google/fl\u00e4n",
        "google/flan@main",
        "g" * 97,
    ],
)
def test_what_is_no_repository_is_refused_before_the_hub_is_asked(repo: Any) -> None:
    with pytest.raises(Invalid) as caught:
        check_reference({"repo": repo})
    assert (caught.value.code, caught.value.field) == ("hub_repo_invalid", "repo")


@pytest.mark.parametrize(
    "address",
    [
        "https://huggingface.co/google/flan-t5-small",
        "https://huggingface.co/google/flan-t5-small/tree/main",
        "http://hub.internal/google/flan-t5-small?x=1",
    ],
)
def test_the_address_of_a_page_is_answered_with_the_name(address: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_reference({"repo": address})
    assert "'google/flan-t5-small' would be the name" in str(caught.value.mend)


@pytest.mark.parametrize(
    "revision",
    [
        7,
        "a b",
        "a..b",
        "-rf",
        "/main",
        "main/",
        "a~1",
        "a^",
        "a:b",
        "a?b",
        "a*",
        "a[b",
        "x\0",
        "x" * 256,
    ],
)
def test_what_is_no_revision_is_refused(revision: Any) -> None:
    with pytest.raises(Invalid) as caught:
        check_reference({"repo": "gpt2", "revision": revision})
    assert (caught.value.code, caught.value.field) == ("hub_revision_invalid", "revision")


@pytest.mark.parametrize("name", ["include", "exclude"])
@pytest.mark.parametrize(
    "patterns", [{"a": 1}, [7], [""], ["  "], ["a\nb"], ["x" * 201], [f"{n}" for n in range(51)]]
)
def test_patterns_are_few_and_short(name: str, patterns: Any) -> None:
    with pytest.raises(Invalid) as caught:
        check_reference({"repo": "gpt2", name: patterns})
    assert (caught.value.code, caught.value.field) == ("hub_patterns_invalid", name)


def test_an_unknown_part_is_named() -> None:
    with pytest.raises(Invalid, match="'repo_id'"):
        check_reference({"repo": "gpt2", "repo_id": "gpt2"})
