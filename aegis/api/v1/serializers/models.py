"""Registered models as JSON."""

from typing import Any

from rest_framework import serializers

from aegis.api.v1.serializers.base import StrictSerializer, Text
from registry.models import RegisteredModel
from registry.search import Row


class NewModel(StrictSerializer):
    """What a model is registered with. It begins in the strictest risk tier."""

    name = Text()
    team = Text(help_text="The slug of one of your teams.")
    description = Text(required=False)
    task = Text(required=False)
    framework = Text(required=False)
    tags = serializers.DictField(child=Text(), required=False)
    visibility = serializers.ChoiceField(RegisteredModel.Visibility.choices, required=False)


class ModelChanges(StrictSerializer):
    """What may be changed of a model; what is left out stays."""

    description = Text(required=False)
    task = Text(required=False)
    framework = Text(required=False)
    tags = serializers.DictField(child=Text(), required=False)
    visibility = serializers.ChoiceField(RegisteredModel.Visibility.choices, required=False)
    risk_tier = serializers.IntegerField(required=False, help_text="Stricter (smaller) only.")


class ModelDocument(serializers.Serializer[Any]):
    """A registered model."""

    name = serializers.CharField()
    team = serializers.CharField(source="team.slug", help_text="The slug of its team.")
    description = serializers.CharField()
    task = serializers.CharField()
    framework = serializers.CharField()
    tags = serializers.DictField(child=serializers.CharField())
    risk_tier = serializers.IntegerField()
    visibility = serializers.CharField()
    created_by = serializers.CharField(source="created_by.username")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class VersionMark(serializers.Serializer[object]):
    """A version in few words, as lists name it."""

    number = serializers.IntegerField()
    label = serializers.CharField(help_text="Empty for none.")  # type: ignore[assignment]  # DRF has an attribute of that name.
    state = serializers.CharField()
    stage = serializers.CharField()


class CatalogRow(ModelDocument):
    """A row of the catalog: the model, and the versions that are asked for first."""

    production = VersionMark(allow_null=True)
    staging = VersionMark(allow_null=True)
    latest = VersionMark(allow_null=True)

    def to_representation(self, instance: Row) -> dict[str, object]:
        """Put the versions beside the model's own fields."""
        marks = {"production": instance.production, "staging": instance.staging}
        document = dict(ModelDocument(instance.model).data)
        for name, version in {**marks, "latest": instance.latest}.items():
            document[name] = VersionMark(version).data if version else None
        return document
