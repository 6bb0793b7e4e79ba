import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from aegis.accounts.models import User
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db

NEW_PERSON = {
    "username": "eve",
    "email": "eve@elsewhere.example",
    "password1": "harvest-lantern-43",
    "password2": "harvest-lantern-43",
}


def test_nobody_signs_up(client: Client) -> None:
    response = client.post("/account/signup/", NEW_PERSON)
    assert response.templates[0].name == "account/signup_closed.html"
    assert not User.objects.filter(username="eve").exists()


@pytest.mark.parametrize("login", ["mina", "mina@corp.example"])
def test_a_person_signs_in_by_name_or_address(client: Client, cast: Cast, login: str) -> None:
    response = client.post("/account/login/", {"login": login, "password": PASSWORD})
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(cast.mina.pk)


def test_a_wrong_password_signs_nobody_in(client: Client, cast: Cast) -> None:
    response = client.post("/account/login/", {"login": "mina", "password": PASSWORD + "!"})
    assert response.status_code == 200
    assert "_auth_user_id" not in client.session


def test_guessing_is_limited(client: Client, cast: Cast) -> None:
    wrong = {"login": "mina", "password": "a-guess-of-many"}
    for _ in range(5):
        client.post("/account/login/", wrong)
    client.post("/account/login/", {"login": "mina", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("address", ["mina@corp.example", "nobody@corp.example"])
def test_the_answer_to_a_forgotten_password_tells_nothing(
    client: Client, cast: Cast, address: str
) -> None:
    response = client.post("/account/password/reset/", {"email": address})
    assert response.headers["Location"] == "/account/password/reset/done/"
    assert [letter.to for letter in mail.outbox] == (
        [[cast.mina.email]] if address == cast.mina.email else []
    )


def test_a_mail_server_that_is_away_breaks_no_page(
    client: Client, cast: Cast, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    response = client.post("/account/password/reset/", {"email": cast.mina.email})
    assert response.headers["Location"] == "/account/password/reset/done/"
