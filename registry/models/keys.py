"""The list of signing keys that the administrator keeps; Aegis holds none of them itself."""

from typing import ClassVar, Final

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from aegis.accounts.models import Team
from aegis.firm import Firm, Frozen, NoDelete, NoTruncate, refuse
from aegis.keys import new_key


class SigningKey(models.Model):
    """A key that versions are signed with, by its name in the list.

    ``transit_name`` is the key's name in Vault Transit. It signs for models whose risk
    tier is in ``risk_tiers`` and, if it has teams, that belong to one of them. A retired
    key signs nothing new; what it signed stays good. One to verify only lies in a Vault that
    Aegis does not reach: administrators give its public keys, and only what was signed
    elsewhere and brought is signed with it.
    """

    class Provider(models.TextChoices):
        VAULT = "vault", "Vault Transit"
        DEVELOPMENT = "development", "Development key in a file"
        VERIFY_ONLY = "verify-only", "Elsewhere, to verify only"

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    name = models.CharField(max_length=120, unique=True)
    provider = models.CharField(max_length=12, choices=Provider.choices)
    transit_name = models.CharField(max_length=120, blank=True)
    description = models.TextField(blank=True)
    teams = models.ManyToManyField(Team, blank=True, related_name="signing_keys")
    risk_tiers = ArrayField(models.PositiveSmallIntegerField())
    is_default = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(name__regex=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$"),
                name="registry_signing_key_name_form",
            ),
            models.CheckConstraint(
                condition=(Q(provider__in=["vault", "verify-only"]) & ~Q(transit_name=""))
                | Q(provider="development", transit_name=""),
                name="registry_signing_key_provider",
            ),
            models.CheckConstraint(
                condition=Q(risk_tiers__contained_by=[1, 2, 3]) & ~Q(risk_tiers=[]),
                name="registry_signing_key_tiers",
            ),
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="registry_one_default_signing_key",
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | (Q(retired_at=None) & ~Q(provider="verify-only")),
                name="registry_default_signing_key_signs",
            ),
        ]
        triggers: ClassVar = [
            NoDelete(),
            NoTruncate(),
            Frozen(mutable=("description", "risk_tiers", "is_default", "retired_at")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_development(self) -> bool:
        """Say whether its signatures prove nothing."""
        return self.provider == self.Provider.DEVELOPMENT

    @property
    def is_verify_only(self) -> bool:
        """Say whether nothing here can sign with it."""
        return self.provider == self.Provider.VERIFY_ONLY


NUMBER_FORM: Final = r"^[1-9][0-9]{0,8}$"
"""How Vault numbers the versions of a key."""
_P256_PEM: Final = (
    r"^-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"
    r"[A-Za-z0-9+/]{28}\n[A-Za-z0-9+/]{58}==\n-----END PUBLIC KEY-----\n$"
)
"""A point of P-256 as ``aegis.proof.signing.keys`` spells it: no private key looks like that."""


class SigningKeyVersion(models.Model):
    """A public key that a signing key had from ``first_seen_at`` on, by the signer's number for it.

    ``hint`` is the hex SHA-256 of the PEM in its normal form, by which signatures name it.
    Once compromised it stays so: nothing that it signed passes a gate any more.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=20)
    public_key = models.TextField()
    hint = models.CharField(max_length=64, unique=True)
    algorithm = models.CharField(max_length=40)
    first_seen_at = models.DateTimeField(default=timezone.now)
    compromised_at = models.DateTimeField(null=True, blank=True)
    compromised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    compromised_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["key", "first_seen_at", "id"]
        verbose_name = "version of a signing key"
        verbose_name_plural = "versions of signing keys"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key", "version"], name="registry_signing_key_version_once"
            ),
            models.CheckConstraint(
                condition=Q(compromised_at=None, compromised_by=None, compromised_reason="")
                | (
                    Q(compromised_at__isnull=False, compromised_by__isnull=False)
                    & ~Q(compromised_reason="")
                ),
                name="registry_compromise_has_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(public_key__regex=_P256_PEM), name="registry_public_key_is_on_p256"
            ),
        ]
        triggers: ClassVar = [
            NoDelete(),
            NoTruncate(),
            Frozen(mutable=("compromised_at", "compromised_by", "compromised_reason")),
            Frozen(name="stays_compromised", condition_sql="OLD.compromised_at IS NOT NULL"),
            Firm(
                name="hint_matches",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    IF NEW.hint <> encode(sha256(convert_to(NEW.public_key, 'UTF8')), 'hex') THEN
                        {refuse("The hint of a public key is not that of its bytes.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
            Firm(
                name="given_in_order",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    PERFORM 1 FROM registry_signingkey
                        WHERE id = NEW.key_id AND provider = 'verify-only' FOR NO KEY UPDATE;
                    IF FOUND AND (
                        NEW.version !~ '{NUMBER_FORM}'
                        OR lpad(NEW.version, 9, '0') <= (
                            SELECT max(lpad(v.version, 9, '0')) FROM registry_signingkeyversion v
                                WHERE v.key_id = NEW.key_id)) THEN
                        {refuse("A key to verify only is given its versions in their order.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} version {self.version}"

    @property
    def is_compromised(self) -> bool:
        """Say whether nothing that it signed is trusted any more."""
        return self.compromised_at is not None


def signed_with_a_listed_key(*, brought: str = "FALSE") -> Firm:
    """Return the trigger of a table of signatures: only keys of the list that may sign now sign.

    A key to verify only made no signature but one for which the SQL ``brought`` holds for NEW.
    """
    return Firm(
        name="signed_with_a_listed_key",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        declare=[
            ("v", "registry_signingkeyversion%ROWTYPE"),
            ("k", "registry_signingkey%ROWTYPE"),
        ],
        func=f"""
            SELECT * INTO v FROM registry_signingkeyversion
                WHERE hint = NEW.key_hint AND public_key = NEW.public_key FOR SHARE;
            SELECT * INTO k FROM registry_signingkey WHERE id = v.key_id FOR SHARE;
            IF k.id IS NULL OR (k.name, v.version) <> (NEW.key_name, NEW.key_version)
               OR (k.provider = 'development') <> NEW.is_development THEN
                {refuse("No signing key of the list made this signature.")}
            END IF;
            IF k.provider = 'verify-only' AND NOT ({brought}) THEN
                {refuse("With a key to verify only nothing is signed here.")}
            END IF;
            IF v.compromised_at IS NOT NULL THEN
                {refuse("A compromised key signs nothing any more.")}
            END IF;
            IF k.retired_at IS NOT NULL THEN
                {refuse("A retired key signs nothing new.")}
            END IF;
            RETURN NEW;
        """,
    )
