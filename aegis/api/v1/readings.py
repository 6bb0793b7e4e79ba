"""The run that a version came from, read back, and whether its tags still name the version."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.serializers.base import nothing
from aegis.problems import NotFound
from imports.models import ReadingState, RunReading
from imports.reading_back import Verdict, ask_for_reading, verdict_of


class RunTagDocument(serializers.Serializer[Any]):
    """A tag of the run: what it should say, and what it said when it was read."""

    name = serializers.CharField()
    expected = serializers.CharField(allow_blank=True)
    found = serializers.CharField(allow_null=True, allow_blank=True)


class ReadingDocument(serializers.ModelSerializer[RunReading]):
    """The last reading of the run that a version came from.

    ``verdict`` is of ``tags``, as they were at ``read_at``: ``agrees``; ``outdated``, the digest is
    this version's and another tag is not as it should be; ``other``, the run names another digest;
    ``silent``, it names none; ``unread``. A ``failed`` reading leaves the one before it there.
    """

    state = serializers.ChoiceField(ReadingState.choices)
    asked_by = serializers.CharField(source="asked_by.username")
    verdict = serializers.SerializerMethodField()
    tags = RunTagDocument(many=True)

    class Meta:
        model = RunReading
        fields = (
            "state",
            "asked_by",
            "asked_at",
            "read_at",
            "verdict",
            "tags",
            "error_code",
            "error",
            "failing_since",
        )

    @extend_schema_field(serializers.ChoiceField([verdict.value for verdict in Verdict]))
    def get_verdict(self, reading: RunReading) -> str:
        """Return what was read last, beside what should be there."""
        return verdict_of(reading).value


class Reading(View):
    """Reading the run of a version back."""

    @extend_schema(operation_id="reading_retrieve", responses={200: ReadingDocument})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """Return the last reading."""
        parameters(request)
        version = self.version(request, name, ref)
        found = RunReading.objects.select_related("asked_by").filter(version=version).first()
        if found is None:
            raise NotFound("reading_none", f"Version {version.number} was not read back yet.")
        return Response(ReadingDocument(found).data)

    @extend_schema(operation_id="reading_ask", request=None, responses={202: ReadingDocument})
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Have a worker read the run back; whoever sees the version may ask, once a minute."""
        nothing(request)
        reading = ask_for_reading(self.version(request, name, ref), actor=caller(request))
        return Response(ReadingDocument(reading).data, status=202)
