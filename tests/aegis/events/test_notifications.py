"""Sentences for people: once each, in the app at once, by letter from a worker."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone
from pytest_django.fixtures import Settings

from aegis.accounts.models import User
from aegis.accounts.people import set_active
from aegis.events import letters
from aegis.events.models import Letter, Notification, OutboxEvent
from aegis.events.notifications import mark_read, notify, unread_of
from aegis.events.tasks import send_letters
from tests.cast import Cast

pytestmark = pytest.mark.django_db

KEEP = "aegis.events.letters.KeepLetters"
BROKEN = "tests.fake_mail.BrokenMail"


@pytest.fixture
def event(db: None) -> OutboxEvent:
    return OutboxEvent.objects.create(kind="rehearsal:asked", payload={})


def tell(event: OutboxEvent, *users: User, **changed: Any) -> list[Notification]:
    options: dict[str, Any] = {
        "kind": "review",
        "title": "Mina Okafor asks for churn v7 in Production",
        "body": "Two approvals of the risk team are needed.",
        "url": "/reviews/12/",
    }
    return notify(users, event=event, **(options | changed))


def due_now() -> None:
    Notification.objects.exclude(letter_due_at=None).update(letter_due_at=timezone.now())


def test_everybody_is_told_once_for_each_event(cast: Cast, event: OutboxEvent) -> None:
    assert len(tell(event, cast.rita, cast.remy, cast.rita)) == 2
    assert tell(event, cast.rita) == []
    assert [n.user for n in tell(event, cast.rita, cast.vera)] == [cast.vera]
    assert Notification.objects.count() == 3
    other = OutboxEvent.objects.create(kind="rehearsal:asked", payload={})
    assert len(tell(other, cast.rita)) == 1


def test_locked_accounts_and_automation_are_left_out(cast: Cast, event: OutboxEvent) -> None:
    locked = set_active(cast.remy, actor=cast.ada, active=False)
    assert [n.user for n in tell(event, locked, cast.ci_growth, cast.rita)] == [cast.rita]


def test_a_title_is_one_line_that_fits(cast: Cast, event: OutboxEvent) -> None:
    [made] = tell(event, cast.rita, title="one\r\nBcc: all@corp.example " + "x" * 300)
    assert made.title.startswith("one Bcc: all@corp.example x")
    assert len(made.title) == 200
    assert made.title.endswith("…")
    made.refresh_from_db()


def test_people_mark_their_own_notifications_as_read(cast: Cast, event: OutboxEvent) -> None:
    tell(event, cast.rita, cast.remy)
    [ritas] = unread_of(cast.rita)
    assert mark_read(cast.remy, [ritas.pk]) == 0
    assert mark_read(cast.rita, [ritas.pk]) == 1
    assert mark_read(cast.rita) == 0
    assert unread_of(cast.remy).count() == 1
    assert mark_read(cast.remy) == 1


def test_the_letter_says_what_and_where(cast: Cast, event: OutboxEvent, settings: Settings) -> None:
    settings.AEGIS_BASE_URL = "https://aegis.corp.example"
    [made] = tell(event, cast.rita)
    assert send_letters() == 1
    [letter] = mail.outbox
    assert letter.to == ["rita@corp.example"]
    assert letter.subject == "Aegis: Mina Okafor asks for churn v7 in Production"
    assert "Two approvals of the risk team are needed." in letter.body
    assert "\nhttps://aegis.corp.example/reviews/12/\n" in letter.body
    assert letter.extra_headers["Message-ID"] == f"<{made.pk}@aegis>"
    made.refresh_from_db()
    assert made.letter_due_at is None
    assert made.letter_sent_at is not None


def test_a_letter_is_sent_once(cast: Cast, event: OutboxEvent) -> None:
    tell(event, cast.rita, cast.remy)
    assert send_letters() == 2
    assert send_letters() == 0
    assert len(mail.outbox) == 2


def test_who_has_no_address_gets_no_letter(cast: Cast, event: OutboxEvent) -> None:
    User.objects.filter(pk=cast.rita.pk).update(email="")
    cast.rita.refresh_from_db()
    [made] = tell(event, cast.rita)
    assert made.letter_due_at is None
    assert send_letters() == 0


def test_a_broken_mail_server_stops_nobody_and_is_asked_again(
    cast: Cast, event: OutboxEvent, settings: Settings
) -> None:
    backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, BROKEN
    tell(event, cast.rita, cast.remy)
    assert send_letters() == 2
    for notification in Notification.objects.all():
        assert notification.letter_attempts == 1
        assert notification.letter_sent_at is None
        assert notification.letter_due_at is not None
        assert notification.letter_due_at > timezone.now() + timedelta(seconds=20)
    assert send_letters() == 0  # Not yet.
    settings.EMAIL_BACKEND = backend
    due_now()
    assert send_letters() == 2
    assert len(mail.outbox) == 2


def test_a_letter_is_given_up_at_last(cast: Cast, event: OutboxEvent, settings: Settings) -> None:
    settings.EMAIL_BACKEND = BROKEN
    [made] = tell(event, cast.rita)
    for _ in range(letters.MOST_ATTEMPTS):
        due_now()
        assert send_letters() == 1
    due_now()
    assert send_letters() == 0
    made.refresh_from_db()
    assert (made.letter_attempts, made.letter_due_at) == (letters.MOST_ATTEMPTS, None)


def test_letters_are_kept_for_their_recipients_alone(cast: Cast, settings: Settings) -> None:
    settings.EMAIL_BACKEND = KEEP
    message = EmailMessage(
        "On\nreview", "Hello", to=["Rita@corp.example"], bcc=["remy@corp.example"]
    )
    message.subject = "On review"
    assert message.send() == 1
    assert Letter.objects.count() == 2
    [letter] = letters.letters_of(cast.rita)
    assert (letter.subject, letter.body) == ("On review", "Hello")
    assert letters.letters_of(cast.remy).count() == 1
    assert not letters.letters_of(cast.vera).exists()
    assert not letters.letters_of(cast.ci_growth).exists()


def test_the_link_to_a_new_password_is_kept_where_no_server_is_named(
    cast: Cast, settings: Settings, client: Any
) -> None:
    settings.EMAIL_BACKEND = KEEP
    client.post("/account/password/reset/", {"email": "vera@corp.example"})
    [letter] = letters.letters_of(cast.vera)
    assert "/account/password/reset/key/" in letter.body


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_what_was_hinted_at(cast: Cast, event: OutboxEvent, worker: Any) -> None:
    [made] = tell(event, cast.rita)
    worker.wait_until_idle()
    made.refresh_from_db()
    assert made.letter_sent_at is not None
