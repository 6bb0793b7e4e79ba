"""What was last heard of the signer: a worker asks it, and pages read the answer here."""

from django.db import models
from django.db.models import Q


class SignerState(models.Model):
    """How the signer behind one key was when a worker asked it last.

    Nothing that answers a request asks the signer itself. ``answered_at`` is when it last showed a
    key that may sign; ``away_since`` is null while it does, else when it first did not, with the
    code and the sentence of why. The row is a notice, no proof: nothing that decides rests on it.
    """

    key_name = models.CharField(max_length=200, unique=True)
    checked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    away_since = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=60, blank=True)
    sentence = models.TextField(blank=True)

    class Meta:
        ordering = ["key_name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(away_since=None, code="") | Q(away_since__isnull=False) & ~Q(code=""),
                name="registry_signer_away_with_reason",
            )
        ]

    def __str__(self) -> str:
        return self.key_name
