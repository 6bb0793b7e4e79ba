"""Registered models: the catalog, one model, its aliases, rollback."""

from typing import Any
from urllib.parse import urlencode

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.accounts.teams import get_team
from aegis.api.idempotency import idempotent
from aegis.api.pagination import page_size
from aegis.api.schema import page_of
from aegis.api.v1.base import View, caller, is_of_production, parameters
from aegis.api.v1.serializers.base import body
from aegis.api.v1.serializers.models import CatalogRow, ModelChanges, ModelDocument, NewModel
from registry import registration
from registry.search import Row, catalog

FILTERS = ("q", "team", "stage", "task", "framework", "tag", "sort")


class Models(View):
    """The catalog."""

    @extend_schema(
        operation_id="models_list",
        parameters=[
            *(OpenApiParameter(name) for name in (*FILTERS, "cursor")),
            OpenApiParameter("page_size", OpenApiTypes.INT),
        ],
        responses={200: page_of(CatalogRow, backwards=False)},
    )
    def get(self, request: Request) -> Response:
        """List the registered models that you may see, a page at a time."""
        wanted: dict[str, Any] = parameters(request, *FILTERS)
        page = catalog(
            request.user,
            **wanted,
            cursor=request.query_params.get("cursor"),
            page_size=page_size(request),
            with_facets=False,
        )
        limited = is_of_production(request)
        rows = [_in_production(row) for row in page.rows] if limited else page.rows
        return Response(
            {
                "next": _next(request, page.next_cursor),
                "results": CatalogRow(rows, many=True).data,
            }
        )

    @extend_schema(operation_id="model_register", request=NewModel, responses={201: ModelDocument})
    @idempotent
    def post(self, request: Request) -> Response:
        """Register a model for one of your teams."""
        fields = body(request, NewModel)
        model = registration.register_model(
            actor=caller(request), **{**fields, "team": get_team(fields["team"])}
        )
        path = f"/api/v1/models/{model.name}/"
        return Response(ModelDocument(model).data, status=201, headers={"Location": path})


class Model(View):
    """One registered model."""

    @extend_schema(operation_id="model_retrieve", responses={200: ModelDocument})
    def get(self, request: Request, name: str) -> Response:
        """Return the model."""
        parameters(request)
        return Response(ModelDocument(self.model(request, name)).data)

    @extend_schema(operation_id="model_edit", request=ModelChanges, responses={200: ModelDocument})
    def patch(self, request: Request, name: str) -> Response:
        """Change what describes the model."""
        model = self.model(request, name)
        changed = registration.edit_model(
            model, actor=caller(request), **body(request, ModelChanges)
        )
        return Response(ModelDocument(changed).data)


def _in_production(row: Row) -> Row:
    """Return a row of the catalog that names no version outside Production."""
    latest = row.latest if row.latest == row.production else None
    return Row(row.model, production=row.production, latest=latest)


def _next(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    query = {**request.query_params.dict(), "cursor": cursor}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
