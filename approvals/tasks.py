"""The workers' side of approvals: each task may run at any time, and twice."""

from typing import Any
from uuid import UUID

import structlog
from celery import Task, shared_task

from approvals import promoting, sweeping
from approvals.rollback import owed_statements

log = structlog.get_logger(__name__)


@shared_task
def promote(request: str) -> None:
    """Sign and carry out one approved request."""
    promoting.promote(UUID(request))


@shared_task
def sign_rollback(transition: str) -> None:
    """Sign the statement that one rollback owes."""
    sweeping.sign_owed(owed_statements().filter(pk=transition))


@shared_task
def sign_owed_rollbacks() -> None:
    """Sign the statements that rollbacks owe."""
    sweeping.sign_owed()


@shared_task
def sweep() -> None:
    """Take over what was left lying, and hand what is due to the workers that sign."""
    for request in sweeping.sweep_requests():
        hint_promotion(request)
    if owed_statements().exists():
        _hint(sign_owed_rollbacks)


def hint_promotion(request: UUID) -> None:
    """Tell a worker that a request is approved; the sweeper finds it too if this fails."""
    _hint(promote, str(request))


def hint_rollback(transition: UUID) -> None:
    """Tell a worker that a statement is owed; the sweeper finds it too if this fails."""
    _hint(sign_rollback, str(transition))


def _hint(task: Task[Any, Any], *arguments: str) -> None:
    try:
        task.apply_async(args=arguments, retry=False)
    except (task.OperationalError, OSError):
        log.warning("approvals.no_broker", task=task.name)
