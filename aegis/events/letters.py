"""Letters: kept in the database where nobody named a mail server, and sent by a worker."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urljoin

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from aegis.accounts.models import User
from aegis.events.models import Letter, Notification

log = structlog.get_logger(__name__)

BATCH: Final = 50
MOST_ATTEMPTS: Final = 12
LONGEST_WAIT: Final = timedelta(hours=1)


class KeepLetters(BaseEmailBackend):
    """An e-mail backend that keeps what it would send; ``/account/letters/`` shows it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep one letter for each recipient, and return the number of messages."""
        Letter.objects.bulk_create(
            Letter(
                recipient=recipient,
                subject=" ".join(str(message.subject).split())[:300],
                body=str(message.body),
            )
            for message in email_messages
            for recipient in message.recipients()
        )
        return len(email_messages)


def letters_of(user: User) -> QuerySet[Letter]:
    """Return the kept letters to ``user``: letters hold links that let their reader in."""
    if not user.email:
        return Letter.objects.none()
    return Letter.objects.filter(recipient__iexact=user.email)


def send_owed() -> int:
    """Send the letters that are due, oldest first, and return how many were tried.

    Each notification is locked while its letter goes out, so that two workers never
    send the same one; after a failure it is tried again later.
    """
    for tried in range(BATCH):
        with transaction.atomic():
            notification = (
                Notification.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("user")
                .filter(letter_due_at__lte=timezone.now())
                .order_by("letter_due_at")
                .first()
            )
            if notification is None:
                return tried
            _send(notification)
    return BATCH


def _send(notification: Notification) -> None:
    now = timezone.now()
    notification.letter_attempts += 1
    try:
        with transaction.atomic():
            _message(notification).send()
    except Exception:  # Mail servers fail in many ways, and none may stop the next letter.
        log.exception("letter.not_sent", notification=str(notification.pk))
        wait = min(timedelta(seconds=15) * 2**notification.letter_attempts, LONGEST_WAIT)
        given_up = notification.letter_attempts >= MOST_ATTEMPTS
        notification.letter_due_at = None if given_up else now + wait
    else:
        notification.letter_due_at, notification.letter_sent_at = None, now
    notification.save(update_fields=["letter_attempts", "letter_due_at", "letter_sent_at"])


def _message(notification: Notification) -> EmailMessage:
    parts = [f"Dear {notification.user},", notification.body or notification.title]
    if notification.url:
        parts.append(urljoin(f"{settings.AEGIS_BASE_URL}/", notification.url))
    parts.append("Aegis sends this because it concerns you.")
    return EmailMessage(
        subject=f"Aegis: {notification.title}",
        body="\n\n".join(parts) + "\n",
        to=[notification.user.email],
        # The same for each attempt, so that a letter that went out twice is seen as one.
        headers={"Message-ID": f"<{notification.pk}@aegis>"},
    )
