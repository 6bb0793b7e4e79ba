"""Imports as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from aegis.api.v1.serializers.base import StrictSerializer, Text
from aegis.problems import Refusal, Unavailable
from imports.converting.wishes import outcome_of
from imports.machine import actions_of
from imports.models import Import, ImportState, ImportStep
from imports.sources.protocol import Plan
from imports.stating import stated_plan


class NewImport(StrictSerializer):
    """What is to be imported, from where, and what it is to be registered as.

    ``reference`` names it in the words of the source. Without a label the version has none; null
    asks for the next.
    """

    source = serializers.ChoiceField(choices=("huggingface", "mlflow", "s3"))  # type: ignore[assignment]  # DRF has an attribute of that name.
    reference = serializers.DictField(
        help_text="huggingface: repo, revision, include, exclude. mlflow: server, and run_id with "
        "artifact_path or uri. s3: uri, bucket, include, exclude."
    )
    model = Text()
    team = Text(required=False, help_text="Whose the model is, where it is not there yet.")
    label = Text(required=False, allow_null=True)  # type: ignore[assignment]  # DRF has an attribute of that name.
    description = Text(required=False)
    facts = serializers.DictField(required=False)
    sign_key = Text(required=False, help_text="The signing key; without it the default signs.")
    new_version = serializers.BooleanField(
        required=False, help_text="Add a version also where one has these files already."
    )
    keep_temp = serializers.BooleanField(
        required=False, help_text="Keep the files of a failed import for an hour."
    )
    convert = Text(
        required=False, help_text="A format that it is converted to once it is ready, as onnx."
    )
    plan_only = serializers.BooleanField(
        required=False, help_text="Look it up, and wait to be started."
    )


class StepDocument(serializers.ModelSerializer[ImportStep]):
    """One step of an import; done once it has an end."""

    title = serializers.CharField()

    class Meta:
        model = ImportStep
        fields = ("name", "title", "started_at", "finished_at")


class FaultDocument(serializers.Serializer[Any]):
    """Why an import failed, or what it waits for."""

    code = serializers.CharField()
    reason = serializers.CharField()
    details = serializers.DictField(
        help_text="What differs, as path, announced and received; empty where it is said."
    )
    kind = serializers.ChoiceField(
        ("invalid", "not_found", "forbidden", "conflict", "unavailable", "failed"),
        help_text="What sort of refusal it is; what it waits for is unavailable.",
    )


class SourceFileDocument(serializers.Serializer[Any]):
    """A file at a source; size and sha256 as the source says them, if it does."""

    path = serializers.CharField()
    size = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(allow_blank=True)


class PlannedFileDocument(SourceFileDocument):
    """A file that comes in, and what the source knows just these bytes by."""

    mark = serializers.CharField(
        default="", allow_blank=True, help_text="An ETag, or the id of a Git object."
    )
    version = serializers.CharField(
        default="", allow_blank=True, help_text="Of an object of which several are kept."
    )


class LeftOutDocument(SourceFileDocument):
    """A file that stays behind, and by which rule."""

    rule = serializers.CharField()


class NoticeDocument(serializers.Serializer[Any]):
    """What a person should know before it starts; one that ``refuses`` stops it."""

    code = serializers.CharField()
    sentence = serializers.CharField()
    refuses = serializers.BooleanField()


class FoundDocument(serializers.Serializer[Any]):
    """What a reference was found to be, and what would be imported of it."""

    shown = serializers.CharField()
    url = serializers.CharField(allow_blank=True)
    identity = serializers.CharField()
    pinned = serializers.DictField(child=serializers.CharField())
    size = serializers.IntegerField(allow_null=True, help_text="In bytes, if the source says.")
    is_complete = serializers.BooleanField(
        help_text="False: a partial copy, files of the model stay behind."
    )
    files = PlannedFileDocument(many=True)
    left_out = LeftOutDocument(many=True)
    facts = serializers.DictField()
    left_out_metrics = serializers.DictField(child=serializers.CharField())
    notices = NoticeDocument(many=True)


class ImportRow(serializers.ModelSerializer[Import]):
    """The job that brings one version in, in a list.

    ``version`` is null until it was looked up; with ``already_registered`` it is one that was
    there before.
    """

    model = serializers.CharField(source="model_name")
    version = serializers.IntegerField(source="result.number", default=None, allow_null=True)
    already_registered = serializers.SerializerMethodField()
    held_back = serializers.ChoiceField(
        ("recalled", "quarantined", ""),
        source="result.held_back",
        default="",
        help_text="What keeps the version's bytes back, if anything.",
    )
    requested_by = serializers.CharField(source="requested_by.username")
    error = serializers.SerializerMethodField()
    actions = serializers.SerializerMethodField()
    steps = StepDocument(many=True)

    class Meta:
        model = Import
        fields = (
            "number",
            "source",
            "reference",
            "model",
            "version",
            "already_registered",
            "held_back",
            "state",
            "bytes_done",
            "bytes_total",
            "attempts",
            "error",
            "actions",
            "steps",
            "requested_by",
            "requested_at",
            "finished_at",
            "waiting_since",
            "kept_until",
        )

    def get_already_registered(self, job: Import) -> bool:
        """Say whether the files were registered before."""
        return job.same_as_id is not None

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, job: Import) -> list[str]:
        """Return what may be done in this state by whoever contributes to the model."""
        return [move.action for move in actions_of(job)]

    @extend_schema_field(FaultDocument(allow_null=True))
    def get_error(self, job: Import) -> dict[str, Any] | None:
        """Return the last fault, if it still holds."""
        if not job.error_code:
            return None
        ended = Refusal.kind if job.state == ImportState.FAILED else Unavailable.kind
        kind = job.error_kind or ended
        details = job.error_details if job.state == ImportState.FAILED else {}
        return {"code": job.error_code, "reason": job.error, "kind": kind, "details": details}


class WishedConversionDocument(serializers.Serializer[Any]):
    """The conversion that is wished for with an import, and what became of it."""

    to = serializers.CharField(source="wish.to")
    import_number = serializers.IntegerField(
        source="job.number", default=None, allow_null=True, help_text="The import that converts."
    )
    version = serializers.IntegerField(
        source="version.number", default=None, allow_null=True, help_text="What came of it."
    )
    reason = serializers.CharField(allow_blank=True, help_text="Why it was not converted.")


class ImportDocument(ImportRow):
    """The job that brings one version in, with what was found where it comes from."""

    found = serializers.SerializerMethodField()
    conversion = serializers.SerializerMethodField()

    class Meta(ImportRow.Meta):
        fields = (*ImportRow.Meta.fields, "found", "conversion")  # type: ignore[assignment]  # More.

    @extend_schema_field(FoundDocument(allow_null=True))
    def get_found(self, job: Import) -> Any:
        """Return what was found, once it was looked up."""
        plan = job.plan or stated_plan(job)
        return FoundDocument(Plan.from_json(plan)).data if plan else None

    @extend_schema_field(WishedConversionDocument(allow_null=True))
    def get_conversion(self, job: Import) -> Any:
        """Return what is wished for after its end, if something is."""
        outcome = outcome_of(job)
        return WishedConversionDocument(outcome).data if outcome else None
