"""Bad input at literal addresses: the status and the code of each, and nothing half done."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from aegis.accounts.models import ApiToken
from aegis.accounts.tokens import revoke_token
from aegis.audit.models import AuditEvent
from approvals.requests import open_request
from registry.models import ModelVersion, RegisteredModel
from tests.aegis.api.calling import Api
from tests.aegis.api.conftest import Caller
from tests.approvals.making import write_card
from tests.cast import Cast
from tests.registry.making import new_import

pytestmark = pytest.mark.django_db

MODEL = "models/churn-predictor/"
VERSION = f"{MODEL}versions/1/"
NEW = {"name": "fraud-detector", "team": "growth"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("models/nothing-here/", 404, "model_not_found"),
        ("models/no%00thing/", 404, "model_not_found"),
        (f"{MODEL}versions/99/", 404, "version_not_found"),
        (f"{MODEL}versions/99999999999999999999/", 404, "version_not_found"),
        (f"{MODEL}versions/nowhere/", 404, "version_not_found"),
        (f"{VERSION}card/", 404, "card_missing"),
        (f"{VERSION}files/nothing.bin", 404, "file_not_found"),
        (f"{VERSION}files/../config.json", 404, "not_found"),
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
        ("nothing/", 404, "not_found"),
        ("/api/", 404, "not_found"),
        ("/api/v2/models/", 404, "not_found"),
    ],
)
def test_what_is_read_wrongly(
    mina: Api, version: ModelVersion, path: str, status: int, code: str
) -> None:
    assert mina.get(path).refused(status) == code


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
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
        (b'{"name": "", "team": "growth"}', 400, "model_name_invalid"),
        (b'{"name": "x", "team": "nobody"}', 400, "team_unknown"),
        (b'{"name": "x", "team": "risk-team"}', 403, "not_in_team"),
        (b'{"name": "CHURN-Predictor", "team": "growth"}', 409, "name_taken"),
        (b'{"name": 7, "team": "growth"}', 400, "invalid_input"),
        (b'{"name": "x", "team": "growth", "colour": "red"}', 400, "unknown_field"),
        (b'{"name": "x", "team": "growth", "tags": {"a": 1}}', 400, "invalid_input"),
        (b'{"name": "x", "team": "growth", "visibility": "secret"}', 400, "invalid_input"),
    ],
)
def test_a_model_that_is_described_wrongly(
    mina: Api, model: RegisteredModel, body: bytes, status: int, code: str
) -> None:
    before = AuditEvent.objects.count()
    assert mina.send("POST", "models/", body).refused(status) == code
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


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("metrics/", {"name": "accuracy", "value": "0.9"}, 400, "metric_value_invalid"),
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
        ("facts/", {"name": "licence", "value": "mine"}, 400, "fact_invalid"),
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
    ],
)
def test_what_is_said_wrongly_of_a_version(
    mina: Api, version: ModelVersion, path: str, body: Any, status: int, code: str
) -> None:
    before = AuditEvent.objects.count()
    assert mina.post(f"{VERSION}{path}", body).refused(status) == code
    assert AuditEvent.objects.count() == before


def test_a_metric_that_is_no_number_is_refused_as_json(mina: Api, version: ModelVersion) -> None:
    sent = mina.send("POST", f"{VERSION}metrics/", b'{"name": "accuracy", "value": NaN}')
    assert sent.refused(400) == "json_number_not_finite"


def test_a_report_that_breaks_its_schema_leaves_nothing(mina: Api, version: ModelVersion) -> None:
    fields = {"kind": "evaluation_report", "title": "Holdout"}
    broken = SimpleUploadedFile("report.json", b'{"format": "aegis.evaluation-report/1"}')
    refused = mina.form(f"{VERSION}evidence/", {**fields, "file": broken})
    assert refused.refused(400) == "report_invalid"
    assert mina.form(f"{VERSION}evidence/", fields).refused(400) == "file_missing"
    further = {**fields, "file": SimpleUploadedFile("a.json", b"{}"), "colour": "red"}
    assert mina.form(f"{VERSION}evidence/", further).refused(400) == "unknown_field"
    assert mina.get(f"{VERSION}evidence/").json["results"] == []


def test_a_label_must_be_a_label_and_free(mina: Api, cast: Cast, version: ModelVersion) -> None:
    def add(label: str) -> Any:
        upload = mina.post("uploads/").made()["id"]
        mina.part(f"uploads/{upload}/files/a.bin", b"a").made(200)
        return mina.post(f"{MODEL}versions/", {"upload": upload, "label": label})

    assert add("7").refused(400) == "label_invalid"
    assert add("latest").refused(400) == "label_invalid"
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
    assert mina.post(f"{VERSION}promotions/", said).refused(409) == "version_not_ready"


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


class TestTokens:
    """Who comes in by a token, and what a token makes."""

    def test_without_one_nobody_comes_in(self, cast: Cast) -> None:
        answer = Api().get("models/")
        assert answer.refused(401) == "not_authenticated"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    @pytest.mark.parametrize("token", ["aegis_nothing", "x", "ä" * 40, "a b"])
    def test_an_unknown_one_is_no_good(self, cast: Cast, token: str) -> None:
        assert Api(token=token).get("models/").refused(401) == "token_unknown"
        assert Api(token=token).get(VERSION).refused(401) == "token_unknown"

    def test_a_revoked_one_is_no_good(self, cast: Cast, mina: Api) -> None:
        revoke_token(ApiToken.objects.get(user=cast.mina), actor=cast.mina)
        assert mina.get("me/").refused(401) == "token_revoked"

    def test_one_that_only_reads_writes_nothing(self, cast: Cast, by_token: Caller) -> None:
        reader = by_token(cast.mina, "read")
        assert reader.post("models/", NEW).refused(403) == "token_scope"
        assert reader.get("models/").status == 200

    def test_one_that_only_writes_reads_nothing(
        self, cast: Cast, by_token: Caller, version: ModelVersion
    ) -> None:
        writer = by_token(cast.mina, "write")
        assert writer.get(VERSION).refused(403) == "token_scope"

    def test_it_makes_no_wider_one(self, cast: Cast, by_token: Caller) -> None:
        writer = by_token(cast.mina, "read", "write")
        wider = {"name": "x", "scopes": ["read", "admin"], "days": 1}
        assert writer.post("tokens/", wider).refused(403) == "scope_too_wide"
        longer = {"name": "x", "scopes": ["read"], "days": 30}
        assert writer.post("tokens/", longer).refused(403) == "lifetime_too_long"
        made = writer.post("tokens/", {"name": "x", "scopes": ["read"], "days": 1}).made()
        assert Api(token=made["token"]).get("me/").made(200)["token"]["name"] == "x"
        assert "token" not in writer.get("tokens/").json["results"][0]
        assert writer.delete(f"tokens/{made['id']}/").status == 204
        assert Api(token=made["token"]).get("me/").refused(401) == "token_revoked"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"days": 0}, "lifetime_out_of_range"),
            ({"days": 400}, "lifetime_out_of_range"),
            ({"days": 10**15}, "lifetime_out_of_range"),
            ({"scopes": []}, "scopes_empty"),
            ({"scopes": ["rule"]}, "scope_unknown"),
            ({"scopes": "read"}, "invalid_input"),
            ({"name": ""}, "text_empty"),
        ],
    )
    def test_what_is_asked_of_it_must_make_sense(
        self, mina: Api, changes: dict[str, Any], code: str
    ) -> None:
        asked = {"name": "x", "scopes": ["read"], "days": 1, **changes}
        assert mina.post("tokens/", asked).refused(400) == code

    def test_administrators_make_those_of_service_accounts(
        self, cast: Cast, by_token: Caller
    ) -> None:
        asked = {"name": "ci", "scopes": ["read"], "days": 1, "user": "ci-growth"}
        assert by_token(cast.mina).post("tokens/", asked).refused(403) == "administrators_only"
        assert by_token(cast.ada).post("tokens/", asked).refused(403) == "token_scope"
        ada = by_token(cast.ada, "read", "write", "admin")
        made = ada.post("tokens/", asked).made()
        assert made["user"] == "ci-growth"
        assert ada.get("tokens/?user=ci-growth").made(200)["results"][0]["id"] == made["id"]
        assert by_token(cast.mina).delete(f"tokens/{made['id']}/").refused(404)
        assert ada.delete(f"tokens/{made['id']}/").status == 204
        of_a_person = {**asked, "user": "mina"}
        assert ada.post("tokens/", of_a_person).refused(400) == "service_account_unknown"


class TestSessions:
    """A session works as its person does, with the protection that browsers need."""

    def test_it_reads_and_writes_with_its_csrf_token(
        self, cast: Cast, model: RegisteredModel
    ) -> None:
        client = Client(enforce_csrf_checks=True)
        client.get("/account/login/")
        form = {
            "login": "mina",
            "password": "harvest-lantern-42",
            "csrfmiddlewaretoken": client.cookies["aegis_csrf"].value,
        }
        client.post("/account/login/", form)
        person = Api(client=client)
        assert person.get("me/").made(200)["username"] == "mina"
        assert person.post("models/", NEW).refused(403) == "csrf_failed"
        token = client.cookies["aegis_csrf"].value
        assert person.post("models/", NEW, X_CSRFToken=token).status == 201

    def test_making_a_token_takes_a_recent_sign_in(self, cast: Cast) -> None:
        person = Api.signed_in("mina")
        asked = {"name": "x", "scopes": ["read"], "days": 300}
        person.post("tokens/", asked).made()
        age(person)
        refused = person.post("tokens/", asked)
        assert refused.refused(403) == "reauthentication_required"
        assert refused.json["url"] == "/account/reauthenticate/"


def age(person: Api, by: timedelta = timedelta(minutes=16)) -> None:
    """Let the sign-in of a session have been some time ago."""
    session = person.client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= by.total_seconds()
    session.save()


class TestDecisions:
    """What the API refuses of decisions, beside what their verb does."""

    @pytest.fixture
    def request_number(self, cast: Cast, version: ModelVersion) -> int:
        write_card(version, cast.mina)
        made = open_request(version, actor=cast.mina, target="Production", reason="Better.")
        return int(made.number)

    @pytest.fixture
    def said(self, cast: Cast, mina: Api, request_number: int) -> dict[str, Any]:
        seen = mina.get(f"promotions/{request_number}/").made(200)["subject"]["digest"]
        return {"verdict": "approve", "subject_digest": seen}

    def test_no_token_decides(
        self, cast: Cast, by_token: Caller, request_number: int, said: dict[str, Any]
    ) -> None:
        path = f"promotions/{request_number}/decisions/"
        for user in (cast.rita, cast.ada, cast.mina, cast.ci_growth):
            assert by_token(user).post(path, said).refused(403) == "human_session_required"

    def test_no_token_decides_beside_a_session(
        self, cast: Cast, by_token: Caller, request_number: int, said: dict[str, Any]
    ) -> None:
        both = Api.signed_in("rita")
        both.headers = by_token(cast.rita).headers
        path = f"promotions/{request_number}/decisions/"
        assert both.post(path, said).refused(403) == "human_session_required"

    def test_a_sign_in_of_long_ago_decides_nothing(
        self, request_number: int, said: dict[str, Any]
    ) -> None:
        rita = Api.signed_in("rita")
        age(rita)
        refused = rita.post(f"promotions/{request_number}/decisions/", said)
        assert refused.refused(403) == "reauthentication_required"

    @pytest.mark.parametrize(
        ("who", "changes", "status", "code"),
        [
            ("mina", {}, 403, "own_request"),
            ("marc", {}, 403, "not_a_reviewer"),
            ("vera", {}, 403, "not_a_reviewer"),
            ("ada", {}, 403, "not_a_reviewer"),
            ("otto", {}, 403, "auditor_reads_only"),
            ("rita", {"subject_digest": "0" * 64}, 409, "subject_changed"),
            ("rita", {"subject_digest": ""}, 409, "subject_changed"),
            ("rita", {"verdict": "maybe"}, 400, "verdict_unknown"),
            ("rita", {"verdict": "reject"}, 400, "comment_required"),
            ("rita", {"mood": "good"}, 400, "unknown_field"),
        ],
    )
    def test_the_rest_is_the_verbs_to_say(
        self,
        request_number: int,
        said: dict[str, Any],
        who: str,
        changes: dict[str, str],
        status: int,
        code: str,
    ) -> None:
        person = Api.signed_in(who)
        path = f"promotions/{request_number}/decisions/"
        assert person.post(path, {**said, **changes}).refused(status) == code

    def test_a_second_decision_is_refused_until_the_first_is_taken_back(
        self, request_number: int, said: dict[str, Any]
    ) -> None:
        rita = Api.signed_in("rita")
        path = f"promotions/{request_number}/decisions/"
        made = rita.post(path, said).made()
        assert rita.post(path, said).refused(409) == "already_decided"
        remy = Api.signed_in("remy")
        back = f"{path}{made['id']}/withdraw/"
        assert remy.post(back).refused(403) == "not_your_decision"
        assert rita.post(back).made(200)["dismissal"] == "withdrawn"
        assert rita.post(path, said).status == 201

    def test_what_changed_meanwhile_is_said(
        self,
        cast: Cast,
        mina: Api,
        version: ModelVersion,
        request_number: int,
        said: dict[str, Any],
    ) -> None:
        write_card(version, cast.mina, "Now longer.")
        refused = Api.signed_in("rita").post(f"promotions/{request_number}/decisions/", said)
        assert refused.refused(409) == "subject_changed"
        assert refused.json["changes"][0]["part"].startswith("card")
        now = mina.get(f"promotions/{request_number}/").made(200)["subject"]
        assert now == {"digest": refused.json["subject_digest"], "is_current": True}
        old = mina.get(f"promotions/{request_number}/subject/?digest={said['subject_digest']}")
        assert old.headers["ETag"] == f'"{said["subject_digest"]}"'

    def test_a_request_is_discussed_and_taken_back(
        self, by_token: Caller, cast: Cast, mina: Api, request_number: int
    ) -> None:
        path = f"promotions/{request_number}/"
        by_token(cast.rita).post(f"{path}comments/", {"body": "Why now?"}).made()
        assert mina.get(f"{path}comments/").made(200)["results"][0]["written_by"] == "rita"
        assert mina.post(f"{path}comments/", {"body": ""}).refused(400) == "text_empty"
        assert by_token(cast.rita).post(f"{path}withdraw/", {}).refused(403) == "not_your_request"
        assert mina.post(f"{path}withdraw/", {"reason": "Later."}).made(200)["state"] == "withdrawn"
        assert mina.post(f"{path}withdraw/").refused(409) == "request_closed"
        assert mina.get("promotions/?state=withdrawn&mine=true").made(200)["results"][0]["number"]
