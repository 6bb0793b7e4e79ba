"""API tokens: made once, shown once, kept as a digest."""

import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from aegis.accounts.models import ApiToken, User
from aegis.accounts.permits import require_administrator
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal
from aegis.sensitive.texts import plain_text

PREFIX: Final = "aegis_"
SHOWN: Final = 12
"""How many characters of a token are kept, to recognise it by,"""
LONG_ENOUGH_TO_SHOW: Final = 32
"""but of one that this long only: the settings may name a shorter one."""
LONGEST_LIFETIME: Final = timedelta(days=366)
SHORTEST_GIVEN: Final = 8
_GIVEN: Final = re.compile(rf"[!-~]{{{SHORTEST_GIVEN},200}}")
_USE_IS_NOTED_EVERY: Final = timedelta(minutes=1)


class TokenRefused(Refusal):
    """The token lets nobody in."""

    status = 401


@verb
def create_token(
    *,
    actor: User,
    user: User,
    name: str,
    scopes: Iterable[str],
    lifetime: timedelta,
    production_only: bool = False,
    through: ApiToken | None = None,
) -> tuple[ApiToken, str]:
    """Make a token that works as ``user``; return its row and the token, which nobody sees again.

    People make their own, administrators those of service accounts. With ``production_only`` it
    reads, and of versions only those in Production. ``through`` is the token that the actor came
    with, if any: the new one is no wider and lives no longer.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _permit_making(user, actor)
    wanted = _scopes(scopes)
    _refuse_too_wide(wanted, user, lifetime, through)
    _refuse_wider_than_production(wanted, production_only=production_only, through=through)
    plain = PREFIX + secrets.token_urlsafe(32)
    token = _keep(
        plain,
        actor=actor,
        user=user,
        name=name,
        scopes=wanted,
        lifetime=lifetime,
        production_only=production_only,
    )
    return token, plain


@verb
def adopt_token(plain: str, *, user: User, name: str) -> ApiToken:
    """Take a token that the installation's settings name, with every scope and for a year.

    Only commands call this. The same token given again is left as it is.
    """
    digest = _digest(plain)
    if known := ApiToken.objects.filter(digest=digest).first():
        return known
    if not _GIVEN.fullmatch(plain):
        sentence = f"A token has {SHORTEST_GIVEN} to 200 ASCII characters and no space."
        raise Invalid("token_form", sentence)
    lifetime = timedelta(days=365)
    scopes = ApiToken.Scope.values
    return _keep(plain, actor=None, user=user, name=name, scopes=scopes, lifetime=lifetime)


@verb
def revoke_token(token: ApiToken, *, actor: User) -> ApiToken:
    """Take a token out of use for ever: its owner, or an administrator."""
    token = ApiToken.objects.select_for_update(no_key=True).get(pk=token.pk)
    if token.user_id != actor.pk:
        require_administrator(actor, "revoke the tokens of others")
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record("token:revoked", actor=actor, about=token, data={"user": str(token.user_id)})
    return token


def own_token(user: User, key: UUID | str) -> ApiToken:
    """Return the token of ``user`` with this key, or refuse it as not found."""
    try:
        return ApiToken.objects.get(pk=key, user=user)
    except (ApiToken.DoesNotExist, ValidationError):
        raise NotFound("token_not_found", "You have no such token.") from None


def authenticate(plain: str) -> ApiToken:
    """Return the token, with its user, that is shown here; raise TokenRefused if it is no good."""
    digest = _digest(plain)
    token = ApiToken.objects.select_related("user").filter(digest=digest).first()
    if token is None or not hmac.compare_digest(token.digest, digest):
        raise TokenRefused("token_unknown", "This token is not known here.")
    now = timezone.now()
    if token.revoked_at is not None:
        raise TokenRefused("token_revoked", "This token was revoked.", mend=_MAKE_ANOTHER)
    if token.expires_at <= now:
        raise TokenRefused("token_expired", "This token has expired.", mend=_MAKE_ANOTHER)
    if not token.user.is_active:
        raise TokenRefused("account_inactive", "The account of this token is locked.")
    note_use(token)
    return token


def note_use(token: ApiToken) -> None:
    """Write down that the token was used, at most once a minute."""
    now = timezone.now()
    past = now - _USE_IS_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < past:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=past)
        ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=now)


_MAKE_ANOTHER = "Make another one on your account page."


def _digest(plain: str) -> str:
    # A character that UTF-8 cannot hold is in no token; it must not stop the comparison.
    return sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def _permit_making(user: User, actor: User) -> None:
    if user.pk == actor.pk:
        if not user.is_active:
            raise Forbidden("account_inactive", "Your account is locked.")
        return
    if not user.is_service:
        raise Forbidden(
            "not_your_account",
            "Nobody makes tokens that work as another person.",
            mend=f"{user} can make one.",
        )
    require_administrator(actor, "make tokens of service accounts")
    if not user.is_active:
        raise Conflict("account_inactive", f"The account of {user} is locked.")


def _scopes(scopes: Iterable[str]) -> list[str]:
    wanted = set(scopes)
    if not wanted:
        raise Invalid("scopes_empty", "A token needs a scope to do anything.", field="scopes")
    if unknown := wanted - set(ApiToken.Scope.values):
        sentence = (
            f"There is no scope {min(unknown)[:40]!r}; "
            f"there are {', '.join(ApiToken.Scope.values)}."
        )
        raise Invalid("scope_unknown", sentence, field="scopes")
    return [scope for scope in ApiToken.Scope.values if scope in wanted]


def _refuse_too_wide(
    wanted: list[str], user: User, lifetime: timedelta, through: ApiToken | None
) -> None:
    if not timedelta(0) < lifetime <= LONGEST_LIFETIME:
        sentence = f"A token lives for up to {LONGEST_LIFETIME.days} days."
        raise Invalid("lifetime_out_of_range", sentence, field="lifetime")
    if ApiToken.Scope.ADMIN in wanted and not user.is_administrator:
        raise Forbidden("scope_too_wide", f"{user} is no administrator, so the token cannot be.")
    if through is None:
        return
    if not set(wanted) <= set(through.scopes):
        raise Forbidden(
            "scope_too_wide",
            "A token makes no wider one.",
            mend="Make it on your account page, signed in.",
        )
    if timezone.now() + lifetime > through.expires_at:
        raise Forbidden("lifetime_too_long", "A token makes none that lives longer than itself.")


def _refuse_wider_than_production(
    wanted: list[str], *, production_only: bool, through: ApiToken | None
) -> None:
    if production_only and wanted != [ApiToken.Scope.READ]:
        raise Invalid(
            "production_token_reads",
            "A token for versions in Production can only read.",
            field="scopes",
        )
    if through is not None and through.production_only and not production_only:
        raise Forbidden("scope_too_wide", "A token makes no wider one.")


def _keep(
    plain: str,
    *,
    actor: User | None,
    user: User,
    name: str,
    scopes: list[str],
    lifetime: timedelta,
    production_only: bool = False,
) -> ApiToken:
    token = ApiToken.objects.create(
        user=user,
        name=plain_text(name, field="name", limit=100),
        prefix=plain[:SHOWN] if len(plain) >= LONG_ENOUGH_TO_SHOW else "",
        digest=_digest(plain),
        scopes=scopes,
        production_only=production_only,
        expires_at=timezone.now() + lifetime,
    )
    data = {
        "user": str(user.pk),
        "scopes": scopes,
        "expires_at": token.expires_at.isoformat(),
        "production_only": production_only,
    }
    record("token:created", actor=actor, about=token, data=data, texts={"name": token.name})
    return token
