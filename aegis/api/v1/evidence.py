"""Evidence of a version: attached with its file, read, attested."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.authentication import require_session
from aegis.api.downloads import download
from aegis.api.idempotency import idempotent
from aegis.api.parsing import StrictJSON
from aegis.api.schema import list_of
from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.serializers.base import body
from aegis.api.v1.serializers.versions import EvidenceDocument, NewAttestation
from aegis.problems import Invalid, NotFound
from registry.evidence import attach_evidence, attest, current_evidence
from registry.models import Evidence
from registry.readers import open_evidence

FIELDS = ("kind", "title", "file", "supersedes")


class EvidenceList(View):
    """The evidence of a version."""

    parser_classes = (MultiPartParser, StrictJSON)

    @extend_schema(operation_id="evidence_list", responses={200: list_of(EvidenceDocument)})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """Return the evidence that nothing supersedes."""
        parameters(request)
        pieces = current_evidence(self.version(request, name, ref))
        return Response({"results": EvidenceDocument(pieces, many=True).data})

    @extend_schema(
        operation_id="evidence_attach",
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {
                    "kind": {"type": "string"},
                    "title": {"type": "string"},
                    "file": {"type": "string", "format": "binary"},
                    "supersedes": {"type": "string", "format": "uuid"},
                },
                "required": ["kind", "title", "file"],
            }
        },
        responses={201: EvidenceDocument},
    )
    @idempotent
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Attach a file, as multipart/form-data; what can be read from it is."""
        version = self.version(request, name, ref)
        data = _form(request)
        former = data.get("supersedes")
        piece = attach_evidence(
            version,
            actor=caller(request),
            kind=str(data.get("kind", "")),
            title=str(data.get("title", "")),
            file=request.FILES["file"],
            supersedes=_piece(version, former) if former else None,
        )
        return Response(EvidenceDocument(piece).data, status=201)


class EvidencePiece(View):
    """One piece of evidence."""

    @extend_schema(operation_id="evidence_retrieve", responses={200: EvidenceDocument})
    def get(self, request: Request, name: str, ref: str, piece: UUID) -> Response:
        """Return what is known of it."""
        parameters(request)
        return Response(EvidenceDocument(_piece(self.version(request, name, ref), piece)).data)


class EvidenceFile(View):
    """The file of a piece of evidence."""

    @extend_schema(operation_id="evidence_download", responses={(200, "*/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, name: str, ref: str, piece: UUID) -> HttpResponseBase:
        """Return the bytes, which have the recorded digest."""
        parameters(request)
        found = _piece(self.version(request, name, ref), piece)
        return download(request, lambda _: open_evidence(found, actor=caller(request)))


class Attestations(View):
    """A person's word about evidence. It takes a session."""

    @extend_schema(
        operation_id="evidence_attest", request=NewAttestation, responses={200: EvidenceDocument}
    )
    def post(self, request: Request, name: str, ref: str, piece: UUID) -> Response:
        """Say whether the evidence holds."""
        found = _piece(self.version(request, name, ref), piece)
        require_session(request)
        attest(found, actor=caller(request), **body(request, NewAttestation))
        found.refresh_from_db()
        return Response(EvidenceDocument(found).data)


def _form(request: Request) -> Any:
    data = request.data
    unknown = sorted(set(data) - set(FIELDS)) if hasattr(data, "keys") else ["the body"]
    if unknown:
        raise Invalid(
            "unknown_field",
            f"Unknown: {unknown[0][:80]}. Known fields are {', '.join(FIELDS)}.",
            field=unknown[0][:80],
        )
    if "file" not in request.FILES:
        raise Invalid("file_missing", "Send the file as the field “file” of a form.", field="file")
    return data


def _piece(version: Any, key: Any) -> Evidence:
    try:
        wanted = UUID(str(key))
    except ValueError:
        wanted = None
    pieces = Evidence.objects.filter(version=version)
    found: Evidence | None = pieces.filter(pk=wanted).first() if wanted else None
    if found is None:
        raise NotFound("evidence_not_found", "This version has no such evidence.")
    return found
