"""What a version and its documents are refused, and how cards, aliases and rollbacks answer."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from registry.models import ModelVersion, RegisteredModel
from tests.aegis.api.calling import Api
from tests.aegis.api.conftest import Caller
from tests.approvals.making import write_card
from tests.cast import Cast
from tests.registry.making import new_import

pytestmark = pytest.mark.django_db

MODEL = "models/churn-predictor/"
VERSION = f"{MODEL}versions/1/"


def test_a_metric_that_is_no_number_is_refused_as_json(mina: Api, version: ModelVersion) -> None:
    sent = mina.send("POST", f"{VERSION}metrics/", b'{"name": "accuracy", "value": NaN}')
    assert sent.refused(400) == "json_number_not_finite"


def test_a_report_that_breaks_its_schema_leaves_nothing(mina: Api, version: ModelVersion) -> None:
    fields = {"kind": "evaluation_report", "title": "Holdout"}
    broken = SimpleUploadedFile("report.json", b'{"format": "aegis.evaluation-report/1"}')
    refused = mina.form(f"{VERSION}evidence/", {**fields, "file": broken})
    assert refused.refused(400) == "report_breaks_schema"
    assert mina.form(f"{VERSION}evidence/", fields).refused(400) == "file_missing"
    further = {**fields, "file": SimpleUploadedFile("a.json", b"{}"), "colour": "red"}
    assert mina.form(f"{VERSION}evidence/", further).refused(400) == "unknown_field"
    assert mina.get(f"{VERSION}evidence/").json["results"] == []


def test_a_label_must_be_a_label_and_free(mina: Api, cast: Cast, version: ModelVersion) -> None:
    def add(label: str) -> Any:
        upload = mina.post("uploads/").made()["id"]
        mina.part(f"uploads/{upload}/files/a.bin", b"a").made(200)
        return mina.post(f"{MODEL}versions/", {"upload": upload, "label": label})

    assert add("7").refused(400) == "label_reserved"
    assert add("latest").refused(400) == "label_reserved"
    add("2.0.0").made(202)
    assert add("2.0.0").refused(409) == "label_taken"
    assert ModelVersion.objects.count() == 2


def test_an_upload_without_files_makes_no_version(mina: Api, version: ModelVersion) -> None:
    upload = mina.post("uploads/").made()["id"]
    sent = mina.post(f"{MODEL}versions/", {"upload": upload})
    assert sent.refused(400) == "no_files"


def test_nobody_asks_for_a_version_that_is_not_ready(
    mina: Api, cast: Cast, model: RegisteredModel
) -> None:
    new_import(model, cast.mina)
    said = {"target": "Staging", "reason": "Please."}
    assert mina.post(f"{VERSION}promotions/", said).refused(409) == "version_pending"


def test_a_card_that_changed_meanwhile_is_not_overwritten(
    mina: Api, cast: Cast, version: ModelVersion
) -> None:
    write_card(version, cast.marc)
    sections = {"overview": "Another one."}
    assert mina.put(f"{VERSION}card/", {"sections": sections}).refused(409) == "card_changed"
    late = mina.put(f"{VERSION}card/", {"sections": sections}, If_Match='"0"')
    assert late.refused(409) == "card_changed"
    assert mina.put(f"{VERSION}card/", {"sections": sections}, If_Match="x").refused(400) == (
        "if_match_invalid"
    )
    tag = mina.get(f"{VERSION}card/").headers["ETag"]
    kept = mina.put(f"{VERSION}card/", {"sections": sections}, If_Match=tag)
    assert kept.made(200)["number"] == 2
    assert mina.put(f"{VERSION}card/", {"sections": {"colour": "x"}}).refused(400)


def test_an_alias_that_follows_a_stage_is_nobodys_to_set(mina: Api, version: ModelVersion) -> None:
    assert mina.put(f"{MODEL}aliases/production/", {"version": "1"}).refused(403) == (
        "alias_is_governed"
    )
    assert mina.put(f"{MODEL}aliases/dev-anna/", {"version": "9"}).refused(404) == (
        "version_not_found"
    )
    assert mina.put(f"{MODEL}aliases/dev-anna/", {"version": "1"}).made(200)["version"] == 1
    assert mina.get(f"{MODEL}versions/dev-anna/").made(200)["found_by"] == "alias"
    assert mina.delete(f"{MODEL}aliases/dev-anna/").status == 204
    assert mina.delete(f"{MODEL}aliases/dev-anna/").refused(404) == "alias_not_found"


def test_a_rollback_goes_to_what_was_in_production(
    by_token: Caller, cast: Cast, version: ModelVersion
) -> None:
    marc = by_token(cast.marc)
    said = {"to_version": "1", "reason": "Better."}
    assert marc.post(f"{MODEL}rollback/", said).status == 409
    assert marc.post(f"{MODEL}rollback/", {"to_version": "1"}).refused(400) == "invalid_input"
