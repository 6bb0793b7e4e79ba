"""Bad input at literal addresses: the status and the code of each, and nothing half done."""

from typing import Any

import pytest

from aegis.audit.models import AuditEvent
from registry.models import ModelVersion, RegisteredModel
from tests.aegis.api.calling import Api, answer_of

pytestmark = pytest.mark.django_db

MODEL = "models/churn-predictor/"
VERSION = f"{MODEL}versions/1/"
NEW = {"name": "fraud-detector", "team": "growth"}


READ_WRONGLY = [
    ("models/nothing-here/", 404, "model_not_found"),
    ("models/no%00thing/", 404, "model_not_found"),
    (f"{MODEL}versions/99/", 404, "version_not_found"),
    (f"{MODEL}versions/99999999999999999999/", 404, "version_not_found"),
    (f"{MODEL}versions/nowhere/", 404, "version_not_found"),
    (f"{VERSION}card/", 404, "card_missing"),
    (f"{VERSION}files/nothing.bin", 404, "file_not_found"),
    (f"{VERSION}files/../config.json", 404, "file_not_found"),
    (f"{VERSION}evidence/0198c0de-0000-7000-8000-000000000000/", 404, "evidence_not_found"),
    (f"{VERSION}gates/?stage=Archived", 400, "stage_unknown"),
    (f"{MODEL}aliases/champion/", 404, "alias_not_found"),
    ("models/?page_size=0", 400, "page_size_invalid"),
    ("models/?page_size=101", 400, "page_size_invalid"),
    ("models/?page_size=ten", 400, "page_size_invalid"),
    ("models/?cursor=elsewhere", 400, "cursor_invalid"),
    ("models/?sort=size", 400, "sort_unknown"),
    ("models/?colour=red", 400, "unknown_parameter"),
    ("models/?q=a&q=b", 400, "parameter_twice"),
    ("models/?q=a%00b", 400, "parameter_nul"),
    (f"{MODEL}versions/?cursor=cD1ib2I%3D", 400, "cursor_invalid"),
    (f"{MODEL}versions/?cursor=%ff%fe", 400, "cursor_invalid"),
    ("promotions/?state=done", 400, "choice_unknown"),
    ("promotions/?mine=yes", 400, "flag_invalid"),
    ("promotions/99/", 404, "request_not_found"),
    ("promotions/99999999999999999999999/", 404, "request_not_found"),
    ("imports/99/", 404, "import_not_found"),
    ("uploads/0198c0de-0000-7000-8000-000000000000/", 404, "upload_not_found"),
    ("audit/events/?model=nothing-here", 404, "model_not_found"),
    ("tokens/?user=rita", 403, "administrators_only"),
    (f"{VERSION}?{'a=1&' * 1001}", 400, "request_refused"),
    ("nothing/", 404, "not_found"),
    ("/api/", 404, "not_found"),
    ("/api/v2/models/", 404, "not_found"),
]


def test_what_is_read_wrongly(mina: Api, version: ModelVersion) -> None:
    said = [(path, *answer_of(mina.get(path))) for path, _, _ in READ_WRONGLY]
    assert said == READ_WRONGLY


DESCRIBED_WRONGLY = [
    (b"", 400, "invalid_input"),
    (b"name=x", 400, "json_malformed"),
    (b"{", 400, "json_malformed"),
    (b"\xff", 400, "json_not_utf8"),
    (b"[]", 400, "body_not_object"),
    (b"null", 400, "body_not_object"),
    (b'"text"', 400, "body_not_object"),
    (b'{"name": "a", "name": "b"}', 400, "json_duplicate_key"),
    (b'{"name": NaN}', 400, "json_number_not_finite"),
    (b'{"name": "a\\u0000b", "team": "growth"}', 400, "json_nul"),
    (b'{"name": "a\\ud800b", "team": "growth"}', 400, "json_surrogate"),
    (b"[" * 100 + b"]" * 100, 400, "json_too_deep"),
    (b"[" * 100_000, 400, "json_too_deep"),
    (b" " * (5 * 1024 * 1024 + 1), 413, "body_too_large"),
    (b'{"name": "", "team": "growth"}', 400, "name_empty"),
    (b'{"name": "x", "team": "nobody"}', 400, "team_unknown"),
    (b'{"name": "x", "team": "risk-team"}', 403, "not_in_team"),
    (b'{"name": "CHURN-Predictor", "team": "growth"}', 409, "name_taken"),
    (b'{"name": 7, "team": "growth"}', 400, "invalid_input"),
    (b'{"name": "x", "team": "growth", "colour": "red"}', 400, "unknown_field"),
    (b'{"name": "x", "team": "growth", "tags": {"a": 1}}', 400, "invalid_input"),
    (b'{"name": "x", "team": "growth", "visibility": "secret"}', 400, "invalid_input"),
]


def test_a_model_that_is_described_wrongly(mina: Api, model: RegisteredModel) -> None:
    before = AuditEvent.objects.count()
    for body, status, code in DESCRIBED_WRONGLY:
        answer = mina.send("POST", "models/", body)
        assert (status, code) == answer_of(answer), body[:80]
    assert RegisteredModel.objects.count() == 1
    assert AuditEvent.objects.count() == before


def test_a_body_of_another_kind_is_refused(mina: Api, model: RegisteredModel) -> None:
    sent = mina.send("POST", "models/", b"name=x", content_type="application/x-www-form-urlencoded")
    assert sent.refused(415) == "unsupported_media_type"


def test_a_method_that_an_address_does_not_take_is_refused(
    mina: Api, model: RegisteredModel
) -> None:
    assert mina.put("models/", NEW).refused(405) == "method_not_allowed"
    assert mina.delete(MODEL).refused(405) == "method_not_allowed"
    assert mina.delete("/api/v9/").refused(404) == "not_found"


def test_an_address_without_its_slash_says_so(mina: Api) -> None:
    assert mina.get("models").json["mend"] == "Addresses end with a slash."


SAID_WRONGLY: list[tuple[str, Any, int, str]] = [
    ("metrics/", {"name": "accuracy", "value": "0.9"}, 400, "metric_not_a_number"),
    ("metrics/", {"name": "accuracy", "value": None}, 400, "invalid_input"),
    ("metrics/", {"name": "Accuracy!", "value": 1}, 400, "metric_name_invalid"),
    ("metrics/", {"name": "accuracy"}, 400, "invalid_input"),
    (
        "metrics/",
        {"name": "accuracy", "value": 0.9, "interval": {"low": 2, "high": 1}},
        400,
        "interval_invalid",
    ),
    ("facts/", {"name": "colour", "value": "red"}, 400, "fact_unknown"),
    ("facts/", {"name": "licence", "value": "mine"}, 400, "licence_unknown"),
    ("compliance-tags/", {"name": "validated"}, 409, "tag_needs_evidence"),
    ("compliance-tags/", {"name": "flawless"}, 400, "tag_unknown"),
    (
        "compliance-tags/",
        {"name": "validated", "evidence": "0198c0de-0000-7000-8000-000000000000"},
        400,
        "evidence_unknown",
    ),
    ("promotions/", {"target": "Moon", "reason": "Far."}, 400, "target_unknown"),
    ("promotions/", {"target": "Production", "reason": ""}, 400, "text_empty"),
    (
        "promotions/",
        {"target": "Production", "reason": "Soon.", "due_at": "yesterday"},
        400,
        "invalid_input",
    ),
    ("archive/", {"reason": ""}, 400, "text_empty"),
    ("archive/", {"reason": "Old."}, 403, "permission_missing"),
]


def test_what_is_said_wrongly_of_a_version(mina: Api, version: ModelVersion) -> None:
    before = AuditEvent.objects.count()
    for path, body, status, code in SAID_WRONGLY:
        answer = mina.post(f"{VERSION}{path}", body)
        assert (status, code) == answer_of(answer), (path, body)
    assert AuditEvent.objects.count() == before
