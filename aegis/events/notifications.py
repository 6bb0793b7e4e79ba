"""Sentences for people: in the app at once, and by letter from a worker."""

from collections.abc import Iterable
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from aegis.accounts.models import User
from aegis.events.models import Notification, OutboxEvent

log = structlog.get_logger(__name__)

LONGEST_TITLE = 200


def notify(
    users: Iterable[User],
    *,
    event: OutboxEvent,
    kind: str,
    title: str,
    body: str = "",
    url: str = "",
) -> list[Notification]:
    """Tell ``users`` what ``event`` means to them, once each; return what is new.

    ``title`` is one line, ``body`` the sentences of the letter, ``url`` a path of the
    site. Locked accounts and those of automation are left out.
    """
    people = {user.pk: user for user in users if user.is_active and not user.is_service}
    with transaction.atomic():
        told = Notification.objects.filter(event=event, user__in=people)
        for key in told.values_list("user_id", flat=True):
            del people[key]
        made = Notification.objects.bulk_create(
            [
                Notification(
                    user=user,
                    event=event,
                    kind=kind,
                    title=_one_line(title),
                    body=body,
                    url=url,
                    letter_due_at=timezone.now() if user.email else None,
                )
                for user in people.values()
            ],
            # Another worker may carry out the same event; its rows are as good.
            ignore_conflicts=True,
        )
        if any(notification.letter_due_at for notification in made):
            transaction.on_commit(_hint, robust=True)
    return made


def mark_read(user: User, keys: Iterable[UUID] | None = None) -> int:
    """Mark notifications of ``user`` as read, all of them unless ``keys`` names some."""
    unread = unread_of(user)
    if keys is not None:
        unread = unread.filter(pk__in=list(keys))
    return unread.update(read_at=timezone.now())


def unread_of(user: User) -> QuerySet[Notification]:
    """Return the notifications that ``user`` has not read yet."""
    return Notification.objects.filter(user=user, read_at=None)


def _one_line(title: str) -> str:
    line = " ".join(title.split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"


def _hint() -> None:
    from aegis.events.tasks import send_letters  # noqa: PLC0415 -- Tasks are found by Celery first.

    try:
        send_letters.apply_async(retry=False)
    except (OperationalError, OSError):
        log.warning("letters.no_broker")
