from typing import Any

import pytest

from imports.sources.huggingface.drafting import about_model, draft_of, facts_of, read_config
from imports.sources.huggingface.front_matter import read_card
from imports.sources.huggingface.licences import licence_of, terms_of
from imports.sources.huggingface.publishers_words import fit
from imports.sources.huggingface.repository import Repository
from registry.cards import check_sections
from registry.facts import check_facts
from registry.tags import check_tags

REPOSITORY = Repository("acme/churn", "a" * 40, (), author="acme")
PAGE = "https://hub.example/acme/churn"
SECRET = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz01234567"


def card(front: str, body: str = "") -> Any:
    return read_card(f"---\n{front}\n---\n{body}".encode())


@pytest.mark.parametrize(
    ("front", "licence"),
    [
        ("license: apache-2.0", "Apache-2.0"),
        ("license: [mit]", "MIT"),
        ("license: cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"),
        ("license: llama2", "LicenseRef-llama2"),
        ("license: other\nlicense_name: Acme's own (v1)", "LicenseRef-Acme-s-own-v1"),
        ("license: other", ""),
        ("license: unknown", ""),
        ("license: [mit, apache-2.0]", ""),
        ("license: '-'", ""),
        ("tags: [a]", ""),
    ],
)
def test_a_licence_is_an_spdx_expression_or_missing(front: str, licence: str) -> None:
    assert licence_of(card(front)) == licence
    if licence:
        assert check_facts({"licence": licence}) == {"licence": licence}


def test_where_the_terms_are_is_kept_unless_it_holds_a_secret() -> None:
    assert (
        terms_of(card("license_link: https://acme.example/terms")) == "https://acme.example/terms"
    )
    assert terms_of(card(f"license_link: https://acme.example/?token={SECRET}")) == ""


def test_facts_are_what_card_and_configuration_say() -> None:
    found = facts_of(
        Repository("acme/churn", "a" * 40, (), library="transformers", parameter_count=7),
        card(
            "license: mit\nbase_model: [google/a, google/b]\ndatasets: glue\n"
            "pipeline_tag: text-classification\nauthors: [Ada, Bo]"
        ),
        {"architectures": ["BertModel"], "transformers_version": "4.8.2"},
        PAGE,
    )
    assert found == {
        "licence": "MIT",
        "framework": "transformers",
        "framework_version": "4.8.2",
        "task": "text-classification",
        "architecture": "BertModel",
        "base_model": "google/a, google/b",
        "dataset": {"name": "glue"},
        "trained_by": "Ada, Bo",
        "parameter_count": 7,
        "source_uri": PAGE,
        "source_revision": "a" * 40,
    }
    assert check_facts(found) == found


def test_what_nobody_says_is_missing() -> None:
    assert facts_of(REPOSITORY, card(""), {}, PAGE) == {
        "source_uri": PAGE,
        "source_revision": "a" * 40,
    }


def test_a_long_list_says_how_many_did_not_fit() -> None:
    names = ", ".join(f"dataset-number-{n}" for n in range(40))
    found = facts_of(REPOSITORY, card(f"datasets: [{names}]"), {}, PAGE)["dataset"]["name"]
    assert found.startswith("dataset-number-0, dataset-number-1, ")
    assert found.endswith(" and 30 more")
    assert len(found) <= 200


def test_a_model_begins_with_its_first_paragraph_and_tags() -> None:
    found = about_model(
        REPOSITORY,
        card(
            f"library_name: sklearn\nlanguage: [de, en]\ntags: [churn, Churn, publisher, {SECRET}]",
            "# Churn\n\n![badge](x)\n\n## What\nIt says who\nwill leave.\n\nMore.",
        ),
    )
    assert found == {
        "description": "It says who will leave.",
        "task": "",
        "framework": "scikit-learn",
        "tags": {"language": "de, en", "publisher": "acme", "churn": ""},
    }
    check_tags(found["tags"])


def test_the_body_is_the_draft_of_the_overview() -> None:
    assert draft_of(card("license: mit", "\n# Churn\u200b\n\x00Text.\n")) == (
        {"overview": "# Churn\nText."},
        (),
    )
    assert draft_of(card("license: mit", " \n")) == ({}, ())


def test_a_body_that_is_too_long_is_cut_between_paragraphs() -> None:
    sections, notices = draft_of(card("", "A paragraph of words.\n\n" * 3_000))
    assert sections["overview"].endswith("of words.")
    assert [notice.code for notice in notices] == ["hub_card_cut"]
    check_sections(sections)


@pytest.mark.parametrize("data", [None, b"", b"[1]", b"{", b"\xff", b"[" * 100_000])
def test_a_configuration_that_is_none_says_nothing(data: bytes | None) -> None:
    assert read_config(data) == {}


def test_words_that_are_shown_are_a_bounded_line_without_secrets() -> None:
    assert fit(" a\n\tb\u202e c\x00 ", limit=10) == "a b c"
    assert fit("word " * 100, limit=12) == "word word w…"
    assert fit(f"Use {SECRET}", limit=100) == ""
