"""Every task goes to a queue that a worker serves."""

import pytest

from aegis import queues
from aegis.celery import app
from tests.docs.pages import DOCS

QUEUES = {
    "aegis.events.tasks.dispatch_outbox": "default",
    "aegis.events.tasks.send_letters": "mail",
    "approvals.tasks.promote": "signing",
    "approvals.tasks.sweep": "default",
    "imports.tasks.check_hub": "imports",
    "imports.tasks.read_run": "imports",
    "imports.tasks.sweep_readings": "imports",
    "imports.tasks.run_import": "imports",
    "imports.tasks.run_rescan": "packages",
    "imports.tasks.sweep_imports": "default",
    "imports.tasks.write_owed_notes": "imports",
    "registry.tasks.sign_again": "signing",
    "registry.tasks.sweep_signing": "default",
    "registry.tasks.verify_packages": "packages",
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


def test_what_may_take_longer_than_the_rest_has_queues_of_its_own() -> None:
    limit = app.conf.task_time_limit
    longer = {name for name, task in app.tasks.items() if (task.time_limit or 0) > limit}
    assert {"imports.tasks.run_import", "registry.tasks.verify_packages"} <= longer
    assert {queue_of(name) for name in longer} == set(queues.LONG)


def test_every_queue_is_served_by_one_of_the_workers() -> None:
    assert set(app.amqp.queues) == set(queues.PROMPT) | set(queues.LONG)
    page = (DOCS / "how-to" / "workers.md").read_text()
    for served in (queues.PROMPT, queues.LONG):
        assert f"--queues {','.join(served)} " in page


def test_every_entry_of_the_timetable_names_a_task() -> None:
    assert app.conf.beat_schedule
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
