"""The list of signing keys: read by everybody, kept by administrators."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.accounts.models import ApiToken, Team
from aegis.api.authentication import require_scope
from aegis.api.idempotency import idempotent
from aegis.api.presence import require_recent
from aegis.api.schema import list_of
from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.serializers.base import body, nothing
from aegis.api.v1.serializers.keys import (
    AskedDocument,
    Compromise,
    GivenPublicKey,
    KeyChange,
    KeyDocument,
    NewKey,
)
from aegis.problems import Invalid, NotFound
from registry import signing_keys
from registry.compromises import mark_compromised
from registry.models import SigningKey
from registry.pasted_keys import Pasted
from registry.published_keys import find_key
from registry.resigning import sign_affected_again
from registry.resigning_progress import progress_of


class Keys(View):
    """The signing keys."""

    @extend_schema(operation_id="keys_list", responses={200: list_of(KeyDocument)})
    def get(self, request: Request) -> Response:
        """List the keys with their public keys, the oldest version of each first."""
        parameters(request)
        keys = SigningKey.objects.order_by("name").prefetch_related("teams", "versions__key")
        return Response({"results": KeyDocument(keys, many=True).data})

    @extend_schema(operation_id="key_add", request=NewKey, responses={201: KeyDocument})
    @idempotent
    def post(self, request: Request) -> Response:
        """List a key; a worker asks the signer for its public keys, if they are not given."""
        require_scope(request, ApiToken.Scope.ADMIN)
        made = signing_keys.add_key(actor=caller(request), **_said(body(request, NewKey)))
        return Response(KeyDocument(key_named(made.name)).data, status=201)


class Key(View):
    """One signing key."""

    @extend_schema(operation_id="key", responses={200: KeyDocument})
    def get(self, request: Request, name: str) -> Response:
        """Return the key with its public keys."""
        parameters(request)
        return Response(KeyDocument(key_named(name)).data)

    @extend_schema(operation_id="key_edit", request=KeyChange, responses={200: KeyDocument})
    def patch(self, request: Request, name: str) -> Response:
        """Change its description, and whom it signs for from now on."""
        require_scope(request, ApiToken.Scope.ADMIN)
        key = key_named(name)
        now = {
            "description": key.description,
            "teams": key.teams.all(),
            "risk_tiers": key.risk_tiers,
        }
        said = {**now, **_said(body(request, KeyChange))}
        signing_keys.edit_key(key, actor=caller(request), **said)
        return Response(KeyDocument(key_named(name)).data)


class _Act(View):
    """Something that an administrator does with a key, without saying more."""

    def act(self, request: Request, name: str, verb: Any) -> Response:
        """Do it and return the key as it is now."""
        require_scope(request, ApiToken.Scope.ADMIN)
        nothing(request)
        verb(key_named(name), actor=caller(request))
        return Response(KeyDocument(key_named(name)).data)


class Default(_Act):
    """Which key signs where nobody names one."""

    @extend_schema(operation_id="key_make_default", request=None, responses={200: KeyDocument})
    def post(self, request: Request, name: str) -> Response:
        """Make the key the default."""
        return self.act(request, name, signing_keys.make_default)


class Retirement(_Act):
    """Keys that sign nothing new."""

    @extend_schema(operation_id="key_retire", request=None, responses={200: KeyDocument})
    def post(self, request: Request, name: str) -> Response:
        """Retire the key; what it signed stays good."""
        return self.act(request, name, signing_keys.retire)

    @extend_schema(operation_id="key_reinstate", request=None, responses={200: KeyDocument})
    def delete(self, request: Request, name: str) -> Response:
        """Let the key sign again."""
        return self.act(request, name, signing_keys.reinstate)


class Versions(View):
    """The public keys of a key to verify only."""

    @extend_schema(
        operation_id="key_give_version", request=GivenPublicKey, responses={201: KeyDocument}
    )
    @idempotent
    def post(self, request: Request, name: str) -> Response:
        """Add the public key that the key has since it was rotated; return the key."""
        require_scope(request, ApiToken.Scope.ADMIN)
        pasted = Pasted(**body(request, GivenPublicKey))
        signing_keys.give_public_key(key_named(name), actor=caller(request), pasted=pasted)
        return Response(KeyDocument(key_named(name)).data, status=201)


class Compromises(View):
    """Keys that are in wrong hands."""

    @extend_schema(operation_id="key_compromise", request=Compromise, responses={200: KeyDocument})
    def post(self, request: Request, name: str) -> Response:
        """Trust nothing any more that the key signed. It takes a sign-in of a moment ago."""
        said = body(request, Compromise)
        key = key_named(name)
        moment = require_recent(request)
        mark_compromised(key, actor=caller(request), authenticated_at=moment, **said)
        return Response(KeyDocument(key_named(name)).data)


class SigningAgain(View):
    """Signing again what a compromised key signed."""

    @extend_schema(operation_id="key_sign_again", request=None, responses={202: AskedDocument})
    def post(self, request: Request, name: str) -> Response:
        """Have every affected version signed again, and return how far that is."""
        require_scope(request, ApiToken.Scope.ADMIN)
        nothing(request)
        key = key_named(name)
        asked = sign_affected_again(key, actor=caller(request))
        progress = progress_of(key)
        document = {**asdict(asked), **asdict(progress), "done": progress.done}
        return Response(AskedDocument(document).data, status=202)


def key_named(name: str) -> SigningKey:
    """Return the key of that name, or raise ``NotFound``."""
    if (key := find_key(name)) is None:
        raise NotFound("signing_key_not_found", f"There is no signing key {name[:120]!a}.")
    return key


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    if "teams" in fields:
        fields["teams"] = _teams(fields["teams"])
    if "public_keys" in fields:
        fields["public_keys"] = [Pasted(**one) for one in fields["public_keys"]]
    return fields


def _teams(slugs: Iterable[str]) -> list[Team]:
    wanted = set(slugs)
    found = list(Team.objects.filter(slug__in=wanted))
    if unknown := sorted(wanted - {team.slug for team in found}):
        raise Invalid("team_unknown", f"There is no team {unknown[0][:60]!a}.", field="teams")
    return found
