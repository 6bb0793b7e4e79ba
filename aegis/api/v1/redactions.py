"""Redactions of a version: proposed by one person, carried out on the word of another."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.presence import require_recent
from aegis.api.schema import list_of
from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.serializers.base import StrictSerializer, Text, body
from aegis.problems import NotFound
from registry.models import (
    Redaction,
    RedactionDecision,
    RedactionKind,
    RedactionReason,
    RedactionStatement,
)
from registry.readers import BUNDLE_MEDIA_TYPE
from registry.redaction import (
    approve_redaction,
    decline_redaction,
    propose_redaction,
    redaction_of,
    redactions_of,
    withdraw_redaction,
)
from registry.redaction_states import is_signed, state_of


class NewRedaction(StrictSerializer):
    """What is to go, and why. ``target`` is the id of what it is, or the path of a file."""

    kind = serializers.ChoiceField(RedactionKind.choices)
    target = Text()
    reason_code = serializers.ChoiceField(RedactionReason.choices)
    reason = Text(help_text="Why, without the secret itself: everybody who sees the version reads.")


class NewRedactionDecision(StrictSerializer):
    """What a second person says to it."""

    verdict = serializers.ChoiceField(RedactionDecision.Verdict.choices)
    comment = Text(default="")


class RedactionDocument(serializers.Serializer[Any]):
    """A redaction: what was or is to be taken out, by whom, and what stays of it."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(RedactionKind.choices)
    target = serializers.CharField()
    digest = serializers.CharField(
        help_text="The SHA-256 that stays, over salt and text if salted."
    )
    salt = serializers.CharField(allow_blank=True, help_text="Hexadecimal.")
    reason_code = serializers.ChoiceField(RedactionReason.choices)
    reason = serializers.CharField()
    state = serializers.SerializerMethodField()
    proposed_by = serializers.CharField(source="proposed_by.username")
    proposed_at = serializers.DateTimeField()
    decided_by = serializers.CharField(
        source="decision.decided_by.username", allow_null=True, default=None
    )
    decided_at = serializers.DateTimeField(
        source="decision.decided_at", allow_null=True, default=None
    )
    comment = serializers.CharField(source="decision.comment", default="")
    is_signed = serializers.SerializerMethodField()

    def get_state(self, redaction: Redaction) -> str:
        """Return proposed, declined, withdrawn, underway (bytes are leaving) or done."""
        return state_of(redaction)

    def get_is_signed(self, redaction: Redaction) -> bool:
        """Say whether the statement for verifiers is there; only files have one."""
        return is_signed(redaction)


class Redactions(View):
    """The redactions of a version."""

    @extend_schema(operation_id="redactions_list", responses={200: list_of(RedactionDocument)})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """List what was proposed and what became of it, the latest first."""
        parameters(request)
        found = redactions_of(self.version(request, name, ref), actor=caller(request))
        return Response({"results": RedactionDocument(found, many=True).data})

    @extend_schema(
        operation_id="redaction_propose", request=NewRedaction, responses={201: RedactionDocument}
    )
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Propose to take something out for good; nothing goes until another person agrees."""
        version = self.version(request, name, ref)
        made = propose_redaction(version, actor=caller(request), **body(request, NewRedaction))
        return Response(RedactionDocument(made).data, status=201)


class OneRedaction(View):
    """One redaction."""

    @extend_schema(operation_id="redaction_retrieve", responses={200: RedactionDocument})
    def get(self, request: Request, name: str, ref: str, redaction: UUID) -> Response:
        """Say what is to go or is gone, and who stands by it."""
        parameters(request)
        version = self.version(request, name, ref)
        found = redaction_of(version, redaction, actor=caller(request))
        return Response(RedactionDocument(found).data)


class RedactionDecisions(View):
    """What is said to a redaction."""

    @extend_schema(
        operation_id="redaction_decide",
        request=NewRedactionDecision,
        responses={201: RedactionDocument},
    )
    def post(self, request: Request, name: str, ref: str, redaction: UUID) -> Response:
        """Agree, which takes a person who proved within 15 minutes who they are, or say no."""
        version, actor = self.version(request, name, ref), caller(request)
        found = redaction_of(version, redaction, actor=actor)
        said = body(request, NewRedactionDecision)
        if said["verdict"] == "approve":
            moment = require_recent(request)
            approve_redaction(found, actor=actor, authenticated_at=moment, comment=said["comment"])
        elif said["verdict"] == "decline":
            decline_redaction(found, actor=actor, comment=said["comment"])
        else:
            withdraw_redaction(found, actor=actor)
        found = redaction_of(version, redaction, actor=actor)
        return Response(RedactionDocument(found).data, status=201)


class Statement(View):
    """The signed statement of the redaction of a file."""

    @extend_schema(
        operation_id="redaction_statement",
        responses={(200, BUNDLE_MEDIA_TYPE): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, name: str, ref: str, redaction: UUID) -> HttpResponse:
        """Return the bundle by which a verifier tells a redacted file from a missing one."""
        parameters(request)
        version = self.version(request, name, ref)
        found = redaction_of(version, redaction, actor=caller(request))
        statement = RedactionStatement.objects.filter(redaction=found).first()
        if statement is None:
            raise NotFound(
                "statement_missing",
                "There is no signed statement of this redaction.",
                mend="Only files have one; it is signed as soon as the file is gone.",
            )
        return HttpResponse(
            statement.envelope,
            content_type=BUNDLE_MEDIA_TYPE,
            headers={"X-Aegis-Key-Hint": statement.key_hint},
        )
