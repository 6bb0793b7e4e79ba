"""Every task goes to a queue that a worker serves."""

import pytest

from aegis.celery import app, route


@pytest.fixture(scope="module", autouse=True)
def _tasks_found() -> None:
    app.loader.import_default_modules()  # As a worker and the beat do at their start.


def test_every_task_names_one_of_the_queues() -> None:
    ours = [name for name in app.tasks if not name.startswith("celery.")]
    assert "aegis.events.tasks.dispatch_outbox" in ours
    for name in ours:
        chosen = route(name)
        assert chosen is not None, f"{name} names no queue: @shared_task(runs_in=…)"
        assert chosen["queue"] in {queue.name for queue in app.conf.task_queues}
        assert app.amqp.router.route({}, name)["queue"].name == chosen["queue"]


def test_an_unknown_task_goes_to_the_default_queue() -> None:
    assert route("unheard.of") is None
    assert app.amqp.router.route({}, "unheard.of")["queue"].name == "default"


def test_every_entry_of_the_timetable_names_a_task() -> None:
    assert app.conf.beat_schedule
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
