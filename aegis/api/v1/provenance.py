"""Where an imported version was fetched from, as it was found there."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.v1.base import View, parameters
from aegis.api.v1.hub_origins import NewsDocument, news_document
from aegis.api.v1.serializers.imports import LeftOutDocument, NoticeDocument, PlannedFileDocument
from aegis.problems import NotFound
from imports.annotating import note_of
from imports.hub_origins import load_origin
from registry.models import Provenance


class ProvenanceDocument(serializers.ModelSerializer[Provenance]):
    """Where a version comes from: what the source said when it was looked up.

    With ``is_stated`` the client that brought the files looked, and nobody has checked it.
    ``identity`` is equal for equal bytes of equal origin; ``pinned`` is what the reference was
    resolved to. ``is_complete`` is false for a partial copy, whose other files are ``left_out``.
    """

    source = serializers.SerializerMethodField()  # type: ignore[assignment]  # DRF has an attribute of that name.
    is_stated = serializers.SerializerMethodField()
    pinned = serializers.DictField(source="document.pinned", child=serializers.CharField())
    files = PlannedFileDocument(source="document.files", many=True)
    left_out = LeftOutDocument(source="document.left_out", many=True)
    left_out_metrics = serializers.DictField(
        source="document.left_out_metrics", child=serializers.CharField()
    )
    notices = NoticeDocument(source="document.notices", many=True)
    recorded_by = serializers.CharField(source="recorded_by.username")
    note = serializers.SerializerMethodField()
    hub = serializers.SerializerMethodField()

    class Meta:
        model = Provenance
        fields = (
            "source",
            "is_stated",
            "identity",
            "shown",
            "url",
            "is_complete",
            "pinned",
            "files",
            "left_out",
            "left_out_metrics",
            "notices",
            "recorded_by",
            "recorded_at",
            "note",
            "hub",
        )

    @extend_schema_field(NewsDocument(allow_null=True))
    def get_hub(self, found: Provenance) -> dict[str, Any] | None:
        """Return whether the hub has a newer commit, for what came from one."""
        return news_document(load_origin(found.version))

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_note(self, found: Provenance) -> dict[str, str]:
        """Return what its origin is to be told of a ready version, as tags."""
        return note_of(found.version) if found.version.is_ready else {}

    def get_source(self, provenance: Provenance) -> str:
        """Return the source that it was fetched from, or that it is said to be of."""
        return provenance.stated_source or str(provenance.version.source)

    def get_is_stated(self, provenance: Provenance) -> bool:
        """Say whether this is the word of the client that brought the files."""
        return bool(provenance.stated_source)


class ProvenanceOfVersion(View):
    """The origin of one version."""

    @extend_schema(operation_id="provenance_retrieve", responses={200: ProvenanceDocument})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """Say where the version was fetched from; an upload was fetched from nowhere."""
        parameters(request)
        return Response(_document(self.version(request, name, ref).pk))


def _document(version: Any) -> Any:
    rows = Provenance.objects.select_related("version__registered_model", "recorded_by")
    found = rows.filter(version=version).first()
    if found is None:
        raise NotFound(
            "provenance_none",
            "This version was uploaded, so nothing is recorded of where its files come from.",
        )
    return ProvenanceDocument(found).data
