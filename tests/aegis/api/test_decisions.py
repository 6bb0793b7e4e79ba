"""Decisions over the API: people at a browser alone, and what their verb refuses."""

from typing import Any

import pytest

from approvals.requests import open_request
from registry.models import ModelVersion
from tests.aegis.api.calling import Api
from tests.aegis.api.conftest import Caller
from tests.approvals.making import write_card
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_number(cast: Cast, version: ModelVersion) -> int:
    write_card(version, cast.mina)
    made = open_request(version, actor=cast.mina, target="Production", reason="Better.")
    return int(made.number)


@pytest.fixture
def said(cast: Cast, mina: Api, request_number: int) -> dict[str, Any]:
    seen = mina.get(f"promotions/{request_number}/").made(200)["subject"]["digest"]
    return {"verdict": "approve", "subject_digest": seen}


def test_no_token_decides(
    cast: Cast, by_token: Caller, request_number: int, said: dict[str, Any]
) -> None:
    path = f"promotions/{request_number}/decisions/"
    for user in (cast.rita, cast.ada, cast.mina, cast.ci_growth):
        assert by_token(user).post(path, said).refused(403) == "human_session_required"


def test_no_token_decides_beside_a_session(
    cast: Cast, by_token: Caller, request_number: int, said: dict[str, Any]
) -> None:
    both = Api.signed_in("rita")
    both.headers = by_token(cast.rita).headers
    path = f"promotions/{request_number}/decisions/"
    assert both.post(path, said).refused(403) == "human_session_required"


def test_a_sign_in_of_long_ago_decides_nothing(request_number: int, said: dict[str, Any]) -> None:
    rita = Api.signed_in("rita")
    rita.age()
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
    request_number: int, said: dict[str, Any]
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
    by_token: Caller, cast: Cast, mina: Api, request_number: int
) -> None:
    path = f"promotions/{request_number}/"
    by_token(cast.rita).post(f"{path}comments/", {"body": "Why now?"}).made()
    assert mina.get(f"{path}comments/").made(200)["results"][0]["written_by"] == "rita"
    assert mina.post(f"{path}comments/", {"body": ""}).refused(400) == "text_empty"
    assert by_token(cast.rita).post(f"{path}withdraw/", {}).refused(403) == "not_your_request"
    assert mina.post(f"{path}withdraw/", {"reason": "Later."}).made(200)["state"] == "withdrawn"
    assert mina.post(f"{path}withdraw/").refused(409) == "request_closed"
    assert mina.get("promotions/?state=withdrawn&mine=true").made(200)["results"][0]["number"]
