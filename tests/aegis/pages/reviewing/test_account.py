"""One's own account: tokens, notifications, letters, looks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from aegis.accounts.models import ApiToken
from aegis.accounts.tokens import authenticate
from aegis.events.models import Letter, Notification
from tests.aegis.pages.reviewing.conftest import SignIn
from tests.cast import PASSWORD, Cast


def sent(**changes: object) -> dict[str, object]:
    ends = (timezone.localdate() + timedelta(days=30)).isoformat()
    return {"name": "notebook", "ends": ends, "scopes": ["read"], **changes}


def test_a_token_is_shown_once_and_works(cast: Cast, just_signed_in: SignIn) -> None:
    client = just_signed_in(cast.mina)
    page = client.post("/account/tokens/", sent()).content.decode()
    plain = page.partition('id="new-token">')[2].partition("<")[0]
    token = authenticate(plain)
    assert (token.user, token.name, token.scopes) == (cast.mina, "notebook", ["read"])
    later = client.get("/account/").content.decode()
    assert plain not in later
    assert "notebook" in later


def test_making_a_token_asks_for_the_password_where_the_sign_in_is_old(
    cast: Cast, signed_in: SignIn
) -> None:
    client = signed_in(cast.mina)
    assert client.post("/account/tokens/", sent()).status_code == 403
    assert not ApiToken.objects.exists()
    assert client.post("/account/tokens/", sent(password=PASSWORD)).status_code == 200
    assert ApiToken.objects.get().user == cast.mina


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Say what it is for."),
        ({"scopes": []}, "A token needs a right to do anything."),
        ({"scopes": ["admin"]}, "Select a valid choice."),
        ({"ends": "2020-01-01"}, "A token lives for up to 366 days."),
        ({"ends": "2999-01-01"}, "A token lives for up to 366 days."),
    ],
)
def test_a_faulty_token_is_not_made(
    cast: Cast, just_signed_in: SignIn, changes: dict[str, object], sentence: str
) -> None:
    answer = just_signed_in(cast.mina).post("/account/tokens/", sent(**changes))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_person_revokes_their_own_tokens_only(cast: Cast, just_signed_in: SignIn) -> None:
    mina = just_signed_in(cast.mina)
    mina.post("/account/tokens/", sent())
    token = ApiToken.objects.get()
    address = f"/account/tokens/{token.pk}/revoke/"
    assert just_signed_in(cast.vera).post(address).status_code == 404
    assert mina.post(address).status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_letters_are_shown_to_their_reader_alone(cast: Cast, signed_in: SignIn) -> None:
    Letter.objects.create(
        recipient="MINA@corp.example", subject="A link", body="See https://aegis.example/a <b>"
    )
    page = signed_in(cast.mina).get("/account/letters/").content.decode()
    assert "A link" in page
    assert "&lt;b&gt;" in page
    assert "A link" not in signed_in(cast.vera).get("/account/letters/").content.decode()


def test_notifications_are_marked_as_read_by_their_reader(cast: Cast, signed_in: SignIn) -> None:
    first, second = (
        Notification.objects.create(user=cast.mina, kind="k", title=f"told {n}") for n in range(2)
    )
    vera, mina = signed_in(cast.vera), signed_in(cast.mina)
    vera.post("/account/notifications/read/", {"key": str(first.pk)})
    assert Notification.objects.filter(read_at=None).count() == 2
    mina.post("/account/notifications/read/", {"key": str(first.pk)})
    assert list(Notification.objects.filter(read_at=None)) == [second]
    mina.post("/account/notifications/read/")
    assert not Notification.objects.filter(read_at=None).exists()
    assert "told 1" in mina.get("/account/notifications/").content.decode()


@pytest.mark.parametrize(
    ("wanted", "back"),
    [("/audit/?action=token", "/audit/?action=token"), ("https://evil.example/", "/account/")],
)
def test_looks_are_kept_and_nobody_is_led_elsewhere(
    cast: Cast, signed_in: SignIn, wanted: str, back: str
) -> None:
    client = signed_in(cast.mina)
    looks = {"theme": "dark", "shortcuts": "on", "next": wanted}
    answer = client.post("/account/appearance/", looks)
    assert (answer.status_code, answer["Location"]) == (302, back)
    assert client.cookies["aegis_theme"].value == "dark"
    assert 'data-theme="dark" data-shortcuts="on"' in client.get("/account/").content.decode()
