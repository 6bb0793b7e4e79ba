"""The audit log, as far as you may read it."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.schema import page_of
from aegis.api.v1.base import View, caller, parameters, refuse_of_production
from aegis.api.v1.serializers.audit import AuditDocument
from registry.audit_entries import entries_visible_to

_COLUMNS = {
    "actor": "actor__username",
    "action": "action",
    "object_type": "object_type",
    "object_id": "object_id",
}


class AuditEvents(View):
    """Entries of the audit log."""

    @extend_schema(
        operation_id="audit_events_list",
        parameters=[
            OpenApiParameter("model", description="The name of a registered model."),
            OpenApiParameter("actor", description="A user name."),
            OpenApiParameter("action", description="As in version:promoted."),
            OpenApiParameter("object_type"),
            OpenApiParameter("object_id"),
            OpenApiParameter("cursor"),
            OpenApiParameter("page_size", OpenApiTypes.INT),
        ],
        responses={200: page_of(AuditDocument)},
    )
    def get(self, request: Request) -> Response:
        """List entries, the latest first."""
        wanted = parameters(request, "model", *_COLUMNS)
        refuse_of_production(request, "the audit log")
        rows = entries_visible_to(caller(request)).select_related("actor")
        if "model" in wanted:
            rows = rows.filter(model_id=self.model(request, wanted.pop("model")).pk)
        rows = rows.filter(**{_COLUMNS[name]: value for name, value in wanted.items()})
        return self.page(request, rows, AuditDocument, along="seq")
