"""Entries of the audit log, as JSON."""

import json
from typing import Any

from rest_framework import serializers

from aegis.audit.actions import sentence_of
from aegis.audit.models import AuditEvent


class AuditDocument(serializers.ModelSerializer[AuditEvent]):
    """One entry. ``hash`` is SHA-256 of ``previous_hash`` and the canonical JSON of ``body``."""

    actor = serializers.CharField(
        source="actor.username", allow_null=True, default=None, help_text="Null: Aegis itself."
    )
    sentence = serializers.SerializerMethodField(help_text="What the actor did, in words.")
    body = serializers.SerializerMethodField()
    hash = serializers.SerializerMethodField()
    previous_hash = serializers.SerializerMethodField()

    class Meta:
        model = AuditEvent
        fields = (
            "seq",
            "occurred_at",
            "actor",
            "action",
            "sentence",
            "object_type",
            "object_id",
            "model_id",
            "body",
            "hash",
            "previous_hash",
        )

    def get_sentence(self, entry: AuditEvent) -> str:
        """Return what the actor did, to be read after their name."""
        return sentence_of(entry.action)

    def get_body(self, entry: AuditEvent) -> dict[str, Any]:
        """Return what the hash covers."""
        body: dict[str, Any] = json.loads(entry.body)
        return body

    def get_hash(self, entry: AuditEvent) -> str:
        """Return the hash, in hex."""
        return bytes(entry.hash).hex()

    def get_previous_hash(self, entry: AuditEvent) -> str:
        """Return the hash of the entry before, in hex."""
        return bytes(entry.previous_hash).hex()
