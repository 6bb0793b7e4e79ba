"""Taking a version back, and who was given it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.schema import page_of
from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.serializers.base import body
from aegis.api.v1.serializers.versions import Reason
from approvals.recalling import recall
from approvals.rollback import candidates
from registry.downloads import downloads_of
from registry.models import DownloadEvent, ModelVersion, RegisteredModel


class RecallDocument(serializers.Serializer[Any]):
    """A recall. ``roll_back_to`` names the known-good versions where Production is empty now."""

    version = serializers.IntegerField(source="version.number")
    reason = serializers.CharField()
    stage = serializers.CharField(help_text="Where the version was.")
    recalled_by = serializers.CharField(source="recalled_by.username")
    recalled_at = serializers.DateTimeField()
    roll_back_to = serializers.ListField(child=serializers.IntegerField())


class DownloadDocument(serializers.Serializer[DownloadEvent]):
    """That bytes were given out: the package, or a file by its path, whole or a range of it."""

    at = serializers.DateTimeField()
    what = serializers.ChoiceField(DownloadEvent.What.choices)
    path = serializers.CharField(allow_blank=True)
    offset = serializers.IntegerField(allow_null=True)
    length = serializers.IntegerField(allow_null=True)
    user = serializers.CharField(source="user.username")
    token = serializers.CharField(source="token.name", allow_null=True, default=None)
    token_prefix = serializers.CharField(source="token.prefix", allow_null=True, default=None)


class Recalls(View):
    """The recall of a version."""

    @extend_schema(operation_id="version_recall", request=Reason, responses={201: RecallDocument})
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Recall the version for good; in Staging or Production it leaves its stage at once."""
        version = self.version(request, name, ref)
        made = recall(version, actor=caller(request), **body(request, Reason))
        made.roll_back_to = _known_good(version.registered_model)  # type: ignore[attr-defined]  # For the document.
        return Response(RecallDocument(made).data, status=201)


class Downloads(View):
    """The ledger of a version's downloads."""

    @extend_schema(operation_id="downloads_list", responses={200: page_of(DownloadDocument)})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """List who was given which bytes, the latest first; for the model's staff and auditors."""
        parameters(request)
        rows = downloads_of(self.version(request, name, ref), actor=caller(request))
        return self.page(request, rows, DownloadDocument, along="id")


def _known_good(model: RegisteredModel) -> list[int]:
    if ModelVersion.objects.filter(registered_model=model, stage="Production").exists():
        return []
    return [one.version.number for one in candidates(model) if one.refusal is None]
