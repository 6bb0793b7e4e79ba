import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from aegis.accounts import tokens
from aegis.accounts.models import ApiToken, User
from aegis.accounts.people import set_active
from aegis.accounts.tokens import TokenRefused
from aegis.problems import Conflict, Forbidden, Invalid, NotFound
from tests.cast import Cast
from tests.recorded import last, recorded, refused

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)


def make(user: User, *, actor: User | None = None, **changed: Any) -> tuple[ApiToken, str]:
    options: dict[str, Any] = {"name": "laptop", "scopes": ["read"], "lifetime": WEEK} | changed
    return tokens.create_token(actor=actor or user, user=user, **options)


def test_a_token_is_shown_once_and_kept_as_a_digest(cast: Cast) -> None:
    since = last()
    token, plain = make(cast.mina, scopes=["write", "read", "read"])
    token.refresh_from_db()
    assert plain.startswith("aegis_")
    assert len(plain) == 49
    assert token.digest == hashlib.sha256(plain.encode()).hexdigest()
    assert plain.startswith(token.prefix)
    assert len(token.prefix) == 12
    assert token.scopes == ["read", "write"]
    assert abs(token.expires_at - timezone.now() - WEEK) < timedelta(minutes=1)
    assert recorded(since) == [
        (
            "token:created",
            str(token.pk),
            {
                "user": str(cast.mina.pk),
                "scopes": ["read", "write"],
                "expires_at": token.expires_at.isoformat(),
                "production_only": False,
            },
        )
    ]
    assert make(cast.mina)[1] != plain


def test_a_token_lets_in_its_user(cast: Cast) -> None:
    token, plain = make(cast.mina)
    found = tokens.authenticate(plain)
    assert (found, found.user) == (token, cast.mina)


@pytest.mark.parametrize(
    "plain",
    ["", "aegis_", "aegis_" + "x" * 43, "aegis_\udcff", "aegis_\0", "ä" * 40, "a" * 100_000],
)
def test_what_is_no_token_is_refused(cast: Cast, plain: str) -> None:
    make(cast.mina)
    with pytest.raises(TokenRefused) as caught:
        tokens.authenticate(plain)
    assert (caught.value.code, caught.value.status) == ("token_unknown", 401)


def test_a_revoked_token_is_refused_for_ever(cast: Cast) -> None:
    token, plain = make(cast.mina)
    since = last()
    tokens.revoke_token(token, actor=cast.mina)
    tokens.revoke_token(token, actor=cast.mina)
    assert recorded(since) == [("token:revoked", str(token.pk), {"user": str(cast.mina.pk)})]
    with pytest.raises(TokenRefused, match="revoked"):
        tokens.authenticate(plain)
    with pytest.raises(IntegrityError, match="stays revoked"), transaction.atomic():
        ApiToken.objects.filter(pk=token.pk).update(revoked_at=None)


def test_an_expired_token_is_refused(cast: Cast) -> None:
    token, plain = make(cast.mina, lifetime=timedelta(microseconds=1))
    assert token.expires_at < timezone.now()
    with pytest.raises(TokenRefused, match="expired"):
        tokens.authenticate(plain)


def test_the_token_of_a_locked_account_is_refused_until_it_is_let_in(cast: Cast) -> None:
    _, plain = make(cast.mina)
    set_active(cast.mina, actor=cast.ada, active=False)
    with pytest.raises(TokenRefused, match="locked"):
        tokens.authenticate(plain)
    set_active(cast.mina, actor=cast.ada, active=True)
    assert tokens.authenticate(plain).user == cast.mina


def test_its_use_is_noted_at_most_once_a_minute(cast: Cast, django_assert_num_queries: Any) -> None:
    token, plain = make(cast.mina)
    with django_assert_num_queries(2):
        tokens.authenticate(plain)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    with django_assert_num_queries(1):
        tokens.authenticate(plain)
    past = timezone.now() - timedelta(seconds=61)
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=past)
    tokens.authenticate(plain)
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.last_used_at >= first


@pytest.mark.parametrize("column", ["digest", "scopes", "expires_at", "user_id", "name"])
def test_nothing_else_of_a_token_changes(cast: Cast, column: str) -> None:
    token, _ = make(cast.mina)
    wide = {
        "digest": "0" * 64,
        "scopes": ["admin"],
        "expires_at": timezone.now() + timedelta(days=4000),
        "user_id": cast.ada.pk,
        "name": "other",
    }
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        ApiToken.objects.filter(pk=token.pk).update(**{column: wide[column]})


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"scopes": []}, "scopes_empty"),
        ({"scopes": ["read", "everything"]}, "scope_unknown"),
        ({"name": ""}, "text_empty"),
        ({"name": "n" * 101}, "text_too_long"),
        ({"lifetime": timedelta(0)}, "lifetime_out_of_range"),
        ({"lifetime": timedelta(days=-1)}, "lifetime_out_of_range"),
        ({"lifetime": timedelta(days=367)}, "lifetime_out_of_range"),
    ],
)
def test_bad_input_is_refused(cast: Cast, changed: dict[str, Any], code: str) -> None:
    refused(Invalid, code, make, cast.mina, **changed)
    assert not ApiToken.objects.exists()


def test_people_make_their_own_tokens_and_administrators_those_of_automation(cast: Cast) -> None:
    assert make(cast.ci_growth, actor=cast.ada)[0].user == cast.ci_growth
    refused(Forbidden, "not_your_account", make, cast.mina, actor=cast.ada)
    refused(Forbidden, "not_your_account", make, cast.mina, actor=cast.marc)
    refused(Forbidden, "administrators_only", make, cast.ci_growth, actor=cast.mina)


def test_a_locked_account_gets_no_token(cast: Cast) -> None:
    set_active(cast.ci_growth, actor=cast.ada, active=False)
    refused(Conflict, "account_inactive", make, cast.ci_growth, actor=cast.ada)
    set_active(cast.mina, actor=cast.ada, active=False)
    refused(Forbidden, "account_inactive", make, cast.mina)


def test_a_token_is_no_wider_than_its_user(cast: Cast) -> None:
    refused(Forbidden, "scope_too_wide", make, cast.mina, scopes=["admin"])
    assert make(cast.ada, scopes=["admin"])[0].scopes == ["admin"]


def test_a_token_makes_no_wider_and_no_longer_one(cast: Cast) -> None:
    narrow, _ = make(cast.ada, scopes=["read", "write"])
    for scopes in (["admin"], ["read", "admin"]):
        refused(Forbidden, "scope_too_wide", make, cast.ada, scopes=scopes, through=narrow)
    refused(Forbidden, "lifetime_too_long", make, cast.ada, lifetime=2 * WEEK, through=narrow)
    made, _ = make(cast.ada, scopes=["write"], lifetime=timedelta(days=6), through=narrow)
    assert made.scopes == ["write"]
    assert made.expires_at < narrow.expires_at


def test_a_token_is_revoked_by_its_user_or_an_administrator(cast: Cast) -> None:
    token, _ = make(cast.mina)
    refused(Forbidden, "administrators_only", tokens.revoke_token, token, actor=cast.marc)
    assert tokens.revoke_token(token, actor=cast.ada).revoked_at is not None


def test_somebody_else_s_token_is_not_found(cast: Cast) -> None:
    token, _ = make(cast.mina)
    assert tokens.own_token(cast.mina, token.pk) == token
    for key in (token.pk, "", "0", "no-key", "\0"):
        with pytest.raises(NotFound):
            tokens.own_token(cast.marc, key)


def test_the_settings_token_is_adopted_once(cast: Cast) -> None:
    since = last()
    token = tokens.adopt_token("a-token-of-mine", user=cast.ada, name="settings")
    assert tokens.adopt_token("a-token-of-mine", user=cast.ada, name="settings") == token
    assert tokens.authenticate("a-token-of-mine") == token
    assert (token.scopes, token.prefix) == (["read", "write", "admin"], "")
    assert [action for action, *_ in recorded(since)] == ["token:created"]


@pytest.mark.parametrize("plain", ["short", "has a space in it", "ümlaut-in-token", "x" * 201])
def test_a_settings_token_that_cannot_be_sent_is_refused(cast: Cast, plain: str) -> None:
    refused(Invalid, "token_form", tokens.adopt_token, plain, user=cast.ada, name="settings")
