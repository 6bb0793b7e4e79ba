"""Uploads: opened, filled in parts, looked at, discarded."""

import re
from typing import Any, Final
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.authentication import underlying
from aegis.api.idempotency import idempotent
from aegis.api.parsing import StrictJSON, Untouched
from aegis.api.schema import list_of
from aegis.api.v1.base import View, caller, parameters, refuse_of_production
from aegis.api.v1.serializers.base import nothing
from aegis.api.v1.serializers.uploads import UploadDocument, UploadFileDocument
from aegis.problems import Invalid, NotFound
from aegis.text import name_key
from registry import uploads
from registry.bringing import BUNDLE_BYTES, bring_signature
from registry.leaving_out import leave_out
from registry.models import Upload, UploadFile
from registry.readers import BUNDLE_MEDIA_TYPE

_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)
_ANNOUNCED: Final = re.compile(r"bytes \*/(\d{1,18})", re.ASCII)
_WHAT: Final = "uploads"
_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)


class Uploads(View):
    """Your uploads."""

    @extend_schema(operation_id="uploads_list", responses={200: list_of(UploadDocument)})
    def get(self, request: Request) -> Response:
        """List your uploads that still take files."""
        parameters(request)
        refuse_of_production(request, _WHAT)
        mine = Upload.objects.filter(owner=caller(request), state=Upload.State.OPEN)
        found = [uploads.describe(one) for one in mine.prefetch_related("files")]
        return Response({"results": found})

    @extend_schema(operation_id="upload_open", request=None, responses={201: UploadDocument})
    @idempotent
    def post(self, request: Request) -> Response:
        """Begin an upload."""
        nothing(request)
        upload = uploads.open_upload(actor=caller(request))
        path = f"/api/v1/uploads/{upload.pk}/"
        return Response(uploads.describe(upload), status=201, headers={"Location": path})


class OneUpload(View):
    """One of your uploads."""

    @extend_schema(operation_id="upload_retrieve", responses={200: UploadDocument})
    def get(self, request: Request, key: UUID) -> Response:
        """Say which files there are, and how much of each has arrived."""
        parameters(request)
        refuse_of_production(request, _WHAT)
        return Response(uploads.describe(uploads.get_upload(key, actor=caller(request))))

    @extend_schema(operation_id="upload_discard", request=None, responses={204: None})
    def delete(self, request: Request, key: UUID) -> Response:
        """Give the upload up, with its bytes."""
        upload = uploads.get_upload(key, actor=caller(request))
        uploads.discard_upload(upload, actor=caller(request))
        return Response(status=204)


class UploadedFile(View):
    """One file of an upload, sent in parts of at most 16 MiB."""

    def get_parsers(self) -> list[BaseParser]:
        """Leave the bytes of a part where they are."""
        method = getattr(self.request, "method", "")
        return [Untouched() if method == "PUT" else StrictJSON()]

    @extend_schema(operation_id="upload_file_retrieve", responses={200: UploadFileDocument})
    def get(self, request: Request, key: UUID, path: str) -> Response:
        """Say how much of the file has arrived; HEAD tells it in Upload-Offset alone."""
        parameters(request)
        refuse_of_production(request, _WHAT)
        upload = uploads.get_upload(key, actor=caller(request))
        found = upload.files.filter(path_key=name_key(path)).first() if "\0" not in path else None
        if found is None:
            raise NotFound("upload_file_missing", "Nothing was sent for this path.")
        return Response(_document(found), headers={"Upload-Offset": str(found.received)})

    @extend_schema(
        operation_id="upload_file_send",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        parameters=[
            OpenApiParameter("Content-Range", location="header"),
            OpenApiParameter("Upload-Offset", OpenApiTypes.INT, location="header"),
            OpenApiParameter("X-Content-SHA256", location="header"),
        ],
        responses={200: UploadFileDocument},
    )
    def put(self, request: Request, key: UUID, path: str) -> Response:
        """Take a part of the file.

        ``Content-Range: bytes first-last/total`` says which part it is. Without it the body is
        the rest of the file from ``Upload-Offset`` on (0 if left out). ``X-Content-SHA256``
        promises the digest of the whole file. ``Content-Range: bytes */total`` without a body
        announces size and digest alone.
        """
        upload = uploads.get_upload(key, actor=caller(request))
        offset, length, total = _part(request)
        file = uploads.receive(
            upload,
            path,
            actor=caller(request),
            stream=underlying(request),
            offset=offset,
            length=length,
            total=total,
            sha256=request.headers.get("X-Content-SHA256") or None,
        )
        return Response(_document(file), headers={"Upload-Offset": str(file.received)})

    @extend_schema(operation_id="upload_file_leave_out", request=None, responses={204: None})
    def delete(self, request: Request, key: UUID, path: str) -> Response:
        """Leave the file out of the upload again, with its bytes."""
        upload = uploads.get_upload(key, actor=caller(request))
        leave_out(upload, path, actor=caller(request))
        return Response(status=204)


class UploadedSignature(View):
    """The signature that an upload is brought with."""

    def get_parsers(self) -> list[BaseParser]:
        """Leave the bytes where they are."""
        return [Untouched()]

    @extend_schema(
        operation_id="upload_signature_bring",
        request={BUNDLE_MEDIA_TYPE: OpenApiTypes.BINARY},
        responses={200: UploadDocument},
    )
    def put(self, request: Request, key: UUID) -> Response:
        """Bring the signature that the version is to have, over the manifest of its files.

        It is an OpenSSF Model Signing bundle that names the registered model, made with a key of
        the list. It may come before the files; without one Aegis has the version signed.
        """
        upload = uploads.get_upload(key, actor=caller(request))
        data = underlying(request).read(BUNDLE_BYTES + 1)
        bring_signature(upload, actor=caller(request), data=data)
        return Response(uploads.describe(upload))


def _document(file: UploadFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "size": file.size,
        "sha256": file.sha256 or None,
        "received": file.received,
        "complete": file.complete,
    }


def _part(request: Request) -> tuple[int, int, int | None]:
    """Return offset, length and total of the part that the headers announce, in bytes."""
    if "Transfer-Encoding" in request.headers:
        raise Invalid("length_required", "Send the length of the part in Content-Length.")
    length = _number(request, "Content-Length") or 0
    offset = _number(request, "Upload-Offset")
    header = request.headers.get("Content-Range")
    if header is None:
        return offset or 0, length, (offset or 0) + length
    if (announced := _ANNOUNCED.fullmatch(header.strip())) and not length:
        return offset or 0, 0, int(announced[1])
    match = _CONTENT_RANGE.fullmatch(header.strip())
    if match is None or int(match[2]) - int(match[1]) + 1 != length:
        raise Invalid(
            "content_range_invalid",
            "Content-Range must be “bytes first-last/total” and fit Content-Length.",
        )
    first = int(match[1])
    if offset not in {None, first}:
        raise Invalid("upload_offset_differs", "Upload-Offset and Content-Range differ.")
    return first, length, None if match[3] == "*" else int(match[3])


def _number(request: Request, header: str) -> int | None:
    given = request.headers.get(header) or None
    if given is None:
        return None
    if not _NUMBER.fullmatch(given):
        raise Invalid("header_invalid", f"{header} must be a number of bytes.", field=header)
    return int(given)
