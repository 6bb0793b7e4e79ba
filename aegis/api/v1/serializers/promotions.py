"""Promotion requests and what is said about them, as JSON."""

from typing import Any

from rest_framework import serializers

from aegis.api.v1.serializers.base import StrictSerializer, Text
from aegis.api.v1.serializers.gates import GateDocument
from approvals.models import Comment, Decision, PromotionRequest, StageTransition


class NewPromotion(StrictSerializer):
    """A wish to move a version to a stage."""

    target = Text(help_text="Staging or Production.")
    reason = Text()
    due_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="With a time zone."
    )


class NewDecision(StrictSerializer):
    """One person's word about the subject that they saw."""

    verdict = Text(help_text="approve, request_changes or reject.")
    comment = Text(required=False)
    subject_digest = Text(help_text="The digest of the subject that was read.")
    acknowledged_warnings = serializers.BooleanField(required=False)


class NewComment(StrictSerializer):
    """A remark, in Markdown."""

    body = Text()


class Withdrawal(StrictSerializer):
    """Why a request is taken back, if that is to be said."""

    reason = Text(required=False)


class PromotionDocument(serializers.ModelSerializer[PromotionRequest]):
    """A promotion request as lists have it."""

    model = serializers.CharField(source="version.registered_model.name")
    version = serializers.IntegerField(source="version.number")
    label = serializers.CharField(source="version.label", help_text="Empty for none.")  # type: ignore[assignment]  # DRF has an attribute of that name.
    replaces = serializers.IntegerField(
        source="replaces.number",
        allow_null=True,
        default=None,
        help_text="The version that was in the stage when it was asked.",
    )
    requested_by = serializers.CharField(source="requested_by.username")
    closed_by = serializers.CharField(source="closed_by.username", allow_null=True, default=None)

    class Meta:
        model = PromotionRequest
        fields = (
            "number",
            "model",
            "version",
            "label",
            "target",
            "state",
            "replaces",
            "reason",
            "outcome",
            "requested_by",
            "requested_at",
            "state_changed_at",
            "closed_by",
            "due_at",
            "expires_at",
        )


class DecisionDocument(serializers.Serializer[Any]):
    """A decision; ``dismissal`` says why it does not count any more, if so."""

    id = serializers.UUIDField()
    verdict = serializers.ChoiceField(Decision.Verdict.choices)
    comment = serializers.CharField()
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField()
    subject_digest = serializers.CharField()
    subject_revision = serializers.IntegerField()
    dismissal = serializers.CharField(allow_null=True)
    dismissed_at = serializers.DateTimeField(allow_null=True)


class ApprovalDocument(serializers.Serializer[Any]):
    """How far the approvals that one policy asks for have come."""

    policy = serializers.CharField()
    revision = serializers.IntegerField()
    required = serializers.IntegerField()  # type: ignore[assignment]  # DRF has an attribute of that name.
    given = serializers.IntegerField()
    teams = serializers.ListField(
        child=serializers.CharField(), help_text="Whose approvals count; empty: every reviewer's."
    )


class ActionDocument(serializers.Serializer[Any]):
    """What you may do with the request now, or why not."""

    name = serializers.CharField()
    title = serializers.CharField()
    allowed = serializers.BooleanField()
    code = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    mend = serializers.CharField(allow_null=True)


class SubjectMark(serializers.Serializer[Any]):
    """What decisions are bound to now. Not current: a change is about to be noticed."""

    digest = serializers.CharField()
    is_current = serializers.BooleanField()


class PromotionDetail(PromotionDocument):
    """A promotion request with all that a decision about it rests on."""

    subject = SubjectMark()
    gates = GateDocument(many=True)
    approvals = ApprovalDocument(many=True)
    decisions = DecisionDocument(many=True)
    actions = ActionDocument(many=True)

    class Meta:
        model = PromotionRequest
        fields = (
            *PromotionDocument.Meta.fields,
            "subject",
            "gates",
            "approvals",
            "decisions",
            "actions",
        )


class CommentDocument(serializers.ModelSerializer[Comment]):
    """A remark in the discussion of a request."""

    written_by = serializers.CharField(source="written_by.username")

    class Meta:
        model = Comment
        fields = ("id", "body", "written_by", "written_at", "redaction")


class TransitionDocument(serializers.ModelSerializer[StageTransition]):
    """That a version changed its stage."""

    version = serializers.IntegerField(source="version.number")
    request = serializers.IntegerField(source="request.number", allow_null=True, default=None)
    actor = serializers.CharField(source="actor.username", allow_null=True, default=None)

    class Meta:
        model = StageTransition
        fields = (
            "id",
            "version",
            "sequence",
            "kind",
            "source",
            "target",
            "request",
            "reason",
            "actor",
            "moved_at",
        )
