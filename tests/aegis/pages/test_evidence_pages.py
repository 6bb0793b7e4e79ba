"""Attaching evidence, vouching for it, and the tags that rest on it."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from aegis.accounts.models import User
from registry.models import Attestation, ComplianceTag, Evidence, Metric, ModelVersion
from tests.cast import Cast
from tests.registry import making

AsPerson = Callable[[User], Client]
VERSION = "/models/churn-predictor/versions/1/"


def typed(**changes: object) -> dict[str, object]:
    return {
        "kind": "security_review",
        "title": "Red team notes",
        "file": SimpleUploadedFile("notes.txt", b"We tried to break it."),
        **changes,
    }


def test_an_evaluation_report_is_read(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    report = typed(kind="evaluation_report", file=making.file(making.report()))
    response = client.post(f"{VERSION}evidence/", report)
    assert response.status_code == 302
    assert response["Location"] == f"{VERSION}#evidence"
    assert Metric.objects.filter(source="report").count() == 2
    assert b"Read from the file" in client.get(VERSION).content


def test_a_piece_is_attested_by_somebody_else_and_carries_its_tag(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    mina, rita = as_person(cast.mina), as_person(cast.rita)
    mina.post(f"{VERSION}evidence/", typed())
    piece = Evidence.objects.get()
    attest = f"{VERSION}evidence/{piece.pk}/attest/"
    word = {"verdict": "pass", "comment": "I read all of it."}
    assert b"You cannot attest your own" in mina.get(VERSION).content
    own = mina.post(attest, word)
    assert own.status_code == 403
    assert b"I read all of it." in own.content
    assert attest.encode() in rita.get(VERSION).content
    assert rita.post(attest, word).status_code == 302
    assert Attestation.objects.get().attested_by == cast.rita
    assert b"Add tag security_reviewed" in mina.get(VERSION).content
    claimed = mina.post(f"{VERSION}tags/", {"name": "security_reviewed"})
    assert claimed.status_code == 302
    assert ComplianceTag.objects.get().name == "security_reviewed"
    assert rita.post(attest, word).status_code == 409


def test_the_file_is_given_back_and_never_shown_in_place(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    piece = making.attach(
        version, cast.mina, kind="other", file=SimpleUploadedFile("x.html", b"<script></script>")
    )
    response = as_person(cast.vera).get(f"{VERSION}evidence/{piece.pk}/file/")
    assert response.getvalue() == b"<script></script>"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "nonsense"}, "kind"),
        ({"title": ""}, "title"),
        ({"file": ""}, "file"),
        ({"supersedes": "018f5a00-0000-7000-8000-000000000000"}, "supersedes"),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    cast: Cast,
    version: ModelVersion,
    as_person: AsPerson,
    changes: dict[str, object],
    field: str,
) -> None:
    response = as_person(cast.mina).post(f"{VERSION}evidence/", typed(**changes))
    assert response.status_code == 400
    assert field in response.context["form"].errors
    assert not Evidence.objects.exists()


def test_a_report_that_is_none_is_refused(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    broken = typed(
        kind="evaluation_report", file=making.file({"format": "aegis.evaluation-report/1"})
    )
    response = as_person(cast.mina).post(f"{VERSION}evidence/", broken)
    assert response.status_code == 400
    assert b"Red team notes" in response.content


def test_an_empty_file_is_refused(cast: Cast, version: ModelVersion, as_person: AsPerson) -> None:
    empty = typed(file=SimpleUploadedFile("empty.txt", b""))
    assert as_person(cast.mina).post(f"{VERSION}evidence/", empty).status_code == 400


def test_a_tag_needs_evidence(cast: Cast, version: ModelVersion, as_person: AsPerson) -> None:
    client = as_person(cast.mina)
    response = client.post(f"{VERSION}tags/", {"name": "bias_checked"})
    assert response.status_code == 409
    assert b"Attach a bias audit" in response.content
    assert client.post(f"{VERSION}tags/", {"name": "nonsense"}).status_code == 400


def test_readers_neither_attach_nor_vouch(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    piece = making.attach(version, cast.mina, kind="other")
    client = as_person(cast.vera)
    assert client.get(f"{VERSION}evidence/").status_code == 403
    assert client.post(f"{VERSION}evidence/", typed()).status_code == 403
    word = {"verdict": "pass", "comment": "Fine."}
    assert client.post(f"{VERSION}evidence/{piece.pk}/attest/", word).status_code == 403
    assert (
        client.get(f"{VERSION}evidence/018f5a00-0000-7000-8000-000000000000/file/").status_code
        == 404
    )
