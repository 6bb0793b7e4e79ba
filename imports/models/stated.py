"""Origins that a client states of the files that it sends, beside what Aegis looks up itself."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from aegis.firm import NoDelete, NoTruncate
from registry.models import Upload
from registry.models.uploads import only_while_open


class StatedOrigin(models.Model):
    """Where somebody says that the files of an upload come from; nobody else has looked.

    ``plan`` is what Aegis made of the answers of the source that the client passed on, by the
    same rules as of its own; ``answers_digest`` is the hex SHA-256 of their canonical JSON. It may
    be stated anew while the upload takes files.
    """

    upload = models.OneToOneField(
        Upload, primary_key=True, on_delete=models.PROTECT, related_name="stated_origin"
    )
    source = models.CharField(max_length=12)
    place = models.CharField(max_length=64, blank=True)
    plan = models.JSONField()
    answers_digest = models.CharField(max_length=64)
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        triggers: ClassVar = [
            NoDelete(),
            NoTruncate(),
            only_while_open("An origin is stated only while its upload takes files."),
        ]

    def __str__(self) -> str:
        return str(self.plan["shown"])
