"""Imports as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from imports.models import Import, ImportStep


class StepDocument(serializers.ModelSerializer[ImportStep]):
    """One step of an import; done once it has an end."""

    title = serializers.CharField(source="get_name_display")

    class Meta:
        model = ImportStep
        fields = ("name", "title", "started_at", "finished_at")


class FaultDocument(serializers.Serializer[Any]):
    """Why an import failed, or what it waits for."""

    code = serializers.CharField()
    reason = serializers.CharField()


class ImportDocument(serializers.ModelSerializer[Import]):
    """The job that brings one version in."""

    model = serializers.CharField(source="version.registered_model.name")
    version = serializers.IntegerField(source="version.number")
    requested_by = serializers.CharField(source="requested_by.username")
    error = serializers.SerializerMethodField()
    steps = StepDocument(many=True)

    class Meta:
        model = Import
        fields = (
            "number",
            "model",
            "version",
            "state",
            "bytes_done",
            "bytes_total",
            "attempts",
            "error",
            "steps",
            "requested_by",
            "requested_at",
            "finished_at",
        )

    @extend_schema_field(FaultDocument(allow_null=True))
    def get_error(self, job: Import) -> dict[str, str] | None:
        """Return the last fault, if it still holds."""
        return {"code": job.error_code, "reason": job.error} if job.error_code else None
