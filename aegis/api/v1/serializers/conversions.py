"""Conversions as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from aegis.api.v1.serializers.base import StrictSerializer, Text
from imports.converting.known import Known
from imports.converting.offers import Conversions
from registry.models import Comparison, Derivation


class NewConversion(StrictSerializer):
    """What a version is to be converted to, and an input to compare both with."""

    to = Text(help_text="A format, such as onnx, or the name of a converter.")
    input = serializers.JSONField(
        required=False,
        help_text="Rows of numbers, or columns and data, as MLflow writes inputs. Without it the "
        "input example among the files is taken.",
    )
    label = Text(required=False, allow_null=True)  # type: ignore[assignment]  # DRF has an attribute of that name.
    description = Text(required=False)
    sign_key = Text(required=False, help_text="The signing key; without it the default signs.")
    new_version = serializers.BooleanField(
        required=False, help_text="Convert it anew also where it was converted so before."
    )


class ComparisonDocument(serializers.ModelSerializer[Comparison]):
    """What came out when a converted version was compared with what it was converted from."""

    is_within = serializers.BooleanField(help_text="Nothing is outside of the tolerance.")
    requested_by = serializers.CharField(source="requested_by.username")

    class Meta:
        model = Comparison
        fields = (
            "method",
            "is_within",
            "values",
            "outside",
            "tolerance",
            "relative_tolerance",
            "largest_difference",
            "input_digest",
            "input_from",
            "requested_by",
            "compared_at",
        )


class ParentDocument(serializers.ModelSerializer[Derivation]):
    """The version that this one was converted from, and how."""

    version = serializers.IntegerField(source="parent.number")
    digest = serializers.CharField(source="parent_digest")
    recalled_at = serializers.DateTimeField(source="parent.recalled_at", allow_null=True)
    quarantined_at = serializers.DateTimeField(source="parent.quarantined_at", allow_null=True)
    packages = serializers.DictField(child=serializers.CharField())
    isolation = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Derivation
        fields = (
            "version",
            "digest",
            "recalled_at",
            "quarantined_at",
            "converter",
            "converter_version",
            "packages",
            "isolation",
        )


class DerivedDocument(serializers.ModelSerializer[Derivation]):
    """A version that was converted from this one."""

    version = serializers.IntegerField(source="version.number")
    state = serializers.CharField(source="version.state")
    is_compared = serializers.SerializerMethodField()

    class Meta:
        model = Derivation
        fields = ("version", "state", "converter", "converter_version", "is_compared")

    def get_is_compared(self, derivation: Derivation) -> bool:
        """Say whether any comparison was made."""
        return bool(derivation.version.comparisons.all())


class OfferDocument(serializers.Serializer[Known]):
    """A converter that reads the files; one that lacks something says what installs it."""

    to = serializers.CharField(source="converter.writes")
    converter = serializers.CharField(source="converter.name")
    missing = serializers.ListField(child=serializers.CharField())
    install = serializers.CharField(source="converter.install")


class WhyNotDocument(serializers.Serializer[Any]):
    """Why the version is not converted now."""

    code = serializers.CharField()
    reason = serializers.CharField(source="in_full")


class ConversionsDocument(serializers.Serializer[Conversions]):
    """The conversions around a version."""

    origin = ParentDocument(allow_null=True)
    comparisons = ComparisonDocument(many=True)
    derived = DerivedDocument(many=True)
    offers = OfferDocument(many=True)
    refusal = serializers.SerializerMethodField()

    @extend_schema_field(WhyNotDocument(allow_null=True))
    def get_refusal(self, found: Conversions) -> Any:
        """Return why none may be asked for, or nothing."""
        return WhyNotDocument(found.refusal).data if found.refusal else None
