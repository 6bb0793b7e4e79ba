"""Files on their way in, before a version takes them over."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from aegis.firm import Firm, Frozen, NoDelete, refuse
from aegis.keys import new_key
from registry.models.versions import ModelVersion


class Upload(models.Model):
    """A set of files that one person is sending, for one version to come."""

    class State(models.TextChoices):
        OPEN = "open", "Receiving files"
        TAKEN = "taken", "Taken over by a version"
        DISCARDED = "discarded", "Discarded"

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="uploads"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    version = models.OneToOneField(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="upload"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        triggers = [NoDelete(), Frozen(mutable=("state", "version", "expires_at"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="taken", version__isnull=False)
                | ~Q(state="taken") & Q(version=None),
                name="registry_upload_taken_by_a_version",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class UploadFile(models.Model):
    """One file of an upload: how much has arrived, of how much, with which digest.

    ``size`` and ``sha256`` are what the sender promised, if they did;
    ``received`` counts the bytes that are stored.
    """

    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="files")
    path = models.CharField(max_length=1024)
    path_key = models.CharField(max_length=1024, help_text="NFKC and case-folded.")
    size = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    received = models.BigIntegerField(default=0)
    complete = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "path_key"], name="registry_upload_path_once")
        ]

    def __str__(self) -> str:
        return self.path


def only_while_open(sentence: str) -> Firm:
    """Return the trigger that refuses a row about an ``upload`` that takes no files any more."""
    return Firm(
        name="only_while_open",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        declare=[("upload_state", "text")],
        # Indented as the migrations have it, which are compared with it to the letter.
        func=f"""
                    SELECT state INTO upload_state FROM registry_upload
                        WHERE id = NEW.upload_id FOR SHARE;
                    IF upload_state IS DISTINCT FROM 'open'
                       OR (TG_OP = 'UPDATE' AND NEW.upload_id <> OLD.upload_id) THEN
                        {refuse(sentence)}
                    END IF;
                    RETURN NEW;
                """,
    )
