"""Imports as real workers run them."""

from uuid import uuid4

import pytest
from django.utils import timezone

from aegis.celery import app
from aegis.events.models import Notification, OutboxEvent
from aegis.events.outbox import dispatch
from imports.models import Import
from imports.running import run
from imports.tasks import run_import, sweep_imports
from registry.models import ModelVersion, RegisteredModel
from registry.uploads import upload_folder
from tests.cast import Cast
from tests.harness.worker import Worker
from tests.registry import making


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_worker_imports_what_was_asked_for_and_tells_who_asked(
    cast: Cast, worker: Worker
) -> None:
    model = making.new_model(cast, f"by-a-worker-{uuid4().hex[:8]}")
    job = making.new_import(model, cast.mina)
    worker.wait_until_idle()

    job.refresh_from_db()
    assert (job.state, job.version.state) == ("done", "ready"), worker.log()
    told = Notification.objects.get(user=cast.mina, kind="version:ready")
    assert told.title == f"{model.name} v1 is ready"
    assert told.url == f"/models/{model.name}/versions/1/"


@pytest.mark.django_db(transaction=True)
def test_the_sweep_finds_what_no_hint_brought_to_a_worker(
    cast: Cast, request: pytest.FixtureRequest
) -> None:
    model = making.new_model(cast, f"swept-{uuid4().hex[:8]}")
    job = making.new_import(model, cast.mina)  # Its hint goes where no worker listens.

    worker: Worker = request.getfixturevalue("worker")
    worker.wait_until_idle()
    job.refresh_from_db()
    assert job.state == "waiting"
    assert sweep_imports() == 1
    worker.wait_until_idle()

    job.refresh_from_db()
    assert (job.state, job.version.state) == ("done", "ready"), worker.log()


def test_the_sweep_leaves_alone_what_is_held_waits_or_is_done(
    cast: Cast, model: RegisteredModel
) -> None:
    done, held, waiting, free = (making.new_import(model, cast.mina) for _ in range(4))
    run(done.pk)
    later = timezone.now() + timezone.timedelta(minutes=1)
    Import.objects.filter(pk=held.pk).update(state="running", lease_until=later)
    Import.objects.filter(pk=waiting.pk).update(lease_until=later)

    assert sweep_imports() == 1
    run_import(str(free.pk))

    assert sweep_imports() == 0
    free.refresh_from_db()
    assert free.state == "done"


def test_sweeps_do_not_fill_a_queue_that_nobody_takes_from(
    cast: Cast, model: RegisteredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    making.new_import(model, cast.mina)
    monkeypatch.setattr("imports.hints.MANY", 3)
    with app.connection_for_write() as connection:
        queue = connection.default_channel
        queue.queue_purge("imports")
        assert [sweep_imports() for _ in range(5)] == [1] * 5
        assert queue.queue_declare("imports").message_count == 3
        queue.queue_purge("imports")


def test_whoever_asked_hears_of_a_failure_once(cast: Cast, model: RegisteredModel) -> None:
    job = making.new_import(model, cast.mina)
    upload_folder().discard(job.version.upload.pk)
    run(job.pk)
    dispatch()
    OutboxEvent.objects.update(dispatched_at=None)
    dispatch()

    told = Notification.objects.get(user=cast.mina, kind="version:failed")
    assert told.title == "churn-predictor v1 could not be imported"
    assert "are not in the data folder any more" in told.body


def test_an_event_about_a_version_without_an_import_concerns_nobody(
    cast: Cast, pending: ModelVersion
) -> None:
    from registry.versions import mark_failed

    mark_failed(pending, actor=None, code="x", reason="x")
    dispatch()

    assert not Notification.objects.filter(kind="version:failed").exists()
    assert not OutboxEvent.objects.filter(dispatched_at=None).exists()
