"""The worker's side of the outbox and of letters."""

from celery import shared_task

from aegis.events import letters, outbox


@shared_task
def dispatch_outbox() -> int:
    """Carry out what is owed. Safe to run at any time and twice."""
    return outbox.dispatch()


@shared_task
def send_letters() -> int:
    """Send the letters that are due. Safe to run at any time and twice."""
    return letters.send_owed()
