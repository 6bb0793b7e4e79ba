"""Putting a former Production version back."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.idempotency import idempotent
from aegis.api.v1.base import View, caller
from aegis.api.v1.serializers.base import StrictSerializer, Text, body
from aegis.api.v1.serializers.promotions import TransitionDocument
from approvals.rollback import roll_back
from registry import lookup


class NewRollback(StrictSerializer):
    """The version to put back, by any ref, and why."""

    to_version = Text()
    reason = Text()


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
