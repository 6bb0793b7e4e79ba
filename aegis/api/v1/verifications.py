"""Stored packages, verified again: what was found when, and asking for it now."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.schema import list_of
from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.serializers.base import StrictSerializer, body
from registry.models import PackageCheck, PackageWatch
from registry.reverification import ask_for_verification

LISTED: Final = 100


class Nothing(StrictSerializer):
    """Nothing has to be said."""


class CheckDocument(serializers.Serializer[Any]):
    """One look at the stored package, down to its last byte, and at its signature."""

    checked_at = serializers.DateTimeField()
    outcome = serializers.ChoiceField(PackageCheck.Outcome.choices)
    sentence = serializers.CharField(allow_blank=True, help_text="What is wrong, if anything.")
    package_sha256 = serializers.CharField(help_text="As recorded when the package was stored.")
    asked_by = serializers.CharField(source="asked_by.username", allow_null=True, default=None)


class WatchDocument(serializers.Serializer[PackageWatch]):
    """When the package is verified next; ``away`` says what did not answer, and since when."""

    due_at = serializers.DateTimeField()
    away = serializers.CharField(allow_blank=True)
    away_since = serializers.DateTimeField(allow_null=True)


class Verifications(View):
    """The verifications of a version's stored package."""

    @extend_schema(operation_id="verifications_list", responses={200: list_of(CheckDocument)})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """List what was found when, the latest first, at most a hundred times."""
        parameters(request)
        rows = self.version(request, name, ref).package_checks.select_related("asked_by")
        return Response({"results": CheckDocument(rows[:LISTED], many=True).data})

    @extend_schema(operation_id="verification_ask", request=Nothing, responses={202: WatchDocument})
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Have the package verified now instead of at its time; maintainers may ask."""
        body(request, Nothing)
        watch = ask_for_verification(self.version(request, name, ref), actor=caller(request))
        return Response(WatchDocument(watch).data, status=202)
