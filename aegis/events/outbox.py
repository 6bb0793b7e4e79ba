"""Effects that are owed: written with their cause, carried out by a worker afterwards."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from aegis.events.models import OutboxEvent

log = structlog.get_logger(__name__)

Handler = Callable[[OutboxEvent], None]
_handlers: dict[str, list[Handler]] = {}

MOST_ATTEMPTS = 12
BATCH = 50


def handles(*kinds: str) -> Callable[[Handler], Handler]:
    """Register a function for outbox events of ``kinds``. It may be called twice for one event."""

    def register(handler: Handler) -> Handler:
        for kind in kinds:
            _handlers.setdefault(kind, []).append(handler)
        return handler

    return register


def owe(events: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Add outbox rows inside the caller's transaction, and hint to a worker after its commit.

    A kind without a handler is owed to nobody and gets no row.
    """
    rows = [
        OutboxEvent(kind=kind, payload=payload) for kind, payload in events if kind in _handlers
    ]
    if rows:
        OutboxEvent.objects.bulk_create(rows)
        transaction.on_commit(hint, robust=True)


def hint() -> None:
    """Tell a worker that there is something to do; the beat finds it too if this fails."""
    from aegis.events.tasks import dispatch_outbox  # noqa: PLC0415 -- The task imports us.

    try:
        dispatch_outbox.apply_async(retry=False)
    except (dispatch_outbox.OperationalError, OSError):
        log.warning("outbox.no_broker")


def dispatch() -> int:
    """Carry out what is owed, oldest first, and return how many rows were looked at.

    Each row is locked while its handlers run, so two workers never do the same
    one; a failure is noted, and the row is tried again later.
    """
    done = 0
    for _ in range(BATCH):
        with transaction.atomic():
            event = (
                OutboxEvent.objects.select_for_update(skip_locked=True)
                .filter(dispatched_at=None, next_attempt_at__lte=timezone.now())
                .filter(attempts__lt=MOST_ATTEMPTS)
                .order_by("id")
                .first()
            )
            if event is None:
                return done
            _carry_out(event)
            done += 1
    transaction.on_commit(partial(hint), robust=True)
    return done


def _carry_out(event: OutboxEvent) -> None:
    try:
        with transaction.atomic():
            for handler in _handlers.get(event.kind, []):
                handler(event)
    except Exception as failure:  # Any handler may fail in any way; the row keeps the reason.
        event.attempts += 1
        event.last_error = f"{type(failure).__name__}: {failure}"[:300]
        event.next_attempt_at = timezone.now() + timedelta(seconds=min(2**event.attempts, 900))
        log.exception("outbox.failed", kind=event.kind, row=event.pk)
    else:
        event.attempts += 1
        event.dispatched_at = timezone.now()
    event.save(update_fields=["attempts", "dispatched_at", "last_error", "next_attempt_at"])
