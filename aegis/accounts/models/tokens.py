"""API tokens, and the answers kept for repeated requests."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aegis.firm import Firm, Frozen, NoDelete, refuse
from aegis.keys import new_key


class ApiToken(models.Model):
    """A bearer token, of which only the SHA-256 is kept.

    Its scopes intersect what its user may do; an empty list of scopes may do nothing.
    """

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Register, document and ask for promotion"
        ADMIN = "admin", "Administer people, teams and policies"

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_tokens"
    )
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, help_text="The first characters, to recognise it by.")
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    production_only = models.BooleanField(
        default=False, help_text="Of versions it reads only those that are in Production."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"
        constraints = [
            models.CheckConstraint(
                condition=Q(production_only=False) | Q(scopes=["read"]),
                name="accounts_token_of_production_reads",
            )
        ]
        triggers = [
            NoDelete(),
            Frozen(mutable=("revoked_at", "last_used_at")),
            Firm(
                name="stays_revoked",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF OLD.revoked_at IS NOT NULL
                       AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
                        {refuse("A revoked token stays revoked.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotencyKey(models.Model):
    """The answer to a POST that made something, kept for the same request sent again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"], name="accounts_idempotencykey_once_per_user"
            )
        ]

    def __str__(self) -> str:
        return self.key
