"""Versions: listed, added, read by any ref, and archived."""

from contextlib import suppress
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.authentication import bearer_of
from aegis.api.downloads import json_text
from aegis.api.idempotency import idempotent
from aegis.api.pagination import NumberCursor
from aegis.api.schema import page_of
from aegis.api.v1.base import View, caller, is_of_production, parameters
from aegis.api.v1.serializers.base import body
from aegis.api.v1.serializers.versions import (
    FoundVersion,
    NewVersion,
    Reason,
    RegisteredVersion,
    VersionDocument,
)
from aegis.problems import Refusal
from approvals.archiving import archive
from imports.uploading import Registration, register_upload
from registry import uploads
from registry.hot_reads import version_for_token, version_for_user
from registry.models import ModelVersion, Stage
from registry.version_documents import document_of, documents_of


class Versions(View):
    """The versions of a model."""

    @extend_schema(operation_id="versions_list", responses={200: page_of(VersionDocument)})
    def get(self, request: Request, name: str) -> Response:
        """List the versions of a model, the newest first."""
        parameters(request)
        model = self.model(request, name)
        paginator = NumberCursor()
        paginator.ordering = ("-number",)
        rows = ModelVersion.objects.filter(registered_model=model)
        if is_of_production(request):
            rows = rows.filter(stage=Stage.PRODUCTION)
        page = paginator.paginate_queryset(rows, request, view=self) or []
        return paginator.get_paginated_response(documents_of(page) if page else [])

    @extend_schema(
        operation_id="version_create",
        request=NewVersion,
        responses={200: RegisteredVersion, 202: RegisteredVersion},
    )
    @idempotent
    def post(self, request: Request, name: str) -> Response:
        """Add the next version from a finished upload; it is pending until its import is done.

        Bytes that the model has already give that version, with 200 and ``already_registered``,
        unless ``new_version`` asks for another. For that the size and sha256 of each file need
        only be announced. The upload then stays open until it is discarded.
        """
        model = self.model(request, name)
        fields = body(request, NewVersion)
        upload = uploads.get_upload(fields.pop("upload"), actor=caller(request))
        registration = register_upload(model, upload, actor=caller(request), **fields)
        path = f"/api/v1/models/{model.name}/versions/{registration.version.number}/"
        status = 200 if registration.already_registered else 202
        return Response(_document(registration), status=status, headers={"Location": path})


class Version(View):
    """One version, by number, stage, ``latest``, alias or label."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a read with a token in one statement; everything else the usual way.

        What the statement refuses goes the usual way too, and is refused there in the
        same words.
        """
        plain = bearer_of(request)
        has_query = bool(request.META.get("QUERY_STRING"))
        if plain is not None and request.method == "GET" and not has_query:
            with suppress(Refusal):
                text = version_for_token(plain, kwargs["name"], kwargs["ref"])
                return json_text(request, text)
        return super().dispatch(request, *args, **kwargs)

    @extend_schema(operation_id="version_retrieve", responses={200: FoundVersion})
    def get(self, request: Request, name: str, ref: str) -> HttpResponse:
        """Return the version, and by what the ref named it."""
        parameters(request)
        if is_of_production(request):
            self.version(request, name, ref)
        return json_text(request, version_for_user(request.user, name, ref))


class Archive(View):
    """Taking a version out of use."""

    @extend_schema(operation_id="version_archive", request=Reason, responses={200: VersionDocument})
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Archive the version, with a reason."""
        version = self.version(request, name, ref)
        archive(version, actor=caller(request), **body(request, Reason))
        return Response(document_of(version))


def _document(registration: Registration) -> dict[str, Any]:
    document: dict[str, Any] = document_of(registration.version)
    document["already_registered"] = registration.already_registered
    document["equals"] = [
        {"number": one.version.number, "code": one.code, "reason": one.reason}
        for one in registration.equals.remarks
    ]
    document["import"] = registration.job.number if registration.job else None
    return document
