"""The list of keys by API, the published list, and what anybody verifies with it."""

import json

import pytest
from django.test import Client

from aegis.proof.manifest import Manifest
from aegis.proof.signing.bundle import verify_manifest, verify_statement
from aegis.sdk.trust import TrustedKeys
from approvals.promoting import promote
from registry.models import ModelVersion, SigningKey
from registry.signing_jobs import due_jobs, run_job
from tests.aegis.api.calling import Api
from tests.aegis.api.conftest import Caller
from tests.approvals import making as approving
from tests.cast import Cast
from tests.fakes import RotatingSigner
from tests.registry.keys import compromise

VERSION = "models/churn-predictor/versions/1/"
PUBLISHED = "/.well-known/aegis/keys.json"


@pytest.fixture
def ada(cast: Cast, by_token: Caller) -> Api:
    """The administrator's automation."""
    return by_token(cast.ada, "read", "write", "admin")


def published() -> list[dict[str, object]]:
    document = json.loads(Client().get(PUBLISHED).content)
    assert document["format"] == 1
    listed: list[dict[str, object]] = document["keys"]
    return listed


def test_anybody_fetches_the_public_keys_and_has_them_cached(version: ModelVersion) -> None:
    client = Client()
    first = client.get(PUBLISHED)
    assert first.status_code == 200
    assert "public" in first["Cache-Control"]
    assert client.get(PUBLISHED, headers={"If-None-Match": first["ETag"]}).status_code == 304
    (key,) = published()
    assert (key["name"], key["version"], key["state"]) == ("aegis-development", "1", "active")
    assert key["is_development"] is True
    assert key["compromised_at"] is None


def test_the_list_says_what_is_retired_or_compromised_and_no_reason(
    cast: Cast, version: ModelVersion
) -> None:
    before = Client().get(PUBLISHED)["ETag"]
    (marked,) = compromise(SigningKey.objects.get(), cast)
    (key,) = published()
    assert key["state"] == "compromised"
    assert key["compromised_at"] == marked.compromised_at.isoformat()  # type: ignore[union-attr]  # Just marked.
    assert "stolen" not in json.dumps(key)
    assert before != Client().get(PUBLISHED)["ETag"]


def test_a_version_and_its_promotion_verify_with_the_published_keys_alone(
    cast: Cast, version: ModelVersion, mina: Api
) -> None:
    approving.write_card(version, cast.mina)
    request = approving.ask(version, cast.mina)
    approving.say(request, cast.rita)
    approving.say(request, cast.remy)
    promote(request.pk)
    trusted = TrustedKeys.of_document({"format": 1, "keys": published()})
    bundle = mina.get(f"{VERSION}signature/").bytes
    manifest = Manifest.parse(version.artifact.manifest.encode())
    verify_manifest(bundle, manifest, public_key_pem=trusted.of_bundle(bundle).public_key_pem)
    answer = mina.get(f"promotions/{request.number}/statement/")
    statement = verify_statement(
        answer.bytes, public_key_pem=trusted.of_bundle(answer.bytes).public_key_pem
    )
    said = statement["predicate"]
    assert statement["subject"][0]["digest"]["sha256"] == version.digest
    assert said["subject"]["sha256"] == approving.seen(request)
    assert {one["person"] for one in said["approvals"]} == {str(cast.rita.pk), str(cast.remy.pk)}
    assert [(one["policy"], one["revision"]) for one in said["policies"]] == [("production", 1)]
    assert "X-Aegis-Key-Compromised" not in answer.headers
    compromise(SigningKey.objects.get(), cast)
    late = mina.get(f"promotions/{request.number}/statement/")
    assert late.headers["X-Aegis-Key-Compromised"]
    trusted = TrustedKeys.of_document({"format": 1, "keys": published()})
    assert trusted.of_bundle(late.bytes).compromised_at


def test_an_administrator_keeps_the_list(ada: Api, cast: Cast) -> None:
    made = ada.post("keys/", {"name": "growth", "provider": "vault", "teams": ["growth"]})
    assert (made.status, made.json["teams"], made.json["risk_tiers"]) == (
        201,
        ["growth"],
        [1, 2, 3],
    )
    assert ada.post("keys/", {"name": "growth", "provider": "vault"}).status == 409
    assert ada.post("keys/", {"name": "x", "provider": "vault", "teams": ["no"]}).status == 400
    changed = ada.patch("keys/growth/", {"risk_tiers": [3]})
    assert (changed.json["risk_tiers"], changed.json["teams"]) == ([3], ["growth"])
    assert ada.post("keys/growth/default/", {}).json["is_default"] is True
    assert ada.post("keys/aegis-development/retirement/", {}).json["retired_at"]
    assert ada.delete("keys/aegis-development/retirement/").json["retired_at"] is None
    assert ada.get("keys/nobody/").status == 404


def test_a_key_to_verify_only_is_listed_and_rotated_by_its_public_keys(ada: Api) -> None:
    first, second = RotatingSigner(), RotatingSigner()
    pems = [signer.public_keys()[0].public_key_pem for signer in (first, second)]
    said = {"name": "ci-sign", "provider": "verify-only"}
    assert ada.post("keys/", said).refused(400) == "public_key_missing"
    made = ada.post("keys/", {**said, "public_keys": [{"version": "1", "public_key": pems[0]}]})
    assert made.made()["versions"][0]["public_key"] == pems[0]
    next_one = {"version": "2", "public_key": pems[1]}
    grown = ada.post("keys/ci-sign/versions/", next_one).made()
    assert [one["version"] for one in grown["versions"]] == ["1", "2"]
    assert ada.post("keys/ci-sign/versions/", next_one).refused(409) == "signing_key_version_order"
    secret = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----"
    answer = ada.post("keys/ci-sign/versions/", {"version": "3", "public_key": secret})
    assert (answer.refused(400), b"MIGH" in answer.bytes) == ("public_key_is_private", False)
    assert ada.post("keys/ci-sign/default/", {}).refused(409) == "signing_key_verify_only"
    assert [one["is_verify_only"] for one in published()] == [False, True, True]


def test_a_token_marks_no_key_as_compromised(ada: Api) -> None:
    answer = ada.post("keys/aegis-development/compromise/", {"reason": "Stolen."})
    assert (answer.status, answer.json["code"]) == (403, "human_session_required")


def test_the_scope_of_administrators_is_asked_for(cast: Cast, by_token: Caller) -> None:
    answer = by_token(cast.ada, "read", "write").post("keys/growth/default/", {})
    assert answer.status == 403


def test_a_version_is_signed_again_by_api(
    cast: Cast, version: ModelVersion, ada: Api, by_token: Caller
) -> None:
    ada.post("keys/", {"name": "second", "provider": "development"})
    compromise(SigningKey.objects.get(name="aegis-development"), cast)
    asked = ada.post("keys/aegis-development/sign-again/", {}).json
    assert (asked["asked"], sum(asked["refused"].values())) == (1, 0)
    marc = by_token(cast.marc)
    job = marc.post(f"{VERSION}signatures/", {"sign_key": "second"})
    assert (job.status, job.json["state"]) == (202, "waiting")
    run_job(due_jobs()[0].pk)
    found = marc.get(f"{VERSION}signatures/").json
    assert [one["key_name"] for one in found["results"]] == ["second", "aegis-development"]
    assert [bool(one["compromised_at"]) for one in found["results"]] == [False, True]
    assert found["job"]["state"] == "done"
    assert by_token(cast.mina).post(f"{VERSION}signatures/", {}).status == 403
