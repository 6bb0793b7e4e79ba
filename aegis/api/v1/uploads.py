"""Uploads: opened, filled in parts, looked at, discarded."""

import re
from typing import Final
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.v1.base import View, parameters
from aegis.problems import Invalid
from registry import uploads
from registry.models import Upload

_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")


class RawParser(BaseParser):
    """Leaves the body as it comes, so that it is read once, to where it belongs."""

    media_type = "*/*"

    def parse(self, stream: object, *_: object, **__: object) -> object:
        """Return the stream."""
        return stream


class Uploads(View):
    """Your uploads."""

    @extend_schema(operation_id="uploads_list", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """List your uploads that still take files."""
        parameters(request)
        mine = Upload.objects.filter(owner=request.user, state=Upload.State.OPEN)
        found = [uploads.describe(one) for one in mine.prefetch_related("files")]
        return Response({"results": found})

    @extend_schema(request=None, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Begin an upload."""
        upload = uploads.open_upload(actor=request.user)
        path = f"/api/v1/uploads/{upload.pk}/"
        return Response(uploads.describe(upload), status=201, headers={"Location": path})


class OneUpload(View):
    """One of your uploads."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, key: UUID) -> Response:
        """Say which files there are, and how much of each has arrived."""
        parameters(request)
        return Response(uploads.describe(uploads.get_upload(key, actor=request.user)))

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, key: UUID) -> Response:
        """Give the upload up, with its bytes."""
        upload = uploads.get_upload(key, actor=request.user)
        uploads.discard_upload(upload, actor=request.user)
        return Response(status=204)


class UploadedFile(View):
    """One file of an upload, sent in parts of at most 16 MiB."""

    parser_classes = (RawParser,)

    @extend_schema(
        request=OpenApiTypes.BINARY,
        parameters=[
            OpenApiParameter("Content-Range", location="header"),
            OpenApiParameter("X-Content-SHA256", location="header"),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def put(self, request: Request, key: UUID, path: str) -> Response:
        """Take a part. ``Content-Range: bytes first-last/total`` says which; without it, all.

        ``X-Content-SHA256`` promises the digest of the whole file.
        """
        upload = uploads.get_upload(key, actor=request.user)
        offset, length, total = _part(request)
        file = uploads.receive(
            upload,
            path,
            actor=request.user,
            stream=request._request,
            offset=offset,
            length=length,
            total=total,
            sha256=request.headers.get("X-Content-SHA256") or None,
        )
        return Response(
            {
                "path": file.path,
                "received": file.received,
                "size": file.size,
                "sha256": file.sha256 or None,
                "complete": file.complete,
            }
        )


def _part(request: Request) -> tuple[int, int, int | None]:
    """Return offset, length and total of the part that the headers announce, in bytes."""
    declared = request.headers.get("Content-Length", "")
    if not declared.isdigit():
        raise Invalid("length_required", "Send the length of the part in Content-Length.")
    length = int(declared)
    header = request.headers.get("Content-Range")
    if header is None:
        return 0, length, length
    match = _CONTENT_RANGE.fullmatch(header.strip())
    if match is None or int(match[2]) - int(match[1]) + 1 != length:
        raise Invalid(
            "content_range_invalid",
            "Content-Range must be “bytes first-last/total” and fit Content-Length.",
        )
    return int(match[1]), length, None if match[3] == "*" else int(match[3])
