"""Model cards: published revisions, and the drafts that come before them."""

from django.conf import settings
from django.db import models

from aegis.keys import new_key
from registry.models.tombstones import append_only_but_redacted, redaction_key
from registry.models.versions import ModelVersion
from registry.revisions import RaisesSubjectRevision
from registry.visibility import PartOfVersionQuerySet


class CardRevision(models.Model):
    """A published text of a version's card.

    ``sections`` maps section keys to Markdown; ``digest`` is the SHA-256 of their
    canonical JSON. Numbered 1, 2, 3 … for each version. A redacted one has no sections.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="card_revisions"
    )
    number = models.PositiveIntegerField()
    sections = models.JSONField()
    digest = models.CharField(max_length=64)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(auto_now_add=True)
    redaction = redaction_key()

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        verbose_name = "card revision"
        constraints = [
            models.UniqueConstraint(
                fields=["version", "number"], name="registry_card_revision_number_once"
            )
        ]
        triggers = [
            *append_only_but_redacted("card_revision", emptied={"sections": "'{}'::jsonb"}),
            RaisesSubjectRevision(),
            RaisesSubjectRevision.when_redacted(),
        ]

    def __str__(self) -> str:
        return f"card {self.number} of {self.version}"


class CardDraft(models.Model):
    """What one person is writing for a version's card; nobody else sees it."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="card_drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sections = models.JSONField()
    based_on = models.PositiveIntegerField(help_text="The revision it began from; 0 for none.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "author"], name="registry_card_draft_once_per_author"
            )
        ]

    def __str__(self) -> str:
        return f"draft of {self.version}"
