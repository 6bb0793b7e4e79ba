"""The card editor: drafts, publishing, two authors at once; and the card as readers see it."""

from collections.abc import Callable

import pytest
from django.test import Client

from aegis.accounts.models import User
from registry.cards import SECTIONS
from registry.cards_publishing import publish_card
from registry.models import CardDraft, CardRevision, ModelVersion
from tests.cast import Cast

AsPerson = Callable[[User], Client]
CARD = "/models/churn-predictor/versions/1/card/"


def texts(words: str = "Ranks customers by their chance of cancelling soon.") -> dict[str, str]:
    return {section.key: f"{section.title}. {words}" for section in SECTIONS}


def test_a_card_is_published_and_read(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    assert b"0 of 14" in client.get(CARD).content
    assert client.post(CARD, {**texts(), "based_on": "0"}).status_code == 302
    revision = CardRevision.objects.get()
    assert revision.number == 1
    page = as_person(cast.vera).get(f"{CARD}read/").content
    assert b"Revision 1, published by Mina Okafor" in page
    assert b"14 of 14" in page


def test_a_draft_is_its_authors_alone(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    typed = {"overview": "A thought that nobody else should read yet.", "based_on": "0"}
    assert client.post(f"{CARD}draft/", typed).status_code == 302
    assert b"A thought that nobody" in client.get(CARD).content
    assert b"A thought that nobody" not in as_person(cast.marc).get(CARD).content
    assert client.post(f"{CARD}discard/").status_code == 302
    assert not CardDraft.objects.exists()


@pytest.mark.parametrize("based_on", ["1", "2147483648", "9" * 30, "-1", ""])
def test_a_draft_on_a_revision_that_is_not_there_is_refused_and_stays_in_the_form(
    cast: Cast, version: ModelVersion, as_person: AsPerson, based_on: str
) -> None:
    typed = {"overview": "Hours of thought.", "based_on": based_on}
    answer = as_person(cast.mina).post(f"{CARD}draft/", typed)
    assert answer.status_code == 400
    assert b"Hours of thought." in answer.content
    assert not CardDraft.objects.exists()


def test_what_was_typed_is_shown_where_the_form_is_not(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    typed = {**texts("<b>Long</b> thought."), "based_on": "0", "csrfmiddlewaretoken": "secret"}
    answer = as_person(cast.vera).post(CARD, typed)
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "What you wrote" in page
    assert "Overview. &lt;b&gt;Long&lt;/b&gt; thought." in page
    assert "secret" not in page


def test_htmx_keeps_a_draft_and_gets_how_complete_it_is(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    response = as_person(cast.mina).post(
        f"{CARD}draft/", {**texts(), "based_on": "0"}, headers={"HX-Request": "true"}
    )
    assert b'id="card-progress"' in response.content
    assert b"<html" not in response.content
    assert CardDraft.objects.count() == 1


def test_a_preview_publishes_nothing_and_shows_markdown_safely(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    typed = {**texts("**bold** <script>alert(1)</script>"), "based_on": "0", "preview": "1"}
    page = as_person(cast.mina).post(CARD, typed)
    assert page.status_code == 200
    assert b"<strong>bold</strong>" in page.content
    assert b"<script>alert" not in page.content
    assert not CardRevision.objects.exists()


def test_two_authors_at_once_both_keep_their_text(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    publish_card(version, actor=cast.marc, sections=texts("Written by Marc himself."), based_on=0)
    client = as_person(cast.mina)
    mine = texts("Written by Mina at the same time.")
    refused = client.post(CARD, {**mine, "based_on": "0"})
    assert refused.status_code == 409
    assert b"Written by Mina at the same time." in refused.content
    assert b"Revision 1 was published while you wrote" in refused.content
    conflict = refused.context["conflict"]
    assert len(conflict.diffs) == len(SECTIONS)
    based_on = refused.context["editor"].form["based_on"].value()
    assert client.post(CARD, {**mine, "based_on": based_on}).status_code == 302
    assert CardRevision.objects.filter(version=version).count() == 2


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"based_on": "0"}, 400),
        ({"based_on": "7", "overview": "x"}, 400),
        ({"based_on": "x", "overview": "x"}, 400),
        ({"overview": "x"}, 400),
        ({"based_on": "0", "overview": "x" * 20_001}, 400),
        ({"based_on": "0", "overview": "a\x07b"}, 400),
    ],
)
def test_a_card_that_cannot_be_published(
    cast: Cast, version: ModelVersion, as_person: AsPerson, typed: dict[str, str], status: int
) -> None:
    response = as_person(cast.mina).post(CARD, typed)
    assert response.status_code == status
    assert not CardRevision.objects.exists()


def test_the_same_text_is_no_new_revision(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    client.post(CARD, {**texts(), "based_on": "0"})
    assert client.post(CARD, {**texts(), "based_on": "1"}).status_code == 409


def test_readers_do_not_write(cast: Cast, version: ModelVersion, as_person: AsPerson) -> None:
    client = as_person(cast.vera)
    assert client.get(CARD).status_code == 403
    assert client.post(CARD, {**texts(), "based_on": "0"}).status_code == 403
    assert client.post(f"{CARD}draft/", {**texts(), "based_on": "0"}).status_code == 403
    assert f'href="{CARD}"' not in client.get(f"{CARD}read/").content.decode()
    assert f'href="{CARD}"' in as_person(cast.mina).get(f"{CARD}read/").content.decode()
    assert client.get(f"{CARD}read/?revision=9").status_code == 404


def test_a_draft_that_was_overtaken_says_so_when_it_is_opened(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    mine = texts("What Mina had in mind before Marc published.")
    client.post(f"{CARD}draft/", {**mine, "based_on": "0"})
    publish_card(version, actor=cast.marc, sections=texts("Written by Marc himself."), based_on=0)
    opened = client.get(CARD)
    assert b"Revision 1 was published while you wrote" in opened.content
    assert b"What Mina had in mind" in opened.content
    based_on = opened.context["editor"].form["based_on"].value()
    assert client.post(CARD, {**mine, "based_on": str(based_on)}).status_code == 302
