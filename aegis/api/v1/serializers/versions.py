"""Versions and what documents them, as JSON."""

from typing import Any

from rest_framework import serializers

from aegis.api.v1.serializers.base import StrictSerializer, Text
from registry.cards import completeness
from registry.evidence import outcome_of
from registry.lookup import FoundBy
from registry.models import (
    CardRevision,
    ComplianceTag,
    Evidence,
    Metric,
    MetricDefinition,
    ScanVerdict,
    Stage,
    VersionFact,
    VersionState,
)


class NewVersion(StrictSerializer):
    """A version to be made of an upload. Without a label it has none; null asks for the next."""

    upload = serializers.UUIDField()
    label = Text(required=False, allow_null=True)  # type: ignore[assignment]  # DRF has an attribute of that name.
    description = Text(required=False)
    facts = serializers.JSONField(required=False)
    sign_key = Text(required=False, help_text="The signing key; without it the default signs.")
    new_version = serializers.BooleanField(
        required=False, help_text="Add a version also where one has these bytes already."
    )


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


class FailureDocument(serializers.Serializer[Any]):
    """Why a version failed."""

    code = serializers.CharField()
    reason = serializers.CharField()


class ArtifactMark(serializers.Serializer[Any]):
    """The package of a version."""

    layout = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField()


class SignatureMark(serializers.Serializer[Any]):
    """The latest signature of a version."""

    key_name = serializers.CharField()
    key_version = serializers.CharField()
    key_hint = serializers.CharField()
    algorithm = serializers.CharField()
    is_development = serializers.BooleanField()
    signed_at = serializers.DateTimeField()
    brought_by = serializers.CharField(
        allow_null=True, help_text="Who brought it with the files; null: Aegis had it made."
    )


class ScanMark(serializers.Serializer[Any]):
    """The latest scan of a version; ``quarantined`` says whether it holds the version back."""

    verdict = serializers.ChoiceField(ScanVerdict.choices)
    ruleset = serializers.CharField()
    scanned_at = serializers.DateTimeField()
    quarantined = serializers.BooleanField()


class VersionDocument(serializers.Serializer[Any]):
    """A version. ``registry.version_documents`` writes it; this says what it is."""

    model = serializers.CharField()
    number = serializers.IntegerField()
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # DRF has an attribute of that name.
    description = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # DRF has an attribute of that name.
    state = serializers.ChoiceField(VersionState.choices)
    failure = FailureDocument(allow_null=True)
    stage = serializers.ChoiceField(Stage.choices)
    stage_sequence = serializers.IntegerField()
    digest = serializers.CharField(allow_null=True, help_text="Of the manifest, SHA-256.")
    size = serializers.IntegerField()
    file_count = serializers.IntegerField()
    tags = serializers.DictField(child=serializers.CharField(), help_text="The model's.")
    compliance_tags = serializers.ListField(child=serializers.CharField())
    aliases = serializers.ListField(child=serializers.CharField())
    artifact = ArtifactMark(allow_null=True)
    signature = SignatureMark(allow_null=True)
    scan = ScanMark(allow_null=True)
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    ready_at = serializers.DateTimeField(allow_null=True)
    quarantined_at = serializers.DateTimeField(allow_null=True)
    recalled_at = serializers.DateTimeField(allow_null=True)


class FoundVersion(VersionDocument):
    """A version, and by what its ref named it."""

    found_by = serializers.ChoiceField([str(one) for one in FoundBy])


class EqualVersion(serializers.Serializer[Any]):
    """A version of the same bytes, and why it is not given out or not to be trusted."""

    number = serializers.IntegerField()
    code = serializers.CharField()
    reason = serializers.CharField()


class RegisteredVersion(VersionDocument):
    """A version that an upload became, with the number of the import that brings it in.

    Where ``already_registered``, it is the one that had these bytes, and there is no import.
    """

    already_registered = serializers.BooleanField()
    equals = EqualVersion(many=True)
    # The field's name is a word of Python.
    locals()["import"] = serializers.IntegerField(allow_null=True)


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
    """A published revision of a card; ``missing`` is empty where it is complete."""

    sections = serializers.DictField(child=serializers.CharField())
    published_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)
    missing = serializers.SerializerMethodField()

    class Meta:
        model = CardRevision
        fields = (
            "id",
            "number",
            "sections",
            "missing",
            "digest",
            "published_by",
            "published_at",
            "redaction",
        )

    def get_missing(self, card: CardRevision) -> list[dict[str, str]]:
        """Return what a complete card would have besides."""
        return [
            {"section": one.section.key, "reason": one.sentence}
            for one in completeness(card.sections).missing
        ]


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
            "redaction",
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
