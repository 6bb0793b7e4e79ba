"""Signing keys and signatures, as JSON."""

from typing import Any

from rest_framework import serializers

from aegis.accounts.models import Team
from aegis.api.v1.serializers.base import StrictSerializer, Text
from registry.models import Signature, SigningJob, SigningKey, SigningKeyVersion
from registry.published_keys import state_of


class KeyVersionDocument(serializers.ModelSerializer[SigningKeyVersion]):
    """A public key. A ``compromised`` one vouches for nothing, whenever it signed."""

    state = serializers.SerializerMethodField()

    class Meta:
        model = SigningKeyVersion
        fields = (
            *("version", "hint", "algorithm", "public_key", "first_seen_at", "state"),
            *("compromised_at", "compromised_reason"),
        )

    def get_state(self, version: SigningKeyVersion) -> str:
        """Return active, retired or compromised."""
        return state_of(version)


class PublishedKey(serializers.Serializer[Any]):
    """A public key in the published list."""

    name = serializers.CharField()
    version = serializers.CharField()
    hint = serializers.CharField(help_text="SHA-256 of the PEM; bundles name the key by it.")
    algorithm = serializers.CharField()
    public_key = serializers.CharField(help_text="PEM.")
    is_development = serializers.BooleanField(help_text="True: its signatures prove nothing.")
    is_verify_only = serializers.BooleanField(
        help_text="True: it signs elsewhere, and Aegis takes what was signed there."
    )
    first_seen_at = serializers.DateTimeField()
    state = serializers.ChoiceField(["active", "retired", "compromised"])
    retired_at = serializers.DateTimeField(allow_null=True)
    compromised_at = serializers.DateTimeField(allow_null=True)


class PublishedKeys(serializers.Serializer[Any]):
    """The published list; ``format`` is raised when a field changes its meaning."""

    format = serializers.IntegerField()
    keys = PublishedKey(many=True)


class KeyDocument(serializers.ModelSerializer[SigningKey]):
    """A signing key. Without ``teams`` it signs for all of them."""

    teams: serializers.SlugRelatedField[Team] = serializers.SlugRelatedField(
        "slug", many=True, read_only=True
    )
    versions = KeyVersionDocument(many=True)

    class Meta:
        model = SigningKey
        fields = (
            *("name", "provider", "transit_name", "description", "teams", "risk_tiers"),
            *("is_default", "retired_at", "created_at", "versions"),
        )


class GivenPublicKey(StrictSerializer):
    """A public key as PEM, with the number that the signer gave it."""

    version = Text()
    public_key = Text()


class NewKey(StrictSerializer):
    """A key to be listed. Without ``transit_name`` it has its own name in Vault.

    One to verify only comes with its public keys; of the others the signer is asked for them.
    """

    name = Text()
    provider = Text()
    transit_name = Text(required=False)
    description = Text(required=False)
    teams = serializers.ListField(child=Text(), required=False)
    risk_tiers = serializers.ListField(child=serializers.JSONField(), required=False)
    public_keys = GivenPublicKey(many=True, required=False)


class KeyChange(StrictSerializer):
    """What a key says of itself and whom it signs for. What is left out stays."""

    description = Text(required=False)
    teams = serializers.ListField(child=Text(), required=False)
    risk_tiers = serializers.ListField(child=serializers.JSONField(), required=False)


class Compromise(StrictSerializer):
    """Why nothing is trusted any more that a key signed; without ``version``, any of them."""

    reason = Text()
    version = Text(required=False)


class AskedDocument(serializers.Serializer[Any]):
    """How far signing again has come, and for which versions no key may sign, by the reason."""

    asked = serializers.IntegerField()
    refused = serializers.DictField(child=serializers.IntegerField())
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    waiting = serializers.IntegerField()
    failed = serializers.IntegerField()


class SignatureDocument(serializers.ModelSerializer[Signature]):
    """A signature of a version: the first of the list counts."""

    compromised_at = serializers.DateTimeField(allow_null=True)
    brought_by = serializers.CharField(
        allow_null=True, help_text="Who brought it with the files; null: Aegis had it made."
    )

    class Meta:
        model = Signature
        fields = (
            *("id", "manifest_digest", "key_name", "key_version", "key_hint", "algorithm"),
            *("public_key", "is_development", "signed_at", "compromised_at", "brought_by"),
        )


class SigningJobDocument(serializers.ModelSerializer[SigningJob]):
    """A job that signs a version once more."""

    key = serializers.CharField(source="key.name")
    requested_by = serializers.CharField(source="requested_by.username")

    class Meta:
        model = SigningJob
        fields = (
            *("id", "state", "key", "requested_by", "requested_at", "delayed_since"),
            *("error_code", "error", "finished_at"),
        )


class SignaturesDocument(serializers.Serializer[Any]):
    """The signatures of a version, the one that counts first, and the last job if any."""

    results = SignatureDocument(many=True)
    job = SigningJobDocument(allow_null=True)


class SignAgain(StrictSerializer):
    """Who signs; without a key the default does."""

    sign_key = Text(required=False)
