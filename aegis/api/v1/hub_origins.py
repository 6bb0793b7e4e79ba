"""What came from a hub, whether that has a newer commit, and importing it."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.idempotency import idempotent
from aegis.api.schema import page_of
from aegis.api.v1.base import View, caller, flag, of_production, parameters
from aegis.api.v1.serializers.base import nothing
from aegis.api.v1.serializers.imports import ImportDocument
from imports.asking_newer import ask_newer
from imports.hub_catalog import hub_catalog
from imports.hub_origins import NewsState, news_of
from imports.models import HubOrigin


class NewsDocument(serializers.Serializer[Any]):
    """Whether the hub has a newer commit, as it said when it was asked last.

    ``state`` is ``newer`` with ``commit`` and, where a version of the model is that, ``version``;
    ``newest``; ``refused`` (gone, closed) or ``failing`` (no answer), with ``error``; ``unasked``;
    ``pinned`` for an import of a commit; ``elsewhere`` for one from another hub than the one that
    is asked now.
    """

    state = serializers.ChoiceField([state.value for state in NewsState])
    revision = serializers.CharField(allow_blank=True)
    commit = serializers.CharField(allow_blank=True)
    seen_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(source="number", allow_null=True)
    asked_at = serializers.DateTimeField(allow_null=True)
    error_code = serializers.CharField(allow_blank=True)
    error = serializers.CharField(allow_blank=True)
    failing_since = serializers.DateTimeField(allow_null=True)


class HubOriginDocument(serializers.Serializer[Any]):
    """A version from a hub: the commit that it is, and what the hub has now."""

    model = serializers.CharField(source="version.registered_model.name")
    version = serializers.IntegerField(source="version.number")
    label = serializers.CharField(source="version.label", allow_null=True)  # type: ignore[assignment]  # DRF has an attribute of that name.
    stage = serializers.CharField(source="version.stage")
    team = serializers.CharField(source="version.registered_model.team.slug")
    held_back = serializers.ChoiceField(("recalled", "quarantined", ""), source="version.held_back")
    endpoint = serializers.CharField()
    repo = serializers.CharField()
    commit = serializers.CharField()
    imported_by = serializers.CharField(source="version.created_by.username")
    imported_at = serializers.DateTimeField(source="version.created_at")
    licence = serializers.CharField(allow_null=True)
    signature_key = serializers.CharField(source="key_name", allow_null=True)
    signature_key_version = serializers.CharField(source="key_version", allow_null=True)
    compromised_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when the key of the signature is compromised."
    )
    hub = serializers.SerializerMethodField()

    @extend_schema_field(NewsDocument)
    def get_hub(self, origin: Any) -> dict[str, Any] | None:
        """Return what is known of newer commits."""
        return news_document(origin)


class HubOrigins(View):
    """What came from the Hugging Face Hub."""

    @extend_schema(
        operation_id="hub_origins_list",
        parameters=[
            OpenApiParameter("q", description="A part of the name of model or repository."),
            OpenApiParameter("team"),
            OpenApiParameter("newer", OpenApiTypes.BOOL, description="With a newer commit."),
            OpenApiParameter(
                "older", OpenApiTypes.BOOL, description="Not only the latest of each model."
            ),
            OpenApiParameter("cursor"),
            OpenApiParameter("page_size", OpenApiTypes.INT),
        ],
        responses={200: page_of(HubOriginDocument)},
    )
    def get(self, request: Request) -> Response:
        """List the versions from the hub that you may see, the newest import first."""
        wanted = parameters(request, "q", "team", "newer", "older")
        rows = hub_catalog(
            caller(request),
            q=wanted.get("q", ""),
            team=wanted.get("team", ""),
            newer=flag(wanted.get("newer"), name="newer"),
            older=flag(wanted.get("older"), name="older"),
        )
        rows = of_production(request, rows, stage="version__stage")
        return self.page(request, rows, HubOriginDocument, along="id")


class Newer(View):
    """The newer commit of what a version came from."""

    @extend_schema(operation_id="import_newer", request=None, responses={202: ImportDocument})
    @idempotent
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Import it beside the version, with the same choice of files.

        An import of it that is under way is returned instead of another one.
        """
        nothing(request)
        job = ask_newer(self.version(request, name, ref), actor=caller(request))
        headers = {"Location": f"/api/v1/imports/{job.number}/"}
        return Response(ImportDocument(job).data, status=202, headers=headers)


def news_document(origin: HubOrigin | None) -> dict[str, Any] | None:
    """Return what is known of an origin ``with_newer``, None for what is of no hub."""
    return None if origin is None else dict(NewsDocument(news_of(origin)).data)
