"""Every task goes to a queue that a worker serves."""

import pytest

from aegis.celery import app

QUEUES = {
    "aegis.events.tasks.dispatch_outbox": "default",
    "aegis.events.tasks.send_letters": "mail",
    "approvals.tasks.promote": "signing",
    "approvals.tasks.sweep": "default",
    "imports.tasks.run_import": "imports",
    "unheard.of": "default",
}


@pytest.fixture(scope="module", autouse=True)
def _tasks_found() -> None:
    app.loader.import_default_modules()  # As a worker and the beat do at their start.


def queue_of(name: str) -> str:
    found: str = app.amqp.router.route({}, name)["queue"].name
    return found


@pytest.mark.parametrize(("name", "queue"), QUEUES.items())
def test_a_task_goes_to_its_queue(name: str, queue: str) -> None:
    assert queue_of(name) == queue
    assert name in app.tasks or name == "unheard.of"


def test_the_routes_name_tasks_that_there_are() -> None:
    for pattern in app.conf.task_routes:
        assert any(name.startswith(pattern.removesuffix("*")) for name in app.tasks), pattern


def test_every_entry_of_the_timetable_names_a_task() -> None:
    assert app.conf.beat_schedule
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
