"""Imports: asked for, listed, watched, started, cancelled, tried again."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.accounts.teams import get_team
from aegis.api.idempotency import idempotent
from aegis.api.schema import page_of
from aegis.api.v1.base import View, caller, choice, flag, of_production, parameters
from aegis.api.v1.serializers.base import body, nothing
from aegis.api.v1.serializers.imports import ImportDocument, ImportRow, NewImport
from aegis.problems import NotFound
from imports.asking import Wish, ask_import, cancel, retry, start
from imports.models import Import, ImportState


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
        responses={200: page_of(ImportRow)},
    )
    def get(self, request: Request) -> Response:
        """List imports, the newest first."""
        wanted = parameters(request, "state", "model", "mine")
        rows = _visible(request)
        if "model" in wanted:
            rows = rows.filter(registered_model=self.model(request, wanted["model"]))
        if state := choice(wanted.get("state"), name="state", among=ImportState.values):
            rows = rows.filter(state=state)
        if flag(wanted.get("mine"), name="mine"):
            rows = rows.filter(requested_by=caller(request))
        return self.page(request, rows, ImportRow, along="number")

    @extend_schema(operation_id="import_create", request=NewImport, responses={202: ImportDocument})
    @idempotent
    def post(self, request: Request) -> Response:
        """Ask for a version from a hub, an MLflow run or a bucket; a worker brings it in.

        It is looked up first; then the version takes its number, and a model of a new name is
        registered for ``team``. With ``plan_only`` it stops there, state ``planned``, until it is
        started or cancelled. A revision that the model has already gives the version that is
        there, in ``version`` with ``already_registered``, unless ``new_version`` asks for another.
        """
        fields = body(request, NewImport)
        team = fields.pop("team", None)
        job = ask_import(
            actor=caller(request),
            source=fields.pop("source"),
            reference=fields.pop("reference"),
            model_name=fields.pop("model"),
            team=get_team(team) if team is not None else None,
            waits_for_start=fields.pop("plan_only", False),
            wish=Wish(**fields),
        )
        headers = {"Location": f"/api/v1/imports/{job.number}/"}
        return Response(document_of(job.number, request), status=202, headers=headers)


class OneImport(View):
    """One import."""

    @extend_schema(operation_id="import_retrieve", responses={200: ImportDocument})
    def get(self, request: Request, number: int) -> Response:
        """Say how far the import has come."""
        parameters(request)
        return Response(document_of(number, request))


class Start(View):
    """Going on with an import that was looked up."""

    @extend_schema(operation_id="import_start", request=None, responses={202: ImportDocument})
    def post(self, request: Request, number: int) -> Response:
        """Start an import of the state ``planned``."""
        nothing(request)
        start(_find(number, request), actor=caller(request))
        return Response(document_of(number, request), status=202)


class Cancel(View):
    """Ending an import that is under way."""

    @extend_schema(operation_id="import_cancel", request=None, responses={200: ImportDocument})
    def post(self, request: Request, number: int) -> Response:
        """Cancel it; a version that has its number keeps it, and fails."""
        nothing(request)
        cancel(_find(number, request), actor=caller(request))
        return Response(document_of(number, request))


class Retry(View):
    """Having a failed import tried again."""

    @extend_schema(operation_id="import_retry", request=None, responses={202: ImportDocument})
    def post(self, request: Request, number: int) -> Response:
        """Try again from the first step, under the same number."""
        nothing(request)
        retry(_find(number, request), actor=caller(request))
        return Response(document_of(number, request), status=202)


def _visible(request: Request) -> QuerySet[Import]:
    rows: QuerySet[Import] = Import.objects.visible_to(caller(request))
    return (
        of_production(request, rows, stage="version__stage")
        .select_related("version", "same_as", "requested_by")
        .prefetch_related("steps")
    )


def document_of(number: int, request: Request) -> Any:
    """Return one import as JSON, or raise ``NotFound`` for one that the caller does not see."""
    return ImportDocument(_find(number, request)).data


def _find(number: int, request: Request) -> Import:
    job: Import | None = _visible(request).filter(number=number).first()
    if job is None:
        raise NotFound("import_not_found", f"There is no import {number}.")
    return job
