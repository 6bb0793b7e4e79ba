"""How programs say who they are: a bearer token, whose scopes bound what they may do."""

from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from aegis.accounts import tokens
from aegis.accounts.models import ApiToken, User
from aegis.problems import Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer aegis_…``. Any other scheme is left to the session."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the token's user and the token.

        Raises TokenRefused (401) for a token that lets nobody in, and Forbidden
        where its scopes do not cover the method.
        """
        plain = bearer_of(request)
        if plain is None:
            return None
        token = tokens.authenticate(plain)
        scope = "read" if request.method in SAFE_METHODS else "write"
        if scope not in token.scopes:
            raise scope_missing(scope)
        return token.user, token

    def authenticate_header(self, _request: Request) -> str:
        """Return the challenge of a 401."""
        return 'Bearer realm="aegis"'


class BrowserSession(SessionAuthentication):
    """The session of a browser; what it writes needs the CSRF token of its page."""

    def enforce_csrf(self, request: Request) -> None:
        """Refuse a request that another site could have sent."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise Forbidden(
                "csrf_failed",
                "A session writes only with its CSRF token.",
                mend="Send the value of the cookie aegis_csrf as the header X-CSRFToken.",
            ) from error


def bearer_of(request: Request | HttpRequest) -> str | None:
    """Return the token of the Authorization header, or None where it names no bearer."""
    # Headers come as Latin-1 (PEP 3333), whatever bytes were sent.
    given = request.META.get("HTTP_AUTHORIZATION", "").encode("latin-1", "replace")
    scheme, _, plain = given.partition(b" ")
    return plain.strip().decode("utf-8", "replace") if scheme.lower() == b"bearer" else None


def underlying(request: Request) -> HttpRequest:
    """Return Django's request, for what reads its session or its body as it comes."""
    django: HttpRequest = request._request  # noqa: SLF001 -- DRF has no public name for it.
    return django


def token_of(request: Request) -> ApiToken | None:
    """Return the token that the request came with; None for a signed-in session."""
    auth: Any = request.auth
    return auth if isinstance(auth, ApiToken) else None


def require_session(request: Request) -> None:
    """Refuse a request that comes with a token, for what only a person may do."""
    if token_of(request) is not None:
        raise Forbidden(
            "human_session_required",
            "A token cannot do this: it takes a person who is signed in.",
            mend="Sign in with a browser and do it there.",
        )


def require_scope(request: Request, scope: str) -> None:
    """Refuse a token without ``scope``; a signed-in person is bound by their rights alone."""
    token = token_of(request)
    if token is not None and scope not in token.scopes:
        raise scope_missing(scope)


def scope_missing(scope: str) -> Forbidden:
    """Return the refusal of a token that lacks ``scope``."""
    return Forbidden(
        "token_scope",
        f"This token does not have the scope “{scope}”.",
        mend="Make a token with that scope on your account page.",
    )
