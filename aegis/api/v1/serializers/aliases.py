"""Aliases as JSON."""

from typing import Any

from rest_framework import serializers

from aegis.api.v1.serializers.base import StrictSerializer, Text


class AliasTarget(StrictSerializer):
    """The version that an alias is to name, by any ref."""

    version = Text()


class AliasDocument(serializers.Serializer[Any]):
    """A name for a version. A governed one follows a stage; nobody sets it by hand."""

    name = serializers.CharField()
    version = serializers.IntegerField()
    is_governed = serializers.BooleanField()
    set_by = serializers.CharField(allow_null=True)
    set_at = serializers.DateTimeField(allow_null=True)
