"""Imports: listed, watched, tried again."""

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.schema import page_of
from aegis.api.v1.base import View, caller, choice, flag, of_production, parameters
from aegis.api.v1.serializers.base import nothing
from aegis.api.v1.serializers.imports import ImportDocument
from aegis.problems import NotFound
from imports.models import Import, ImportState
from imports.uploading import retry


class Imports(View):
    """The imports of models that you may see."""

    @extend_schema(
        operation_id="imports_list",
        parameters=[
            OpenApiParameter("state", enum=ImportState.values),
            OpenApiParameter("model", description="The name of a registered model."),
            OpenApiParameter("mine", OpenApiTypes.BOOL, description="Those that you asked for."),
            OpenApiParameter("cursor"),
            OpenApiParameter("page_size", OpenApiTypes.INT),
        ],
        responses={200: page_of(ImportDocument)},
    )
    def get(self, request: Request) -> Response:
        """List imports, the newest first."""
        wanted = parameters(request, "state", "model", "mine")
        rows = _visible(request)
        if "model" in wanted:
            rows = rows.filter(version__registered_model=self.model(request, wanted["model"]))
        if state := choice(wanted.get("state"), name="state", among=ImportState.values):
            rows = rows.filter(state=state)
        if flag(wanted.get("mine"), name="mine"):
            rows = rows.filter(requested_by=caller(request))
        return self.page(request, rows, ImportDocument, along="number")


class OneImport(View):
    """One import."""

    @extend_schema(operation_id="import_retrieve", responses={200: ImportDocument})
    def get(self, request: Request, number: int) -> Response:
        """Say how far the import has come."""
        parameters(request)
        return Response(ImportDocument(_find(number, request)).data)


class Retry(View):
    """Having a failed import tried again."""

    @extend_schema(operation_id="import_retry", request=None, responses={202: ImportDocument})
    def post(self, request: Request, number: int) -> Response:
        """Try again from the first step, under the same number."""
        nothing(request)
        job = _find(number, request)
        retry(job, actor=caller(request))
        return Response(ImportDocument(_find(number, request)).data, status=202)


def _visible(request: Request) -> QuerySet[Import]:
    rows: QuerySet[Import] = Import.objects.visible_to(caller(request))
    return (
        of_production(request, rows, stage="version__stage")
        .select_related("version__registered_model", "requested_by")
        .prefetch_related("steps")
    )


def _find(number: int, request: Request) -> Import:
    job: Import | None = _visible(request).filter(number=number).first()
    if job is None:
        raise NotFound("import_not_found", f"There is no import {number}.")
    return job
