"""Signatures that come with the files of a version, made by whoever brings them."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils import timezone

from aegis.firm import Firm, NoDelete, NoTruncate, refuse
from registry.models.keys import SigningKeyVersion
from registry.models.uploads import Upload, only_while_open


class BroughtSignature(models.Model):
    """A signature that was brought with an upload, over files that are to be a version.

    ``bundle`` is the Sigstore bundle as it came, verified with the public key of the list that it
    names; ``manifest_digest`` is what it says it is over. It may be brought anew while the upload
    takes files. The version that takes the upload is signed with it and with nothing else before
    it is ready.
    """

    upload = models.OneToOneField(
        Upload, primary_key=True, on_delete=models.PROTECT, related_name="brought_signature"
    )
    key_version = models.ForeignKey(SigningKeyVersion, on_delete=models.PROTECT, related_name="+")
    manifest_digest = models.CharField(max_length=64)
    bundle = models.TextField()
    brought_at = models.DateTimeField(default=timezone.now)

    class Meta:
        triggers: ClassVar = [
            NoDelete(),
            NoTruncate(),
            only_while_open("A signature is brought only while its upload takes files."),
        ]

    def __str__(self) -> str:
        return f"{self.key_version} over {self.manifest_digest[:12]}"


def as_it_was_brought() -> Firm:
    """Return the trigger of signatures that holds those of versions to what was brought."""
    return Firm(
        name="as_it_was_brought",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        declare=[("b", "registry_broughtsignature%ROWTYPE"), ("version_state", "text")],
        func=f"""
            SELECT x.* INTO b FROM registry_broughtsignature x
                JOIN registry_upload u ON u.id = x.upload_id WHERE u.version_id = NEW.version_id;
            IF NEW.brought_id IS NOT NULL AND (
                b.upload_id IS DISTINCT FROM NEW.brought_id
                OR (b.bundle, b.manifest_digest) IS DISTINCT FROM (NEW.bundle, NEW.manifest_digest)
                OR NOT EXISTS (SELECT 1 FROM registry_signingkeyversion v
                               WHERE v.id = b.key_version_id AND v.hint = NEW.key_hint)) THEN
                {refuse("This is not the signature that was brought with the version.")}
            END IF;
            SELECT state INTO version_state FROM registry_modelversion WHERE id = NEW.version_id;
            IF NEW.brought_id IS NULL AND b.upload_id IS NOT NULL AND version_state = 'pending' THEN
                {refuse("The version was brought with a signature, so it gets no other first.")}
            END IF;
            RETURN NEW;
        """,
    )
