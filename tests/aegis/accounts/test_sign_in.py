"""Sign-in as a browser meets it: who comes in, who does not, and how often one may guess."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client, RequestFactory

from aegis.accounts.models import User
from aegis.accounts.people import set_active
from aegis.accounts.recent import authenticated_at, is_recent
from aegis.audit.models import AuditEvent
from tests.cast import PASSWORD, Cast
from tests.recorded import last, recorded

pytestmark = pytest.mark.django_db

LOGIN = "/account/login/"


def sign_in(client: Client, login: str, password: str = PASSWORD) -> User | None:
    """Post the form, and return who is signed in afterwards."""
    client.post(LOGIN, {"login": login, "password": password})
    return user_of(client)


def user_of(client: Client) -> User | None:
    request = request_of(client)
    return request.user if isinstance(request.user, User) else None


def request_of(client: Client) -> Any:
    """Return a request with the client's session, as the middleware would make it."""
    request = RequestFactory().get("/")
    request.session = client.session
    request.user = get_user(request)
    return request


@pytest.mark.parametrize("login", ["mina", "MINA", "mina@corp.example", "Mina@Corp.example"])
def test_a_person_comes_in_by_name_or_address(cast: Cast, client: Client, login: str) -> None:
    assert sign_in(client, login) == cast.mina


@pytest.mark.parametrize(
    ("login", "password"),
    [("mina", "wrong"), ("mina", ""), ("", PASSWORD), ("nobody", PASSWORD), ("mi\0na", PASSWORD)],
)
def test_nobody_comes_in_without_the_right_password(
    cast: Cast, client: Client, login: str, password: str
) -> None:
    assert sign_in(client, login, password) is None
    assert client.post(LOGIN, {"login": login, "password": password}).status_code == 200


def test_a_locked_account_does_not_come_in(cast: Cast, client: Client) -> None:
    set_active(cast.mina, actor=cast.ada, active=False)
    assert sign_in(client, "mina") is None


def test_locking_an_account_ends_its_sessions(cast: Cast, client: Client) -> None:
    assert sign_in(client, "mina") == cast.mina
    set_active(cast.mina, actor=cast.ada, active=False)
    assert user_of(client) is None
    assert client.get("/account/password/change/").status_code == 302


def test_a_service_account_never_comes_in(cast: Cast, client: Client) -> None:
    # Even with a password, which no verb gives it.
    cast.ci_growth.set_password(PASSWORD)
    cast.ci_growth.save()
    assert sign_in(client, "ci-growth") is None


def test_a_session_of_a_service_account_is_nobody_s(cast: Cast, client: Client) -> None:
    client.force_login(cast.ci_growth)
    assert user_of(client) is None


def test_a_service_account_gets_no_link_to_a_password(cast: Cast, client: Client) -> None:
    User.objects.filter(pk=cast.ci_growth.pk).update(email="ci@corp.example")
    client.post("/account/password/reset/", {"email": "ci@corp.example"})
    assert mail.outbox == []


def test_guessing_is_stopped_for_the_account_and_not_for_others(cast: Cast, client: Client) -> None:
    for _ in range(5):
        assert sign_in(client, "mina", "wrong") is None
    assert sign_in(client, "mina") is None
    page = client.post(LOGIN, {"login": "mina", "password": PASSWORD}).content.decode()
    assert "Too many failed login attempts" in page
    assert sign_in(client, "marc") == cast.marc


def test_signing_in_is_remembered_with_its_time(cast: Cast, client: Client) -> None:
    before = datetime.now(UTC)
    sign_in(client, "rita")
    request = request_of(client)
    moment = authenticated_at(request)
    assert moment is not None
    assert before <= moment <= datetime.now(UTC)
    assert is_recent(request)


@pytest.mark.parametrize(("minutes", "recent"), [(14.9, True), (15.1, False)])
def test_it_is_recent_for_a_quarter_of_an_hour(
    cast: Cast, client: Client, minutes: float, recent: bool
) -> None:
    sign_in(client, "rita")
    session = client.session
    session["account_authentication_methods"][0]["at"] -= timedelta(minutes=minutes).total_seconds()
    session.save()
    assert is_recent(request_of(client)) is recent


def test_a_password_given_again_makes_it_recent(cast: Cast, client: Client) -> None:
    sign_in(client, "rita")
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 3600
    session.save()
    assert not is_recent(request_of(client))
    client.post("/account/reauthenticate/", {"password": "wrong"})
    assert not is_recent(request_of(client))
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert is_recent(request_of(client))


def test_without_a_sign_in_of_this_person_nothing_is_recent(cast: Cast, client: Client) -> None:
    assert authenticated_at(request_of(client)) is None
    client.force_login(cast.rita)  # A session, and no proof.
    assert authenticated_at(request_of(client)) is None
    other = Client()
    sign_in(other, "rita")
    request = request_of(other)
    request.user = cast.remy  # As a token beside a cookie would have it.
    assert authenticated_at(request) is None
    assert not is_recent(request)


def test_a_changed_password_is_recorded(cast: Cast, client: Client) -> None:
    sign_in(client, "vera")
    since = last()
    new = "another-lantern-77"
    answer = client.post(
        "/account/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert answer.status_code == 302
    assert recorded(since) == [("user:password_chosen", str(cast.vera.pk), {})]
    assert AuditEvent.objects.get(seq=since + 1).actor == cast.vera
    assert sign_in(Client(), "vera") is None
    assert sign_in(Client(), "vera", new) == cast.vera


def test_a_forgotten_password_is_chosen_by_way_of_a_letter(cast: Cast, client: Client) -> None:
    client.post("/account/password/reset/", {"email": "vera@corp.example"})
    [letter] = mail.outbox
    assert letter.to == ["vera@corp.example"]
    link = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", str(letter.body))
    assert link is not None
    page = client.get(link[1], follow=True)
    new = "another-lantern-77"
    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
    assert sign_in(Client(), "vera", new) == cast.vera


def test_an_unknown_address_gets_no_letter_and_the_same_answer(cast: Cast, client: Client) -> None:
    known = client.post("/account/password/reset/", {"email": "vera@corp.example"})
    unknown = Client().post("/account/password/reset/", {"email": "nobody@corp.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [letter.to for letter in mail.outbox] == [["vera@corp.example"]]


def test_nobody_signs_up(cast: Cast, client: Client) -> None:
    count = User.objects.count()
    form = {"username": "eve", "email": "e@e.example", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/account/signup/", form)
    assert User.objects.count() == count


def test_sessions_are_kept_in_the_database(cast: Cast, client: Client) -> None:
    sign_in(client, "mina")
    assert Session.objects.filter(pk=client.session.session_key).exists()
