"""Conversions of a version: what there is, and asking for one."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.idempotency import idempotent
from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.imports import document_of
from aegis.api.v1.serializers.base import body
from aegis.api.v1.serializers.conversions import ConversionsDocument, NewConversion
from aegis.api.v1.serializers.imports import ImportDocument
from imports.asking import Wish
from imports.converting.asking import ask_conversion
from imports.converting.offers import conversions_of


class VersionConversions(View):
    """The conversions around a version."""

    @extend_schema(operation_id="conversions_retrieve", responses={200: ConversionsDocument})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """Say what it was converted from and into, how they compare, and what else it could be."""
        parameters(request)
        found = conversions_of(self.version(request, name, ref))
        return Response(ConversionsDocument(found).data)

    @extend_schema(
        operation_id="conversion_ask", request=NewConversion, responses={202: ImportDocument}
    )
    @idempotent
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Have it converted; a worker does it, compares both and registers what came of it.

        That is a version of its own, which nobody promotes before it was compared. Asked for
        again, the answer is the version that is there, compared once more.
        """
        fields = body(request, NewConversion)
        job = ask_conversion(
            self.version(request, name, ref),
            actor=caller(request),
            to=fields.pop("to"),
            example=fields.pop("input", None),
            wish=Wish(**fields),
        )
        headers = {"Location": f"/api/v1/imports/{job.number}/"}
        return Response(document_of(job.number, request), status=202, headers=headers)
