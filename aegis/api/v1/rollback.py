"""Putting a former Production version back, and what is signed about it."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.idempotency import idempotent
from aegis.api.schema import page_of
from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.serializers.base import StrictSerializer, Text, body
from aegis.api.v1.serializers.promotions import TransitionDocument
from aegis.api.v1.statements import bundle_of
from approvals.models import StageTransition
from approvals.rollback import replaced_by, roll_back, rollbacks_of, statement_of
from registry import lookup
from registry.readers import BUNDLE_MEDIA_TYPE


class NewRollback(StrictSerializer):
    """The version to put back, by any ref, and why."""

    to_version = Text()
    reason = Text()


class RollbackDocument(TransitionDocument):
    """That a version was put back into Production, in place of ``replaced``."""

    replaced = serializers.SerializerMethodField()
    is_signed = serializers.BooleanField(
        help_text="False while the statement is owed, since nobody could sign it yet."
    )

    class Meta:
        model = StageTransition
        fields = (*TransitionDocument.Meta.fields, "replaced", "is_signed")

    def get_replaced(self, rollback: StageTransition) -> int | None:
        """Return the number of the version that left Production, if one was there."""
        return replaced_by(rollback)


class Rollback(View):
    """Rolling back."""

    @extend_schema(
        operation_id="model_rollback", request=NewRollback, responses={201: TransitionDocument}
    )
    @idempotent
    def post(self, request: Request, name: str) -> Response:
        """Put a version back into Production that was there before, at once."""
        model = self.model(request, name)
        fields = body(request, NewRollback)
        version = lookup.resolve_version(model, fields["to_version"]).version
        moved = roll_back(model, actor=caller(request), to_version=version, reason=fields["reason"])
        return Response(TransitionDocument(moved).data, status=201)


class RollbacksToVersion(View):
    """The rollbacks to a version."""

    @extend_schema(
        operation_id="version_rollbacks_list", responses={200: page_of(RollbackDocument)}
    )
    def get(self, request: Request, name: str, ref: str) -> Response:
        """List when the version was put back into Production, the latest first."""
        parameters(request)
        rows = rollbacks_of(self.version(request, name, ref))
        return self.page(request, rows, RollbackDocument, along="sequence")


class Statement(View):
    """The signed word that a version was put back."""

    @extend_schema(
        operation_id="rollback_statement",
        responses={(200, BUNDLE_MEDIA_TYPE): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, name: str, ref: str, rollback: UUID) -> HttpResponse:
        """Return the signed rollback statement: a Sigstore bundle around in-toto.

        While nobody could sign it, the answer is 404 with the code ``statement_owed``.
        X-Aegis-Key-Compromised says since when its key vouches for nothing, if it does not.
        """
        parameters(request)
        return bundle_of(statement_of(self.version(request, name, ref), rollback))
