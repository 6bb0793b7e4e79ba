"""The pages of signing keys, and what the page of a version says of its signatures."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from aegis.accounts.models import User
from registry.models import ModelVersion, RegisteredModel, SigningJob, SigningKey
from registry.signing.configured import default_key
from registry.signing_jobs import due_jobs, run_job
from registry.signing_keys import make_default
from tests.cast import PASSWORD, Cast
from tests.fakes import RotatingSigner
from tests.registry.keys import compromise, new_key

AsPerson = Callable[[User], Client]
PAGE = "/models/churn-predictor/versions/1/"
KEY = "/keys/aegis-development/"


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_everybody_reads_the_keys_and_takes_their_public_halves(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    stan = as_person(cast.stan)
    assert KEY in text(stan, "/keys/")
    page = text(stan, KEY)
    listed = default_key().versions.get()
    assert listed.hint in page
    assert "BEGIN PUBLIC KEY" in page
    assert "Mark as compromised" not in page
    pem = stan.get(f"{KEY}v1.pem")
    assert pem.content.decode() == listed.public_key
    assert 'filename="aegis-development.v1.pem"' in pem["Content-Disposition"]
    assert stan.get(f"{KEY}v9.pem").status_code == 404
    assert stan.get("/keys/nobody/").status_code == 404


def test_an_administrator_adds_edits_and_retires(cast: Cast, as_person: AsPerson) -> None:
    ada = as_person(cast.ada)
    made = ada.post("/keys/new/", {"name": "growth", "provider": "vault", "risk_tiers": ["2", "3"]})
    assert made["Location"] == "/keys/growth/"
    assert "Not seen yet" in text(ada, "/keys/growth/")
    again = ada.post("/keys/new/", {"name": "growth", "provider": "vault", "risk_tiers": ["1"]})
    assert "There is a signing key growth already." in again.content.decode()
    assert again.status_code == 409
    said = {"description": "Growth's.", "teams": [str(cast.growth.pk)], "risk_tiers": ["2"]}
    assert ada.post("/keys/growth/edit/", said).status_code == 302
    key = SigningKey.objects.get(name="growth")
    assert (key.risk_tiers, list(key.teams.all())) == ([2], [cast.growth])
    ada.post("/keys/growth/retire/")
    assert "Retired" in text(ada, "/keys/growth/")
    assert ada.post("/keys/growth/burn/").status_code == 404


def test_an_administrator_takes_over_a_key_to_verify_only(cast: Cast, as_person: AsPerson) -> None:
    ada, pems = as_person(cast.ada), [RotatingSigner().public_keys()[0].public_key_pem] * 2
    pems[1] = RotatingSigner().public_keys()[0].public_key_pem
    said = {"name": "ci-sign", "provider": "verify-only", "risk_tiers": ["1"], "version": "1"}
    bare = ada.post("/keys/new/", said)
    assert (bare.status_code, "is listed with its public key" in bare.content.decode()) == (
        400,
        True,
    )
    made = ada.post("/keys/new/", {**said, "public_key": pems[0]})
    assert made["Location"] == "/keys/ci-sign/"
    page = text(ada, "/keys/ci-sign/")
    assert "Aegis cannot sign with it" in page
    assert "Look for new versions" not in page
    assert 'value="2"' in text(ada, "/keys/ci-sign/versions/new/")
    next_one = {"version": "2", "public_key": pems[1]}
    assert ada.post("/keys/ci-sign/versions/new/", next_one).status_code == 302
    assert SigningKey.objects.get(name="ci-sign").versions.count() == 2
    again = ada.post("/keys/ci-sign/versions/new/", next_one)
    assert again.status_code == 409
    assert "BEGIN PUBLIC KEY" in again.content.decode(), "what was pasted stays in the form"


def test_a_private_key_is_not_sent_back_to_the_browser(cast: Cast, as_person: AsPerson) -> None:
    bare, head = "MHcCAQEE", "EC PRIVATE KEY"
    secret = f"-----BEGIN {head}-----\n{bare}\n-----END {head}-----"
    said = {"name": "a b", "provider": "verify-only", "risk_tiers": ["1"], "version": "1"}
    answers = [
        as_person(cast.ada).post("/keys/new/", {**said, "public_key": secret, **more})
        for more in ({}, {"name": "ci-sign"}, {"name": "ci-sign", "public_key": bare})
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert "is a private key" in answers[1].content.decode()
    assert not any(bare in answer.content.decode() for answer in answers)
    assert not SigningKey.objects.filter(name="ci-sign").exists()


def test_marking_asks_for_the_password_and_leads_to_signing_again(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    make_default(new_key(cast, "second"), actor=cast.ada)
    ada = as_person(cast.ada)
    asked = text(ada, f"{KEY}compromise/")
    assert "Your password" in asked
    assert "1 signature of versions stop" in " ".join(asked.split())
    refused = ada.post(f"{KEY}compromise/", {"reason": "Stolen.", "password": "wrong"})
    assert refused.status_code in {400, 403}
    assert not default_key().versions.get().is_compromised
    done = ada.post(f"{KEY}compromise/", {"reason": "<Stolen>.", "password": PASSWORD})
    assert done.status_code == 302, done.content
    page = text(ada, KEY)
    assert "&lt;Stolen&gt;." in page
    assert "Sign 1 version again" in page
    assert "Sign 1 version again" not in text(as_person(cast.marc), KEY)
    ada.post(f"{KEY}sign-again/")
    assert 'hx-trigger="every 2s"' in text(ada, f"{KEY}progress/")
    for job in list(due_jobs()):
        run_job(job.pk)
    assert "All signed again" in text(ada, KEY)


def test_a_maintainer_has_a_version_signed_again_from_its_page(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    make_default(new_key(cast, "second"), actor=cast.ada)
    compromise(SigningKey.objects.get(name="aegis-development"), cast)
    mina, marc = as_person(cast.mina), as_person(cast.marc)
    assert "Compromised key" in text(mina, PAGE)
    assert f"{PAGE}sign-again/" not in text(mina, PAGE)
    assert f"{PAGE}sign-again/" in text(marc, PAGE)
    assert marc.post(f"{PAGE}sign-again/").status_code == 302
    waiting = text(marc, PAGE)
    assert "It is being signed again." in waiting
    assert f"{PAGE}sign-again/" not in waiting
    run_job(SigningJob.objects.get().pk)
    after = text(mina, PAGE)
    assert "Compromised key" not in after
    assert "Earlier signatures" in after
    assert "/keys/second/" in after


def test_a_version_is_signed_with_the_key_that_was_chosen(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    mina = as_person(cast.mina)
    path = "/models/churn-predictor/versions/new/"
    assert "Signing key" not in text(mina, path).split("</header>")[-1]
    new_key(cast, "second")
    assert "Signing key" in text(mina, path).split("</header>")[-1]
    said = {"files": SimpleUploadedFile("a.bin", b"a"), "sign_key": "second"}
    assert mina.post(path, said).status_code == 302
    assert ModelVersion.objects.get(registered_model=model).job.signing_key.name == "second"


@pytest.mark.parametrize(("path", "most"), [("/keys/", 9), (KEY, 12)])
def test_the_pages_cost_few_queries(
    cast: Cast,
    version: ModelVersion,
    as_person: AsPerson,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    path: str,
    most: int,
) -> None:
    for name in ("second", "third", "fourth"):
        compromise(new_key(cast, name), cast)
    ada = as_person(cast.ada)
    ada.get(path)
    with django_assert_max_num_queries(most):
        ada.get(path)
