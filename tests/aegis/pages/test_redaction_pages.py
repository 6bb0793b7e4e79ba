"""Redactions in the browser: proposed by one, agreed to by another, and seen by everybody."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from aegis.accounts.models import User
from approvals.decisions import comment_on
from registry.cards_publishing import publish_card
from registry.models import CardRevision, ModelVersion, Redaction
from registry.redacting import run_job
from tests.approvals import making as approving
from tests.cast import PASSWORD, Cast
from tests.registry import making
from tests.registry.redacting import CANARY, agree, propose

AsPerson = Callable[[User], Client]
VERSION = "/models/churn-predictor/versions/1/"
NEW = f"{VERSION}redactions/new/"


def words_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def card(cast: Cast, version: ModelVersion) -> CardRevision:
    return publish_card(version, actor=cast.mina, sections={"overview": CANARY}, based_on=0)


def test_two_people_redact_a_card_in_the_browser(
    cast: Cast, version: ModelVersion, card: CardRevision, as_person: AsPerson
) -> None:
    mina, rita = as_person(cast.mina), as_person(cast.rita)
    page = mina.get(f"{VERSION}card/read/").content.decode()
    assert "Redact this revision…" in page
    address = f"{NEW}?kind=card_revision&amp;target={card.pk}"
    assert address in page
    shown = words_of(mina, address.replace("&amp;", "&"))
    assert "Revision 1 of the model card" in shown
    assert CANARY not in shown

    form = {"kind": "card_revision", "target": str(card.pk), "reason_code": "personal_data"}
    assert mina.post(NEW, form).status_code == 400
    answer = mina.post(NEW, {**form, "reason": "It names a customer."})
    redaction = Redaction.objects.get()
    place = f"{VERSION}redactions/{redaction.pk}/"
    assert (answer.status_code, answer["Location"]) == (302, place)
    assert "Take my proposal back" in words_of(mina, place)
    assert "Agree: it has to go" not in words_of(mina, place)
    assert "Agree: it has to go" in words_of(rita, place)
    assert CANARY not in words_of(rita, place)

    said = {"verdict": "approve", "comment": "So it does.", "password": PASSWORD}
    answer = rita.post(place, said)
    assert answer.status_code == 302, answer.content.decode()

    for address in (place, f"{VERSION}card/read/", f"{VERSION}redactions/"):
        shown = words_of(as_person(cast.vera), address)
        assert CANARY not in shown
        assert "Redacted" in shown
    read = words_of(as_person(cast.vera), f"{VERSION}card/read/")
    assert "by Mina Okafor and Rita Sandoval" in read
    assert "It names a customer." in read
    assert CANARY not in words_of(mina, VERSION)
    assert words_of(mina, f"{VERSION}card/")


def test_agreeing_takes_the_password_after_a_while(
    cast: Cast, version: ModelVersion, card: CardRevision, as_person: AsPerson,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from datetime import timedelta

    from aegis.accounts import recent

    redaction = propose(version, cast.mina, "card_revision", card.pk)
    rita = as_person(cast.rita)
    place = f"{VERSION}redactions/{redaction.pk}/"
    monkeypatch.setattr(recent, "RECENT", timedelta(0))

    assert "Your password" in words_of(rita, place)
    wrong = rita.post(place, {"verdict": "approve", "password": "no"})
    assert wrong.status_code == 403
    assert rita.post(place, {"verdict": "decline", "comment": "It is made up."}).status_code == 302


def test_a_redacted_file_and_evidence_leave_tombstones(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    piece = making.attach(version, cast.mina, title=CANARY[:40])
    mina = as_person(cast.mina)
    page = mina.get(VERSION).content.decode()
    assert f"{NEW}?kind=evidence&amp;target={piece.pk}" in page
    assert f"{NEW}?kind=file&amp;target=config.json" in page
    assert f"{NEW}?kind=file&amp;target=model%2Fweights.bin" in page
    assert "Redact…" not in words_of(as_person(cast.vera), VERSION)
    for kind, target in (("evidence", piece.pk), ("file", "config.json")):
        redaction = propose(version, cast.mina, kind, target)
        agree(redaction, cast.rita)
        assert run_job(redaction.pk)

    for address in (VERSION, f"{VERSION}files/"):
        shown = words_of(as_person(cast.vera), address)
        assert CANARY not in shown
        assert "Who, when and why" in shown
    assert "Redacted by Mina Okafor and Rita Sandoval" in words_of(mina, VERSION)
    assert "What was redacted" in words_of(mina, VERSION)
    gone = mina.get(f"{VERSION}evidence/{piece.pk}/file/")
    assert gone.status_code == 409
    answer = mina.get("/api/v1/models/churn-predictor/versions/1/files/config.json")
    assert (answer.status_code, answer.json()["code"]) == (409, "file_redacted")
    listed = mina.get("/api/v1/models/churn-predictor/versions/1/files/").json()["results"]
    assert [bool(row["redacted_at"]) for row in listed] == [True, False]


def test_a_redacted_comment_says_so_in_the_discussion(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    approving.staging_policy(cast)
    request = approving.ask(version, cast.mina, "Staging")
    comment = comment_on(request, actor=cast.vera, body=CANARY)
    review = f"/reviews/{request.number}/"
    page = as_person(cast.mina).get(review).content.decode()
    assert f"{NEW}?kind=comment&amp;target={comment.pk}" in page

    agree(propose(version, cast.mina, "comment", comment.pk), cast.marc)

    shown = words_of(as_person(cast.vera), review)
    assert CANARY not in shown
    assert "by Mina Okafor and Marc Delacroix" in shown


def test_the_api_takes_a_session_to_agree(
    cast: Cast, version: ModelVersion, card: CardRevision, as_person: AsPerson
) -> None:
    address = "/api/v1/models/churn-predictor/versions/1/redactions/"
    said = {
        "kind": "card_revision", "target": str(card.pk), "reason_code": "secret", "reason": "Key.",
    }  # fmt: skip
    made = as_person(cast.mina).post(address, said, content_type="application/json").json()
    assert (made["state"], made["digest"], made["is_signed"]) == ("proposed", card.digest, False)

    place = f"{address}{made['id']}/decisions/"
    said = {"verdict": "approve"}
    rita = as_person(cast.rita)
    refused = rita.post(place, said, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "reauthentication_required")
    rita = Client()
    rita.post("/account/login/", {"login": "rita", "password": PASSWORD})
    agreed = rita.post(place, said, content_type="application/json")

    assert agreed.status_code == 201, agreed.content
    assert (agreed.json()["state"], agreed.json()["decided_by"]) == ("done", "rita")
    missing = as_person(cast.vera).get(f"{address}{made['id']}/statement/")
    assert (missing.status_code, missing.json()["code"]) == (404, "statement_missing")


def test_it_waits_in_the_inbox_of_whoever_can_answer(
    cast: Cast, version: ModelVersion, card: CardRevision, as_person: AsPerson
) -> None:
    redaction = propose(version, cast.marc, "card_revision", card.pk)
    place = f"{VERSION}redactions/{redaction.pk}/"

    for person, is_asked in (
        (cast.rita, True), (cast.marc, False), (cast.mina, False), (cast.otto, False),
    ):  # fmt: skip
        page = as_person(person).get("/reviews/").content.decode()
        assert (place in page) is is_asked, person
    agree(redaction, cast.rita)
    assert place not in as_person(cast.remy).get("/reviews/").content.decode()
