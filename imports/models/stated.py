"""Origins that a client states of the files that it sends, beside what Aegis looks up itself."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils import timezone

from aegis.firm import Firm, NoDelete, NoTruncate, refuse
from registry.models import Upload


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
            Firm(
                name="only_while_open",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("upload_state", "text")],
                func=f"""
                    SELECT state INTO upload_state FROM registry_upload
                        WHERE id = NEW.upload_id FOR SHARE;
                    IF upload_state IS DISTINCT FROM 'open'
                       OR (TG_OP = 'UPDATE' AND NEW.upload_id <> OLD.upload_id) THEN
                        {refuse("An origin is stated only while its upload takes files.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.plan["shown"])
