"""Who comes in by a token, what a token makes, and what a session may."""

from typing import Any

import pytest
from django.test import Client

from aegis.accounts.models import ApiToken
from aegis.accounts.tokens import revoke_token
from registry.models import ModelVersion, RegisteredModel
from tests.aegis.api.calling import Api
from tests.aegis.api.conftest import Caller
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db

VERSION = "models/churn-predictor/versions/1/"
NEW = {"name": "fraud-detector", "team": "growth"}


def test_without_one_nobody_comes_in(cast: Cast) -> None:
    answer = Api().get("models/")
    assert answer.refused(401) == "not_authenticated"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["aegis_nothing", "x", "ä" * 40, "a b"])
def test_an_unknown_one_is_no_good(cast: Cast, token: str) -> None:
    assert Api(token=token).get("models/").refused(401) == "token_unknown"
    assert Api(token=token).get(VERSION).refused(401) == "token_unknown"


def test_a_revoked_one_is_no_good(cast: Cast, mina: Api) -> None:
    revoke_token(ApiToken.objects.get(user=cast.mina), actor=cast.mina)
    assert mina.get("me/").refused(401) == "token_revoked"


def test_one_that_only_reads_writes_nothing(cast: Cast, by_token: Caller) -> None:
    reader = by_token(cast.mina, "read")
    assert reader.post("models/", NEW).refused(403) == "token_scope"
    assert reader.get("models/").status == 200


def test_one_that_only_writes_reads_nothing(
    cast: Cast, by_token: Caller, version: ModelVersion
) -> None:
    writer = by_token(cast.mina, "write")
    assert writer.get(VERSION).refused(403) == "token_scope"


def test_it_makes_no_wider_one(cast: Cast, by_token: Caller) -> None:
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
def test_what_is_asked_of_it_must_make_sense(mina: Api, changes: dict[str, Any], code: str) -> None:
    asked = {"name": "x", "scopes": ["read"], "days": 1, **changes}
    assert mina.post("tokens/", asked).refused(400) == code


def test_administrators_make_those_of_service_accounts(cast: Cast, by_token: Caller) -> None:
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


def test_it_reads_and_writes_with_its_csrf_token(cast: Cast, model: RegisteredModel) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/account/login/")
    form = {
        "login": "mina",
        "password": PASSWORD,
        "csrfmiddlewaretoken": client.cookies["aegis_csrf"].value,
    }
    client.post("/account/login/", form)
    person = Api(client=client)
    assert person.get("me/").made(200)["username"] == "mina"
    assert person.post("models/", NEW).refused(403) == "csrf_failed"
    token = client.cookies["aegis_csrf"].value
    assert person.post("models/", NEW, X_CSRFToken=token).status == 201


def test_making_a_token_takes_a_recent_sign_in(cast: Cast) -> None:
    person = Api.signed_in("mina")
    asked = {"name": "x", "scopes": ["read"], "days": 300}
    person.post("tokens/", asked).made()
    person.age()
    refused = person.post("tokens/", asked)
    assert refused.refused(403) == "reauthentication_required"
    assert refused.json["url"] == "/account/reauthenticate/"
