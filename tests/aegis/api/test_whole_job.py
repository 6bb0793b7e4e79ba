"""The whole job over the API: by tokens, but the decisions by people who are signed in."""

import hashlib
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from approvals.models import PromotionRequest
from approvals.promoting import promote
from imports.models import Import
from imports.running import run
from registry.cards import SECTIONS
from registry.registration import register_model
from tests.aegis.api.calling import Api
from tests.aegis.api.conftest import Caller
from tests.cast import Cast
from tests.registry.making import report, weights

pytestmark = pytest.mark.django_db

WEIGHTS = weights(bytes(range(256)) * 100)
VERSIONS = "models/churn-predictor/versions/"


def add_version(api: Api, **fields: object) -> int:
    """Upload two files in parts, add the version, and let a worker import it."""
    upload = api.post("uploads/").made()["id"]
    files = f"uploads/{upload}/files/"
    api.part(f"{files}config.json", b"{}").made(200)
    half = len(WEIGHTS) // 2
    first = api.part(
        f"{files}model/weights.bin",
        WEIGHTS[:half],
        Content_Range=f"bytes 0-{half - 1}/{len(WEIGHTS)}",
    ).made(200)
    assert (first["received"], first["complete"]) == (half, False)
    second = api.part(
        f"{files}model/weights.bin",
        WEIGHTS[half:],
        Content_Range=f"bytes {half}-{len(WEIGHTS) - 1}/{len(WEIGHTS)}",
        X_Content_SHA256=hashlib.sha256(WEIGHTS).hexdigest(),
    ).made(200)
    assert second["complete"]
    made = api.post(VERSIONS, {"upload": upload, "new_version": True, **fields})
    number = made.made(202)["number"]
    assert made.json["state"] == "pending"
    assert made.headers["Location"] == f"/api/v1/{VERSIONS}{number}/"
    job = api.get(f"imports/{made.json['import']}/").made(200)
    assert (job["state"], job["version"]) == ("waiting", number)
    run(Import.objects.get(number=job["number"]).pk)
    assert api.get(f"imports/{job['number']}/").made(200)["state"] == "done"
    return int(number)


def document(api: Api, version: str) -> None:
    """Write the card and attach a report."""
    sections = {
        one.key: f"{one.title}: what readers need to know of it, at length." for one in SECTIONS
    }
    card = api.put(f"{version}card/", {"sections": sections, "based_on": 0})
    assert card.made(200)["missing"] == []
    evidence = api.form(
        f"{version}evidence/",
        {
            "kind": "evaluation_report",
            "title": "Holdout",
            "file": SimpleUploadedFile("report.json", json.dumps(report()).encode()),
        },
    ).made()
    assert evidence["outcome"] == "pass"
    api.post(f"{version}compliance-tags/", {"name": "evaluated"}).made()
    api.post(f"{version}metrics/", {"name": "recall", "value": 0.8}).made()
    api.post(f"{version}facts/", {"name": "code_version", "value": "a" * 40}).made()


def decide(request: int, *reviewers: str) -> None:
    """Let people approve what they saw."""
    for name in reviewers:
        person = Api.signed_in(name)
        seen = person.get(f"promotions/{request}/").made(200)["subject"]["digest"]
        said = {"verdict": "approve", "subject_digest": seen}
        person.post(f"promotions/{request}/decisions/", said).made()


def carry_out(request: int) -> None:
    promote(PromotionRequest.objects.get(number=request).pk)


def test_from_files_to_production_and_back(cast: Cast, by_token: Caller) -> None:
    marc, mina = by_token(cast.marc), by_token(cast.mina)
    named = {"name": "churn-predictor", "team": "growth", "description": "Who leaves?"}
    marc.post("models/", named).made()
    marc.put("models/churn-predictor/access/teams/risk-team/reviewer/").made(200)

    for number in (1, 2):
        assert add_version(mina, label=f"{number}.0.0") == number
        version = f"{VERSIONS}{number}/"
        gates = mina.get(f"{version}gates/?stage=Production").made(200)
        assert {one["gate"]: one["outcome"] for one in gates["results"]}["model_card"] == "fail"
        document(mina, version)
        asked = mina.post(f"{version}promotions/", {"target": "Production", "reason": "Better."})
        request = asked.made()["number"]
        decide(request, "rita", "remy")
        assert mina.get(f"promotions/{request}/").made(200)["state"] == "approved"
        carry_out(request)
        done = mina.get(f"promotions/{request}/").made(200)
        assert (done["state"], done["decisions"][0]["decided_by"]) == ("promoted", "rita")
        assert json.loads(mina.get(f"promotions/{request}/statement/").bytes)["dsseEnvelope"]

    found = mina.get(f"{VERSIONS}production/").made(200)
    assert (found["number"], found["found_by"], found["aliases"]) == (2, "stage", ["production"])
    assert mina.get(f"{VERSIONS}1/").made(200)["stage"] == "Archived"
    moved = marc.post(
        "models/churn-predictor/rollback/", {"to_version": "1.0.0", "reason": "It is slower."}
    ).made()
    assert (moved["kind"], moved["version"], moved["target"]) == ("rollback", 1, "Production")
    names = {
        one["name"]: one["version"]
        for one in mina.get("models/churn-predictor/aliases/").json["results"]
    }
    assert names == {"production": 1}
    actions = [
        one["action"]
        for one in mina.get("audit/events/?model=churn-predictor").made(200)["results"]
    ]
    assert actions.count("decision:made") == 4
    assert "version:rolled_back" in actions


def test_the_bytes_come_back_as_they_were(cast: Cast, by_token: Caller) -> None:
    mina = by_token(cast.mina)
    register_model(actor=cast.marc, name="churn-predictor", team=cast.growth)
    add_version(mina)
    version = f"{VERSIONS}latest/"
    listed = mina.get(f"{version}files/").made(200)["results"]
    assert [one["path"] for one in listed] == ["config.json", "model/weights.bin"]
    whole = mina.get(f"{version}files/model/weights.bin")
    assert (whole.status, whole.bytes) == (200, WEIGHTS)
    part = mina.get(f"{version}files/model/weights.bin", Range="bytes=100-299")
    assert (part.status, part.bytes) == (206, WEIGHTS[100:300])
    assert part.headers["Content-Range"] == f"bytes 100-299/{len(WEIGHTS)}"
    tag = whole.headers["ETag"]
    assert mina.get(f"{version}files/model/weights.bin", If_None_Match=tag).status == 304
    package = mina.get(f"{version}artifact/")
    assert hashlib.sha256(package.bytes).hexdigest() == package.headers["ETag"].strip('"')
    assert "dsseEnvelope" in json.loads(mina.get(f"{version}signature/").bytes)
