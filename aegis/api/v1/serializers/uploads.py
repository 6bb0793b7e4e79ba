"""Uploads as JSON."""

from typing import Any

from rest_framework import serializers

from registry.models import Upload


class UploadFileDocument(serializers.Serializer[Any]):
    """One file: ``received`` of ``size`` bytes are here."""

    path = serializers.CharField()
    size = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(allow_null=True)
    received = serializers.IntegerField()
    complete = serializers.BooleanField()


class BroughtDocument(serializers.Serializer[Any]):
    """The signature that an upload was brought with, and what it says that it is over."""

    key_name = serializers.CharField()
    key_version = serializers.CharField()
    key_hint = serializers.CharField()
    manifest_digest = serializers.CharField()


class UploadDocument(serializers.Serializer[Any]):
    """An upload, with the largest part that one request may bring."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(Upload.State.choices)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    part_bytes = serializers.IntegerField()
    signature = BroughtDocument(allow_null=True)
    files = UploadFileDocument(many=True)
