from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from imports.claims import LEASE, Claim, Progress, TakenOver, claim, claimable, wait
from imports.finishing import fail, finish
from imports.models import Import
from registry.models import RegisteredModel
from tests.cast import Cast
from tests.recorded import last, recorded
from tests.registry import making


@pytest.fixture
def job(cast: Cast, model: RegisteredModel) -> Import:
    return making.new_import(model, cast.mina)


def expire(job: Import) -> None:
    Import.objects.filter(pk=job.pk).update(lease_until=timezone.now())


def claimed(job: Import) -> Claim:
    held = claim(job.pk)
    assert held is not None
    return held


def test_an_import_is_claimed_once_until_its_lease_is_over(job: Import) -> None:
    first = claimed(job)

    assert claim(job.pk) is None
    expire(job)
    second = claimed(job)

    assert (first.fence, second.fence) == (1, 2)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("running", 2)
    assert job.lease_until is not None
    assert timedelta(0) < job.lease_until - timezone.now() <= LEASE


def test_a_worker_that_lost_its_lease_can_do_nothing_more(job: Import) -> None:
    first = claimed(job)
    expire(job)
    second = claimed(job)
    since = last()

    with pytest.raises(TakenOver):
        first.renew(bytes_done=7)
    with pytest.raises(TakenOver):
        Progress(first, done=0).write()
    with pytest.raises(TakenOver):
        fail(first, kind="conflict", code="x", reason="x")
    with pytest.raises(TakenOver):
        finish(first, job.version, artifact=None, report=None)  # type: ignore[arg-type]  # It never looks at them.
    wait(first, code="x", sentence="x", own_fault=True)

    job.refresh_from_db()
    assert (job.state, job.fence, job.bytes_done, job.error) == ("running", 2, 0, "")
    assert recorded(since) == []
    second.renew(bytes_done=7)
    job.refresh_from_db()
    assert job.bytes_done == 7


def test_a_worker_whose_lease_is_over_goes_on_while_nobody_took_it(job: Import) -> None:
    held = claimed(job)
    expire(job)

    held.renew(bytes_done=1)

    assert claim(job.pk) is None


def test_what_is_away_costs_no_attempt_and_a_mistake_of_ours_does(job: Import) -> None:
    wait(claimed(job), code="signer_failed", sentence="Away.", own_fault=False)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.error_code) == ("waiting", 0, "signer_failed")
    assert claim(job.pk) is None
    assert not claimable().exists()

    expire(job)
    wait(claimed(job), code="import_broke_off", sentence="Ours.", own_fault=True)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("waiting", 1)


def test_waits_grow_to_five_minutes(job: Import) -> None:
    pauses = []
    for _ in range(9):
        wait(claimed(job), code="x", sentence="x", own_fault=False)
        job.refresh_from_db()
        assert job.lease_until is not None
        pauses.append(round((job.lease_until - timezone.now()).total_seconds()))
        expire(job)

    assert pauses[:3] == [10, 20, 40]
    assert pauses[-1] == 300


def test_progress_is_written_at_most_once_a_second(job: Import) -> None:
    progress = Progress(claimed(job), done=0)

    for _ in range(1000):
        progress.add(10)

    job.refresh_from_db()
    assert (progress.done, job.bytes_done) == (10_000, 0)
    progress.write()
    job.refresh_from_db()
    assert job.bytes_done == 10_000


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_gets_an_import(job: Import, at_once: Callable[..., list[Any]]) -> None:
    found = at_once(lambda: claim(job.pk), times=8)

    assert sum(held is not None for held in found) == 1
