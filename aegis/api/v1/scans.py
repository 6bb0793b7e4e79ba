"""What scans found in a version's files, asking for another, and the waivers of two people."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.presence import require_recent
from aegis.api.schema import list_of
from aegis.api.v1.base import View, caller, choice, parameters
from aegis.api.v1.serializers.base import StrictSerializer, Text, body
from aegis.api.v1.serializers.scans import RescanDocument, ScanDocument, WaiverDocument
from aegis.problems import NotFound
from imports.rescanning import ask_for_rescan
from registry.models import ModelVersion, ScanVerdict, ScanWaiver
from registry.scan_findings import files_of
from registry.scans import latest_report
from registry.waivers import (
    approve_waiver,
    decline_waiver,
    propose_waiver,
    revoke_waiver,
    state_of,
    waivers_of,
    withdraw_waiver,
)


class NewWaiver(StrictSerializer):
    """A proposal to take a file as it is."""

    path = Text()
    reason = Text()
    expires_at = serializers.DateTimeField(help_text="At most 180 days from now.")


class Answer(StrictSerializer):
    """What somebody says to a waiver; a no takes a comment."""

    verdict = serializers.ChoiceField(["approve", "decline", "withdraw", "revoke"])
    comment = Text(required=False, default="")


class Nothing(StrictSerializer):
    """Nothing has to be said."""


class Scans(View):
    """The scan of a version."""

    @extend_schema(
        operation_id="scan_retrieve",
        parameters=[OpenApiParameter("verdict", str, enum=ScanVerdict.values)],
        responses={200: ScanDocument},
    )
    def get(self, request: Request, name: str, ref: str) -> Response:
        """Give the latest report, file by file and the gravest first; ``verdict`` filters them."""
        wanted = choice(
            parameters(request, "verdict").get("verdict"), name="verdict", among=ScanVerdict.values
        )
        version = self.version(request, name, ref)
        report = latest_report(version)
        if report is None:
            raise NotFound("not_scanned", f"Version {version.number} was not scanned yet.")
        report.files = [  # type: ignore[attr-defined]  # For the document.
            file for file in files_of(report) if wanted in {None, file.verdict}
        ]
        report.quarantined = version.quarantined_at is not None  # type: ignore[attr-defined]  # For the document.
        return Response(ScanDocument(report).data)

    @extend_schema(operation_id="scan_ask", request=Nothing, responses={202: RescanDocument})
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Have the files scanned again, by the rules of now; it takes a maintainer."""
        body(request, Nothing)
        job = ask_for_rescan(self.version(request, name, ref), actor=caller(request))
        return Response(RescanDocument(job).data, status=202)


class Waivers(View):
    """The waivers of a version."""

    @extend_schema(operation_id="waivers_list", responses={200: list_of(WaiverDocument)})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """List what was proposed and what became of it, the latest first."""
        parameters(request)
        found = waivers_of(self.version(request, name, ref))
        return Response({"results": WaiverDocument(found, many=True).data})

    @extend_schema(
        operation_id="waiver_propose", request=NewWaiver, responses={201: WaiverDocument}
    )
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Propose to take a file as it is; it covers nothing until another person agrees."""
        version = self.version(request, name, ref)
        made = propose_waiver(version, actor=caller(request), **body(request, NewWaiver))
        return Response(WaiverDocument(state_of(made)).data, status=201)


class WaiverAnswers(View):
    """What is said to a waiver."""

    @extend_schema(operation_id="waiver_answer", request=Answer, responses={201: WaiverDocument})
    def post(self, request: Request, name: str, ref: str, waiver: UUID) -> Response:
        """Agree, which takes a person who proved within 15 minutes who they are, or say no."""
        found = _waiver(self.version(request, name, ref), waiver)
        said = body(request, Answer)
        actor, comment = caller(request), said["comment"]
        if said["verdict"] == "approve":
            moment = require_recent(request)
            approve_waiver(found, actor=actor, authenticated_at=moment, comment=comment)
        elif said["verdict"] == "decline":
            decline_waiver(found, actor=actor, comment=comment)
        elif said["verdict"] == "withdraw":
            withdraw_waiver(found, actor=actor)
        else:
            revoke_waiver(found, actor=actor, comment=comment)
        return Response(WaiverDocument(state_of(found)).data, status=201)


def _waiver(version: ModelVersion, key: UUID) -> ScanWaiver:
    found: Any = ScanWaiver.objects.filter(version=version, pk=key)
    waiver: ScanWaiver | None = found.select_related(
        "proposed_by", "version__registered_model"
    ).first()
    if waiver is None:
        raise NotFound("waiver_not_found", f"Version {version.number} has no such waiver.")
    return waiver
