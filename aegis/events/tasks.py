"""The worker's side of the outbox."""

from celery import shared_task

from aegis.events import outbox


@shared_task(queue="default")
def dispatch_outbox() -> int:
    """Carry out what is owed. Safe to run at any time and twice."""
    return outbox.dispatch()
