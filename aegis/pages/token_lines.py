"""Tokens as their owner sees them: what they may in words, and which are of no use any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils import timezone

from aegis.accounts.models import ApiToken, User

SCOPES: Final[Mapping[str, str]] = {
    ApiToken.Scope.READ: "See and download what you may",
    ApiToken.Scope.WRITE: "Register, document and ask for promotion",
    ApiToken.Scope.ADMIN: "Administer people, teams and policies",
}
OF_PRODUCTION: Final = "See models and download what is in Production"
UNUSED: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token; ``is_idle`` says that nobody used it for long."""

    token: ApiToken
    may: tuple[str, ...]
    is_idle: bool


def _words(token: ApiToken) -> tuple[str, ...]:
    if token.production_only:
        return (OF_PRODUCTION,)
    return tuple(SCOPES[scope] for scope in token.scopes)


def token_lines(user: User) -> list[TokenLine]:
    """Return the tokens of ``user`` that work, the newest first."""
    now = timezone.now()
    tokens = ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=now)
    return [
        TokenLine(
            token,
            _words(token),
            is_idle=(token.last_used_at or token.created_at) < now - UNUSED,
        )
        for token in tokens
    ]
