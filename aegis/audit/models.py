"""The audit log: a chain of entries that is only ever appended to."""

import pgtrigger
from django.conf import settings
from django.db import models

from aegis.firm import Firm, append_only, refuse

_GAP = refuse("The audit log has no gaps: the next entry is %.", "coalesce(last.seq, 0) + 1")


class AuditEvent(models.Model):
    """One thing that somebody did, in the order in which it was committed.

    ``body`` is the canonical JSON (RFC 8785) that the hash covers; the other
    columns repeat parts of it so that they can be searched, and the verifier
    compares them. It holds ids, short codes and salted digests of free text,
    never the text. ``hash`` is SHA-256 of ``previous_hash`` (32 raw bytes, zeros
    for the first entry) followed by ``body``.
    """

    seq = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    model_id = models.UUIDField(null=True, help_text="The registered model it is about.")
    body = models.TextField()
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["-seq"]
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["model_id", "-seq"], name="audit_by_model"),
            models.Index(fields=["actor", "-seq"], name="audit_by_actor"),
            models.Index(fields=["action", "-seq"], name="audit_by_action"),
            models.Index(fields=["object_type", "object_id", "-seq"], name="audit_by_object"),
        ]
        triggers = [
            *append_only(),
            Firm(
                name="chained",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("last", "audit_auditevent%ROWTYPE")],
                func=f"""
                    PERFORM pg_advisory_xact_lock(4711);
                    SELECT * INTO last FROM audit_auditevent ORDER BY seq DESC LIMIT 1;
                    IF NEW.seq <> coalesce(last.seq, 0) + 1 THEN
                        {_GAP}
                    END IF;
                    IF NEW.previous_hash <>
                       coalesce(last.hash, decode(repeat('00', 32), 'hex')) THEN
                        {refuse("The entry does not follow the last one of the audit log.")}
                    END IF;
                    IF NEW.hash <> sha256(NEW.previous_hash || convert_to(NEW.body, 'UTF8')) THEN
                        {refuse("The hash of the audit entry is not that of its body.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"
