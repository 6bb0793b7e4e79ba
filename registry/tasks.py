"""The worker's side of the registry."""

import structlog
from celery import shared_task

from aegis.problems import Refusal
from registry.revocations import publish
from registry.sweeping import sweep

log = structlog.get_logger(__name__)


@shared_task
def sweep_registry() -> int:
    """Clear away what was begun and never finished. Safe to run at any time and twice."""
    return sweep()


@shared_task
def publish_revocations() -> None:
    """Sign and publish the list of recalled artifacts if it is due. Safe to run twice."""
    try:
        publish()
    except Refusal as refusal:
        log.warning("revocations.not_signed", reason=str(refusal))
