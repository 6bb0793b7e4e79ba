"""Telling workers that an import waits; the row is the truth, and the sweeper finds it too."""

from typing import Any
from uuid import UUID

import structlog
from celery import Task
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

FRESH_FOR = 60
"""Seconds after which a hint that no worker took is worth nothing."""
MANY = 100
"""With so many messages in a queue those who take from it are busy; more hints help nobody."""


def hint(job: UUID) -> None:
    """Ask a worker to run the import, if the broker answers."""
    from imports.tasks import run_import  # noqa: PLC0415 -- Tasks are found by Celery first.

    _hint(run_import, job)


def hint_rescan(job: UUID) -> None:
    """Ask a worker to scan a version again, if the broker answers."""
    from imports.tasks import run_rescan  # noqa: PLC0415 -- Tasks are found by Celery first.

    _hint(run_rescan, job)


def hint_reading(reading: UUID) -> None:
    """Ask a worker to read a run back, if the broker answers."""
    from imports.tasks import read_run  # noqa: PLC0415 -- Tasks are found by Celery first.

    _hint(read_run, reading)


def hint_notes() -> None:
    """Tell a worker that an origin is owed a note, if the broker answers."""
    from imports.tasks import write_owed_notes  # noqa: PLC0415 -- Tasks are found by Celery first.

    _hint(write_owed_notes)


def is_crowded(task: Task[Any, Any]) -> bool:
    """Say whether the queue of ``task`` has many messages; a broker that is away has none.

    What nobody takes stays there, fresh or not.
    """
    try:
        with task.app.connection_for_write() as connection:
            route = task.app.amqp.router.route({}, task.name)
            channel: Any = connection.default_channel  # Its type leaves out what it does.
            found = channel.queue_declare(route["queue"].name)
    except (OperationalError, OSError):
        return False
    return bool(found.message_count >= MANY)


def _hint(task: Task[Any, Any], *jobs: UUID) -> None:
    try:
        task.apply_async(args=tuple(map(str, jobs)), expires=FRESH_FOR, retry=False)
    except (OperationalError, OSError):
        log.warning("imports.no_broker", task=task.name, jobs=[str(job) for job in jobs])
