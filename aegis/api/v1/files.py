"""The bytes of a version: its files, its package, its signature."""

from typing import Any

from django.db.models import F
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.authentication import token_of
from aegis.api.downloads import Note, download
from aegis.api.schema import list_of
from aegis.api.v1.base import View, caller, parameters
from registry.downloads import note_download
from registry.models import ModelVersion
from registry.readers import BUNDLE_MEDIA_TYPE, open_artifact, open_file, signature_of

BINARY = {
    (200, "*/*"): OpenApiTypes.BINARY,
    (206, "*/*"): OpenApiTypes.BINARY,
}
RANGE = OpenApiParameter("Range", location="header", description="As in bytes=0-1023.")


class FileDocument(serializers.Serializer[Any]):
    """One file of a version."""

    path = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    redacted_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when its bytes are given out no more, if they are not."
    )
    redaction = serializers.UUIDField(allow_null=True)


class Files(View):
    """The files of a version."""

    @extend_schema(operation_id="files_list", responses={200: list_of(FileDocument)})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """List path, size in bytes and SHA-256 of each file, redacted ones as well."""
        parameters(request)
        files = self.version(request, name, ref).files.values(
            "path", "size", "sha256", "redaction", redacted_at=F("redaction__decision__decided_at")
        )
        return Response({"results": list(files)})


class File(View):
    """One file of a version."""

    @extend_schema(operation_id="file_download", parameters=[RANGE], responses=BINARY)
    def get(self, request: Request, name: str, ref: str, path: str) -> HttpResponseBase:
        """Return the file, or a range of it."""
        parameters(request)
        version = self.version(request, name, ref)
        return download(
            request,
            lambda part: open_file(version, path, actor=caller(request), part=part),
            ranges=True,
            note=_note(request, version, path),
        )


class Artifact(View):
    """The package of a version."""

    @extend_schema(
        operation_id="artifact_download",
        parameters=[RANGE],
        responses={**BINARY, 302: OpenApiResponse(description="The whole is at this address.")},
    )
    def get(self, request: Request, name: str, ref: str) -> HttpResponseBase:
        """Return the package, or a range of it.

        Where packages lie in a bucket, the whole is given by an address there for a minute.
        """
        parameters(request)
        version = self.version(request, name, ref)
        return download(
            request,
            lambda part: open_artifact(version, actor=caller(request), part=part),
            ranges=True,
            note=_note(request, version),
        )


class Signature(View):
    """The signature of a version."""

    @extend_schema(
        operation_id="signature_download", responses={(200, BUNDLE_MEDIA_TYPE): OpenApiTypes.OBJECT}
    )
    def get(self, request: Request, name: str, ref: str) -> HttpResponse:
        """Return the OpenSSF Model Signing bundle; the key stands in X-Aegis-Key-Hint."""
        parameters(request)
        signature = signature_of(self.version(request, name, ref), actor=caller(request))
        return HttpResponse(
            signature.bundle,
            content_type=BUNDLE_MEDIA_TYPE,
            headers={"X-Aegis-Key-Hint": signature.key_hint},
        )


def _note(request: Request, version: ModelVersion, path: str = "") -> Note:
    """Return what writes a download into the ledger."""
    return lambda part: note_download(
        version, actor=caller(request), token=token_of(request), path=path, part=part
    )
