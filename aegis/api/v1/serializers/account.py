"""Who asks, and their tokens, as JSON."""

from typing import Any

from rest_framework import serializers

from aegis.accounts.models import ApiToken
from aegis.api.v1.serializers.base import StrictSerializer, Text


class NewToken(StrictSerializer):
    """A token to be made. ``user`` names a service account, for administrators."""

    name = Text(help_text="What it is for.")
    scopes = serializers.ListField(child=Text(), help_text="Of read, write and admin.")
    days = serializers.IntegerField(help_text="How long it lives, up to 366.")
    user = Text(required=False, allow_null=True)
    production_only = serializers.BooleanField(
        default=False, help_text="Whether it reads, of versions, only those in Production."
    )


class TokenDocument(serializers.ModelSerializer[ApiToken]):
    """A token, which is known by its first characters alone."""

    user = serializers.CharField(source="user.username")
    scopes = serializers.ListField(child=serializers.ChoiceField(ApiToken.Scope.choices))

    class Meta:
        model = ApiToken
        fields = (
            "id",
            "user",
            "name",
            "prefix",
            "scopes",
            "production_only",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        )


class MadeToken(TokenDocument):
    """A token that was just made; ``token`` is shown this once."""

    token = serializers.CharField()

    class Meta:
        model = ApiToken
        fields = (*TokenDocument.Meta.fields, "token")


class MeDocument(serializers.Serializer[Any]):
    """Who asks. ``token`` is the one that the request came with."""

    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    is_service = serializers.BooleanField()
    is_administrator = serializers.BooleanField()
    is_auditor = serializers.BooleanField()
    teams = serializers.ListField(child=serializers.CharField())
    needs_me = serializers.IntegerField(help_text="How many requests wait for your decision.")
    token = TokenDocument(allow_null=True)
