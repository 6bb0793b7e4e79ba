"""The ledger of downloads: who fetched which bytes of which version, when, and with what."""

from django.conf import settings
from django.db import models

from aegis.accounts.models import ApiToken
from aegis.firm import append_only
from registry.models.versions import ModelVersion
from registry.visibility import PartOfVersionQuerySet


class DownloadEvent(models.Model):
    """That somebody was given bytes of a version, written before the first of them left.

    ``path`` is empty for the whole package. ``offset`` and ``length`` (bytes) are those of the
    range that was asked for; without one, both are NULL. ``token`` is the token that was shown,
    if any: its user is the one who fetched.
    """

    class What(models.TextChoices):
        PACKAGE = "package", "The package"
        FILE = "file", "A file"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="downloads")
    what = models.CharField(max_length=8, choices=What.choices)
    path = models.CharField(max_length=1024, blank=True)
    offset = models.BigIntegerField(null=True, blank=True)
    length = models.BigIntegerField(null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="downloads"
    )
    token = models.ForeignKey(
        ApiToken, null=True, blank=True, on_delete=models.PROTECT, related_name="downloads"
    )
    at = models.DateTimeField(auto_now_add=True)

    objects = PartOfVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "download"
        indexes = [models.Index(fields=["version", "user"], name="registry_downloads_by_version")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.path or self.get_what_display()} of {self.version}"
