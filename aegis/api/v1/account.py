"""Who asks, and the tokens that work as them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.accounts.models import ApiToken, Team, User
from aegis.accounts.permits import require_administrator
from aegis.accounts.tokens import create_token, revoke_token
from aegis.api.authentication import require_scope, token_of
from aegis.api.presence import require_recent
from aegis.api.schema import list_of
from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.serializers.account import MadeToken, MeDocument, NewToken, TokenDocument
from aegis.api.v1.serializers.base import body
from aegis.problems import Invalid, NotFound
from approvals.inbox import count_for

LONGEST_DAYS = 10_000
"""Beyond it no date is reckoned; how long tokens live is the verb's to say."""


class Me(View):
    """You."""

    @extend_schema(operation_id="me", responses={200: MeDocument})
    def get(self, request: Request) -> Response:
        """Say who you are to this registry."""
        parameters(request)
        user, token = caller(request), token_of(request)
        teams = Team.objects.filter(group__user=user).values_list("slug", flat=True)
        names = ("username", "name", "email", "is_service", "is_administrator", "is_auditor")
        document: dict[str, Any] = {name: getattr(user, name) for name in names}
        document["teams"] = list(teams)
        document["needs_me"] = count_for(user)
        document["token"] = TokenDocument(token).data if token else None
        return Response(document)


class Tokens(View):
    """Your tokens; for administrators those of service accounts too."""

    @extend_schema(
        operation_id="tokens_list",
        parameters=[OpenApiParameter("user", description="A service account.")],
        responses={200: list_of(TokenDocument)},
    )
    def get(self, request: Request) -> Response:
        """List tokens, the newest first; none is shown."""
        owner = _owner(request, parameters(request, "user").get("user"))
        tokens = ApiToken.objects.filter(user=owner).select_related("user")
        return Response({"results": TokenDocument(tokens, many=True).data})

    @extend_schema(operation_id="token_create", request=NewToken, responses={201: MadeToken})
    def post(self, request: Request) -> Response:
        """Make a token, which is shown this once. One token makes no wider one."""
        fields = body(request, NewToken)
        through = token_of(request)
        if through is None:
            require_recent(request)
        made, plain = create_token(
            actor=caller(request),
            user=_owner(request, fields.get("user")),
            name=fields["name"],
            scopes=fields["scopes"],
            lifetime=_lifetime(fields["days"]),
            production_only=fields["production_only"],
            through=through,
        )
        return Response({**TokenDocument(made).data, "token": plain}, status=201)


class Token(View):
    """One token."""

    @extend_schema(operation_id="token_revoke", request=None, responses={204: None})
    def delete(self, request: Request, key: UUID) -> Response:
        """Take the token out of use for ever."""
        user = caller(request)
        token = ApiToken.objects.filter(pk=key).select_related("user").first()
        is_mine = token is not None and token.user_id == user.pk
        if token is None or not (is_mine or (user.is_administrator and token.user.is_service)):
            raise NotFound("token_not_found", "You have no such token.")
        if not is_mine:
            require_scope(request, ApiToken.Scope.ADMIN)
        revoke_token(token, actor=user)
        return Response(status=204)


def _owner(request: Request, name: str | None) -> User:
    user = caller(request)
    if name is None or name == user.username:
        return user
    require_administrator(user, "see or make tokens of service accounts")
    require_scope(request, ApiToken.Scope.ADMIN)
    found = User.objects.filter(username=name, is_service=True).first() if name else None
    if found is None:
        raise Invalid(
            "service_account_unknown", "There is no service account of that name.", field="user"
        )
    return found


def _lifetime(days: int) -> timedelta:
    return timedelta(days=max(-LONGEST_DAYS, min(days, LONGEST_DAYS)))
