"""What happened and whom it concerns: outbox, notifications and letters."""

from django.conf import settings
from django.db import models

from aegis.keys import new_key


class OutboxEvent(models.Model):
    """An effect that is owed, written in the transaction of its cause.

    The dispatcher hands it to the handlers of its kind, at least once, in order.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=60)
    payload = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    dispatched_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    next_attempt_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=models.Q(dispatched_at=None),
                name="events_outbox_owed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Notification(models.Model):
    """A sentence for one person, in the app and by letter.

    ``letter_due_at`` is when the letter is to be sent, or tried again; none is owed
    where it is empty.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notifications"
    )
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    event = models.ForeignKey(OutboxEvent, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    letter_due_at = models.DateTimeField(null=True, blank=True)
    letter_sent_at = models.DateTimeField(null=True, blank=True)
    letter_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="events_notifications_of_user"),
            models.Index(
                fields=["letter_due_at"],
                condition=~models.Q(letter_due_at=None),
                name="events_letters_owed",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "event"], name="events_notification_once_per_event"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Letter(models.Model):
    """An e-mail that the local installation keeps instead of sending it."""

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    recipient = models.EmailField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-sent_at"]

    def __str__(self) -> str:
        return self.subject
