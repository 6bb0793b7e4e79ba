"""Sharing a model: who holds which role, given and taken away."""

from typing import Any

from django.contrib.auth.models import Group
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.accounts.models import Team, User
from aegis.api.schema import list_of
from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.serializers.access import HoldingDocument
from aegis.api.v1.serializers.base import nothing
from aegis.problems import NotFound
from registry.models import RegisteredModel
from registry.permissions import Holding, roles_of
from registry.sharing import share, unshare

_GIVEN = {200: list_of(HoldingDocument)}


class Access(View):
    """Who may do what with a model."""

    @extend_schema(operation_id="access_list", responses=_GIVEN)
    def get(self, request: Request, name: str) -> Response:
        """List the roles that are held, and how."""
        parameters(request)
        return _answer(self.model(request, name))


class UserRole(View):
    """A person's or a service account's role on a model."""

    @extend_schema(operation_id="access_share_user", request=None, responses=_GIVEN)
    def put(self, request: Request, name: str, username: str, role: str) -> Response:
        """Give the role; one that is held already changes nothing."""
        nothing(request)
        model = self.model(request, name)
        share(model, actor=caller(request), role=role, user=_user(username))
        return _answer(model)

    @extend_schema(operation_id="access_unshare_user", request=None, responses=_GIVEN)
    def delete(self, request: Request, name: str, username: str, role: str) -> Response:
        """Take the role away."""
        model = self.model(request, name)
        unshare(model, actor=caller(request), role=role, user=_user(username))
        return _answer(model)


class TeamRole(View):
    """The role that a team's members have on a model."""

    @extend_schema(operation_id="access_share_team", request=None, responses=_GIVEN)
    def put(self, request: Request, name: str, slug: str, role: str) -> Response:
        """Give the role; one that is held already changes nothing."""
        nothing(request)
        model = self.model(request, name)
        share(model, actor=caller(request), role=role, group=_group(slug))
        return _answer(model)

    @extend_schema(operation_id="access_unshare_team", request=None, responses=_GIVEN)
    def delete(self, request: Request, name: str, slug: str, role: str) -> Response:
        """Take the role away."""
        model = self.model(request, name)
        unshare(model, actor=caller(request), role=role, group=_group(slug))
        return _answer(model)


def _answer(model: RegisteredModel) -> Response:
    return Response({"results": [_document(holding) for holding in roles_of(model)]})


def _document(holding: Holding) -> dict[str, Any]:
    who = holding.principal
    return {
        "role": str(holding.role),
        "how": holding.how,
        "user": who.username if isinstance(who, User) else None,
        "group": _group_name(who) if isinstance(who, Team | Group) else None,
    }


def _group_name(group: Team | Group) -> str:
    team = group if isinstance(group, Team) else getattr(group, "team", None)
    return team.slug if isinstance(team, Team) else str(group)


def _user(username: str) -> User:
    found = User.objects.filter(username__iexact=username).first() if _is_name(username) else None
    if found is None:
        raise NotFound("account_not_found", "There is no account of that name.")
    return found


def _group(slug: str) -> Group:
    found = Team.objects.filter(slug=slug).select_related("group") if _is_name(slug) else None
    team = found.first() if found is not None else None
    if team is None:
        raise NotFound("team_not_found", "There is no team of that name.")
    return team.group


def _is_name(text: str) -> bool:
    return "\0" not in text
