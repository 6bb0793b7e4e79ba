"""Versions and what documents them, as JSON."""

from typing import Any

from rest_framework import serializers

from aegis.api.v1.serializers.base import StrictSerializer, Text
from registry.evidence import outcome_of
from registry.models import (
    CardRevision,
    ComplianceTag,
    Evidence,
    Metric,
    MetricDefinition,
    VersionFact,
)


class NewVersion(StrictSerializer):
    """A version to be made of an upload. Without a label it has none; null asks for the next."""

    upload = serializers.UUIDField()
    label = Text(required=False, allow_null=True)
    description = Text(required=False)
    facts = serializers.JSONField(required=False)


class NewFact(StrictSerializer):
    """A fact; see the reference for the names and their values."""

    name = Text()
    value = serializers.JSONField()


class NewInterval(StrictSerializer):
    """The bounds of a value, at ``level`` (0.95 if left out)."""

    low = serializers.FloatField()
    high = serializers.FloatField()
    level = serializers.FloatField(required=False)


class NewMetric(StrictSerializer):
    """A metric on your word. It is shown as stated, and passes no gate."""

    name = Text()
    value = serializers.JSONField()
    dataset = Text(required=False)
    slice = Text(required=False)
    sample_size = serializers.IntegerField(required=False, allow_null=True)
    interval = NewInterval(required=False, allow_null=True)


class NewTag(StrictSerializer):
    """A compliance tag; without ``evidence`` it rests on the latest that passes."""

    name = Text()
    evidence = serializers.UUIDField(required=False, allow_null=True)


class NewCard(StrictSerializer):
    """A card to publish; ``based_on`` is the revision that you had before you, 0 for none."""

    sections = serializers.DictField(child=Text())
    based_on = serializers.IntegerField(required=False)


class NewAttestation(StrictSerializer):
    """A person's word about evidence that no rule can judge."""

    verdict = Text(help_text="pass or fail")
    comment = Text()


class Reason(StrictSerializer):
    """Why something is done."""

    reason = Text()


class AliasTarget(StrictSerializer):
    """The version that an alias is to name, by any ref."""

    version = Text()


class FactDocument(serializers.ModelSerializer[VersionFact]):
    """A fact with its source."""

    recorded_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)

    class Meta:
        model = VersionFact
        fields = ("name", "value", "source", "recorded_by", "recorded_at")


class MetricDocument(serializers.ModelSerializer[Metric]):
    """A metric with its source: ``stated``, or the ``report`` that ``evidence`` names."""

    recorded_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)

    class Meta:
        model = Metric
        fields = (
            "name",
            "value",
            "dataset",
            "slice",
            "sample_size",
            "interval_low",
            "interval_high",
            "interval_level",
            "source",
            "evidence",
            "recorded_by",
            "recorded_at",
        )


class CardDocument(serializers.ModelSerializer[CardRevision]):
    """A published revision of a card."""

    published_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)

    class Meta:
        model = CardRevision
        fields = ("number", "sections", "digest", "published_by", "published_at")


class EvidenceDocument(serializers.ModelSerializer[Evidence]):
    """A piece of evidence, with its outcome as it holds now."""

    attached_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)
    outcome = serializers.SerializerMethodField()

    class Meta:
        model = Evidence
        fields = (
            "id",
            "kind",
            "title",
            "file_name",
            "media_type",
            "sha256",
            "size",
            "outcome",
            "findings",
            "supersedes",
            "attached_by",
            "attached_at",
        )

    def get_outcome(self, piece: Evidence) -> str:
        """Return pass, fail or unattested."""
        return outcome_of(piece)


class TagDocument(serializers.ModelSerializer[ComplianceTag]):
    """A compliance tag, with the evidence that carries it."""

    claimed_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)

    class Meta:
        model = ComplianceTag
        fields = ("name", "evidence", "claimed_by", "claimed_at")


class DefinitionDocument(serializers.ModelSerializer[MetricDefinition]):
    """What the name of a metric means."""

    class Meta:
        model = MetricDefinition
        fields = ("name", "title", "unit", "direction", "ideal", "description")
