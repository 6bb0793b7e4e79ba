"""The worker's side of the registry."""

from typing import Any, Final
from uuid import UUID

import structlog
from celery import Task, shared_task
from kombu.exceptions import OperationalError

from aegis.problems import Refusal
from registry import redacting, redaction_statements
from registry.reverification import verify_due
from registry.revocations import publish
from registry.signing_jobs import due_jobs, run_job
from registry.sweeping import sweep
from registry.waiver_sweeping import sweep_waivers as sweep_ended_waivers
from registry.watches import watch_ready_versions
from registry.watching_keys import note_all

MOST_HINTS: Final = 100
HOURS: Final = 3600
AT_A_STRETCH: Final = 300.0
"""Seconds after which verifying makes room for other work, at the end of a package."""

log = structlog.get_logger(__name__)


@shared_task
def sweep_registry() -> int:
    """Clear away what was begun and never finished. Safe to run at any time and twice."""
    return sweep()


@shared_task
def sweep_waivers() -> int:
    """Hold back what no waiver covers any more. Safe to run at any time and twice."""
    return sweep_ended_waivers()


@shared_task
def publish_revocations() -> None:
    """Sign and publish the list of recalled artifacts if it is due. Safe to run twice."""
    try:
        publish()
    except Refusal as refusal:
        log.warning("revocations.not_signed", reason=str(refusal))


@shared_task
def sign_again(job: str) -> None:
    """Sign a version once more, unless another worker does. Safe to run twice."""
    run_job(UUID(job))


@shared_task
def sweep_signing() -> None:
    """Hand out the jobs of signing that nobody works on, the oldest first."""
    for job in due_jobs().values_list("pk", flat=True)[:MOST_HINTS]:
        hint_signing(job)


@shared_task(soft_time_limit=6 * HOURS, time_limit=6 * HOURS + 60)
def carry_out_redaction(redaction: str) -> None:
    """Take the bytes of a redaction out of the store; its statement is owed. Safe to run twice."""
    if redacting.run_job(UUID(redaction)):
        _hint(sign_redactions)


@shared_task
def sweep_redactions() -> None:
    """Hand out the redactions that nobody works on, and what is owed. Safe to run twice."""
    for job in redacting.due_jobs().values_list("pk", flat=True)[:MOST_HINTS]:
        hint_redaction(job)
    if redaction_statements.owed_statements().exists():
        _hint(sign_redactions)


@shared_task
def sign_redactions() -> None:
    """Sign the statements that redactions owe. Safe to run twice."""
    redaction_statements.sign_owed()


@shared_task
def note_signing_keys() -> None:
    """Ask every signer for its public keys, and note those that are new. Safe to run twice."""
    note_all()


@shared_task(soft_time_limit=6 * HOURS, time_limit=6 * HOURS + 60)
def verify_packages() -> None:
    """Verify the stored packages that are due. Safe to run at any time and twice."""
    watch_ready_versions()
    verify_due(seconds=AT_A_STRETCH)


def hint_verification() -> None:
    """Tell a worker that a package is due; the timetable finds it too if this fails."""
    _hint(verify_packages)


def hint_signing(job: UUID) -> None:
    """Tell a worker of a job of signing; the sweeper finds it too if this fails."""
    _hint(sign_again, str(job))


def hint_redaction(redaction: UUID) -> None:
    """Tell a worker of a redaction; the sweeper finds it too if this fails."""
    _hint(carry_out_redaction, str(redaction))


def hint_noting() -> None:
    """Tell a worker that a key may have versions that are not listed yet."""
    _hint(note_signing_keys)


def _hint(task: Task[Any, Any], *arguments: str) -> None:
    try:
        task.apply_async(args=arguments, retry=False)
    except (OperationalError, OSError):
        log.warning("registry.no_broker", task=task.name)
