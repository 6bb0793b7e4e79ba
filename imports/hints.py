"""Telling workers that an import waits; the row is the truth, and the sweeper finds it too."""

from typing import Any
from uuid import UUID

import structlog
from celery import Task
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

FRESH_FOR = 60
"""Seconds after which a hint that no worker took is worth nothing."""


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


def _hint(task: Task[Any, Any], *jobs: UUID) -> None:
    try:
        task.apply_async(args=tuple(map(str, jobs)), expires=FRESH_FOR, retry=False)
    except (OperationalError, OSError):
        log.warning("imports.no_broker", task=task.name, jobs=[str(job) for job in jobs])
