"""Provenance: where the bytes of an imported version were fetched from, as it was found there."""

from django.conf import settings
from django.db import models

from aegis.firm import append_only
from registry.models.versions import ModelVersion
from registry.visibility import PartOfVersionQuerySet


class Provenance(models.Model):
    """Where a version comes from: one row for each version that was fetched from a source.

    ``identity`` names the source, the thing there and its pinned revision, so that it is equal
    for equal bytes of equal origin. ``document`` holds what the source said: what it was pinned
    to, each file with its upstream digest, each file that was left out with the rule, metrics
    that could not be recorded, and what was noticed. ``is_complete`` says that no file
    of the model was left out. With a ``stated_source`` nobody but the uploader saw the origin: it
    is of that source by the word of the client, and Aegis has not asked there.
    """

    version = models.OneToOneField(
        ModelVersion, on_delete=models.PROTECT, related_name="provenance"
    )
    identity = models.CharField(max_length=1500)
    shown = models.CharField(max_length=1000)
    url = models.CharField(max_length=2000, blank=True)
    is_complete = models.BooleanField()
    document = models.JSONField()
    stated_source = models.CharField(max_length=12, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-recorded_at"]
        indexes = [models.Index(fields=["identity"], name="registry_provenance_identity")]
        triggers = append_only()

    def __str__(self) -> str:
        return self.shown
