"""Leases of a kind of their own on the watches of versions, raced by real sessions."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from aegis.leases import Heartbeat, Lease, TakenOver, kept
from registry.models import ModelVersion, PackageWatch
from registry.versions import create_version
from tests.cast import Cast
from tests.registry import making

FINISHED = "finished"


class Look(Lease[PackageWatch]):
    """A hold on a watch, which is unfinished until its sentence says otherwise."""

    length = timedelta(seconds=30)

    @classmethod
    def unfinished(cls) -> QuerySet[PackageWatch]:
        return PackageWatch.objects.exclude(away=FINISHED)


@pytest.fixture
def watches(cast: Cast) -> list[PackageWatch]:
    """Four watches, by the order in which they are due."""
    model = making.new_model(cast)
    now = timezone.now()
    return [
        PackageWatch.objects.create(
            version=create_version(model, actor=cast.mina, source=ModelVersion.Source.UPLOAD),
            due_at=now + timedelta(hours=hour),
        )
        for hour in range(4)
    ]


@pytest.fixture
def watch(watches: list[PackageWatch]) -> PackageWatch:
    return watches[0]


@pytest.fixture
def elsewhere(transactional_db: None) -> Iterator[Callable[[Callable[[], Any]], Future[Any]]]:
    """Return a function that begins another one in a session of its own."""

    def one(act: Callable[[], Any]) -> Any:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        yield lambda act: pool.submit(one, act)


def wait_until_waited_for() -> None:
    """Wait until another session waits for what this transaction has locked."""
    until = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            )
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.01)
    pytest.fail("Nobody waits for this session.")


def take(watch: PackageWatch) -> Look | None:
    return Look.claim(PackageWatch.objects.filter(pk=watch.pk))


def taken(watch: PackageWatch) -> Look:
    held = take(watch)
    assert held is not None
    return held


def expire() -> None:
    PackageWatch.objects.update(lease_until=timezone.now())


def finish(held: Look) -> None:
    """Bring a job to its end, as the verbs do."""
    job = held.lock()
    job.away, job.lease_until = FINISHED, None
    job.save()


@pytest.mark.django_db
def test_a_job_is_claimed_once_until_its_lease_is_over(watch: PackageWatch) -> None:
    first = taken(watch)
    assert take(watch) is None
    watch.refresh_from_db()
    assert watch.lease_until is not None
    assert timedelta(0) < watch.lease_until - timezone.now() <= Look.length

    expire()
    second = taken(watch)

    assert (first.job, first.fence) == (watch.pk, 1)
    assert (second.job, second.fence) == (watch.pk, 2)


@pytest.mark.django_db
def test_who_lost_a_job_is_told_at_each_word_and_changes_nothing(watch: PackageWatch) -> None:
    first = taken(watch)
    expire()
    second = taken(watch)
    watch.refresh_from_db()
    before = watch.lease_until

    with pytest.raises(TakenOver):
        first.renew(away="It is mine.")
    with pytest.raises(TakenOver), transaction.atomic():
        first.lock()
    with pytest.raises(TakenOver):
        Heartbeat(first, every=0).beat()
    assert first.rows().update(away="It is mine.") == 0

    watch.refresh_from_db()
    assert (watch.lease_until, watch.away) == (before, "")
    second.renew(away="It is mine.")
    watch.refresh_from_db()
    assert watch.away == "It is mine."


@pytest.mark.django_db
def test_a_lease_that_is_over_holds_while_nobody_took_the_job(watch: PackageWatch) -> None:
    held = taken(watch)
    expire()
    assert list(Look.free().filter(pk=watch.pk)) == [watch]

    held.renew()

    assert take(watch) is None
    with transaction.atomic():
        assert held.lock() == watch


@pytest.mark.django_db
def test_what_is_finished_is_neither_free_nor_held(watch: PackageWatch) -> None:
    held = taken(watch)
    with transaction.atomic():
        finish(held)

    assert take(watch) is None
    with pytest.raises(TakenOver):
        held.renew()


@pytest.mark.django_db
def test_a_claim_takes_the_first_that_is_free_and_changes_only_that(
    watches: list[PackageWatch],
) -> None:
    taken(watches[0])
    PackageWatch.objects.filter(pk=watches[1].pk).update(away=FINISHED)
    in_order = PackageWatch.objects.order_by("due_at")

    held = Look.claim(in_order, due_at=F("due_at") + timedelta(days=1))

    assert held is not None
    assert held.job == watches[2].pk
    due_at = dict(PackageWatch.objects.values_list("pk", "due_at"))
    days = [(due_at[watch.pk] - watch.due_at).days for watch in watches]
    assert days == [0, 0, 1, 0]


@pytest.mark.django_db
def test_a_heart_beats_once_in_its_time(watch: PackageWatch) -> None:
    held = taken(watch)
    expire()
    slow, quick = Heartbeat(held, every=3600), Heartbeat(held, every=0)

    slow.beat()
    assert Look.free().filter(pk=watch.pk).exists()
    quick.beat()
    assert not Look.free().filter(pk=watch.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_gets_the_job(
    watch: PackageWatch, at_once: Callable[..., list[Any]]
) -> None:
    for fence in range(1, 4):
        found = at_once(lambda: take(watch), times=8)
        assert [held.fence for held in found if held is not None] == [fence]
        expire()


@pytest.mark.django_db(transaction=True)
def test_workers_who_want_the_next_one_at_once_get_one_each(
    watches: list[PackageWatch], at_once: Callable[..., list[Any]]
) -> None:
    found = at_once(lambda: Look.claim(PackageWatch.objects.order_by("due_at")), times=6)

    held = [one.job for one in found if one is not None]
    assert sorted(held) == sorted(watch.pk for watch in watches)


@pytest.mark.django_db(transaction=True)
def test_a_claim_waits_for_another_that_is_being_made_and_gets_nothing(
    watch: PackageWatch, elsewhere: Callable[[Callable[[], Any]], Future[Any]]
) -> None:
    with transaction.atomic():
        held = taken(watch)
        other = elsewhere(lambda: take(watch))
        wait_until_waited_for()

    assert other.result(timeout=10) is None
    held.renew()


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_is_undone_leaves_the_job_to_who_waited_for_it(
    watch: PackageWatch, elsewhere: Callable[[Callable[[], Any]], Future[Any]]
) -> None:
    with transaction.atomic():
        held = taken(watch)
        other = elsewhere(lambda: take(watch))
        wait_until_waited_for()
        transaction.set_rollback(True)

    # Both bear the same number; the row has only ever known one of the two.
    assert other.result(timeout=10) == held
    watch.refresh_from_db()
    assert watch.fence == 1


@pytest.mark.django_db(transaction=True)
def test_who_finishes_first_keeps_the_job_from_who_takes_over(
    watch: PackageWatch, elsewhere: Callable[[Callable[[], Any]], Future[Any]]
) -> None:
    held = taken(watch)
    expire()
    with transaction.atomic():
        finish(held)
        other = elsewhere(lambda: take(watch))
        wait_until_waited_for()

    assert other.result(timeout=10) is None
    watch.refresh_from_db()
    assert (watch.away, watch.fence) == (FINISHED, 1)


@pytest.mark.django_db(transaction=True)
def test_who_takes_over_first_keeps_the_late_one_from_finishing(
    watch: PackageWatch, elsewhere: Callable[[Callable[[], Any]], Future[Any]]
) -> None:
    held = taken(watch)
    expire()
    with transaction.atomic():
        second = taken(watch)
        other = elsewhere(transaction.atomic(lambda: finish(held)))
        wait_until_waited_for()

    with pytest.raises(TakenOver):
        other.result(timeout=10)
    watch.refresh_from_db()
    assert (watch.away, watch.fence) == ("", second.fence)


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_kept_while_its_worker_waits_for_something(watch: PackageWatch) -> None:
    look = Look.claim(PackageWatch.objects.filter(pk=watch.pk))
    assert look is not None
    almost_over = timezone.now() + timedelta(seconds=5)
    look.rows().update(lease_until=almost_over)

    with kept(look, every=0.05):
        _until(lambda: look.rows().get().lease_until > almost_over)


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_was_lost_is_not_kept(watch: PackageWatch) -> None:
    look = Look.claim(PackageWatch.objects.filter(pk=watch.pk))
    assert look is not None
    with kept(look, every=0.05):
        PackageWatch.objects.filter(pk=watch.pk).update(fence=look.fence + 1, lease_until=None)
        time.sleep(0.3)

    watch.refresh_from_db()
    assert watch.lease_until is None


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_kept_when_the_database_ends_its_session(watch: PackageWatch) -> None:
    look = taken(watch)
    with kept(look, every=0.05):
        _until(lambda: end_sessions_of("lease_until") > 0)
        almost_over = timezone.now() + timedelta(seconds=5)
        look.rows().update(lease_until=almost_over)
        _until(lambda: look.rows().get().lease_until > almost_over)


@pytest.mark.django_db
def test_workers_need_not_agree_on_the_time(
    watch: PackageWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = taken(watch)
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(hours=1))
    assert take(watch) is None

    held.renew()

    monkeypatch.setattr(timezone, "now", now)
    watch.refresh_from_db()
    assert watch.lease_until is not None
    assert watch.lease_until - now() <= Look.length


def end_sessions_of(words: str) -> int:
    """End the other sessions whose last statement had these words; return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE %s",
            [f"%{words}%"],
        )
        (count,) = cursor.fetchone()
    return int(count)


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    pytest.fail("It never came to hold.")
