"""Effects that are owed are carried out at least once, in order, whatever fails between."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from aegis.celery import app
from aegis.events import outbox, schedule
from aegis.events.models import OutboxEvent
from aegis.events.tasks import dispatch_outbox

pytestmark = pytest.mark.django_db

KIND = "rehearsal:made"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Handle the kind by noting the number in the payload; a negative one fails."""
    monkeypatch.setattr(outbox, "_handlers", {})
    numbers: list[int] = []

    @outbox.handles(KIND)
    def note(event: OutboxEvent) -> None:
        Group.objects.create(name=f"{event.pk}-{event.attempts}")
        if event.payload["number"] < 0:
            raise ValueError("a negative number")
        numbers.append(event.payload["number"])

    return numbers


def owe(*numbers: int) -> None:
    with transaction.atomic():
        outbox.owe((KIND, {"number": number}) for number in numbers)


def test_what_is_owed_is_carried_out_in_order_and_once(seen: list[int]) -> None:
    owe(1, 2, 3)
    assert dispatch_outbox() == 3
    assert dispatch_outbox() == 0
    assert seen == [1, 2, 3]
    assert not OutboxEvent.objects.filter(dispatched_at=None).exists()


def test_a_kind_that_nobody_handles_is_owed_to_nobody(seen: list[int]) -> None:
    outbox.owe([("rehearsal:unheard", {})])
    assert not OutboxEvent.objects.exists()


def test_a_failing_handler_stops_no_other_event_and_leaves_no_half(seen: list[int]) -> None:
    owe(-1, 2)
    assert dispatch_outbox() == 2
    assert seen == [2]
    failed = OutboxEvent.objects.get(payload__number=-1)
    assert (failed.attempts, failed.dispatched_at) == (1, None)
    assert failed.last_error == "ValueError: a negative number"
    assert failed.next_attempt_at > timezone.now()
    assert Group.objects.count() == 1  # What the handler did before it failed is taken back.


def test_it_is_tried_again_later_and_then_counts_as_done(seen: list[int]) -> None:
    owe(-1)
    dispatch_outbox()
    assert dispatch_outbox() == 0
    OutboxEvent.objects.update(payload={"number": 5}, next_attempt_at=timezone.now())
    assert dispatch_outbox() == 1
    assert seen == [5]


def test_it_is_given_up_after_the_last_attempt(seen: list[int]) -> None:
    owe(-1)
    for _ in range(outbox.MOST_ATTEMPTS):
        OutboxEvent.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
        assert dispatch_outbox() == 1
    OutboxEvent.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert dispatch_outbox() == 0


@pytest.mark.django_db(transaction=True)
def test_a_missing_broker_fails_no_change(seen: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    owe(1)
    assert OutboxEvent.objects.count() == 1
    connection.close()
    assert dispatch_outbox() == 1


def test_the_timetable_finds_what_no_hint_brought() -> None:
    for entry in schedule.SCHEDULE.values():
        assert entry["task"] in app.tasks
        assert app.conf.beat_schedule.items() >= schedule.SCHEDULE.items()
