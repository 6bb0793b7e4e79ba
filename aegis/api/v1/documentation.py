"""What documents a version: card, facts, metrics, compliance tags, gates."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.idempotency import idempotent
from aegis.api.schema import list_of
from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.gates import gate_document
from aegis.api.v1.serializers.base import body
from aegis.api.v1.serializers.gates import GatesDocument
from aegis.api.v1.serializers.versions import (
    CardDocument,
    FactDocument,
    MetricDocument,
    NewCard,
    NewFact,
    NewMetric,
    NewTag,
    TagDocument,
)
from aegis.problems import Invalid, NotFound
from approvals.gates import check
from approvals.governing import policies_for
from registry.cards_publishing import current_card, publish_card
from registry.evidence import claim_tag, current_tags
from registry.models import Evidence
from registry.recording_facts import (
    current_facts,
    current_metrics,
    record_fact,
    record_metric,
)
from registry.reports import Interval

STANDARD_LEVEL = 0.95


class Card(View):
    """The model card of a version."""

    @extend_schema(operation_id="card_retrieve", responses={200: CardDocument})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """Return the published card, with what is missing from it; its ETag is the revision."""
        parameters(request)
        card = current_card(self.version(request, name, ref))
        if card is None:
            raise NotFound("card_missing", "No card is published yet.")
        return Response(CardDocument(card).data, headers={"ETag": f'"{card.number}"'})

    @extend_schema(operation_id="card_publish", request=NewCard, responses={200: CardDocument})
    def put(self, request: Request, name: str, ref: str) -> Response:
        """Publish the next revision. Say what you had before you in ``based_on`` or If-Match."""
        fields = body(request, NewCard)
        version = self.version(request, name, ref)
        based_on = fields.get("based_on", _revision(request))
        card = publish_card(
            version, actor=caller(request), sections=fields["sections"], based_on=based_on
        )
        return Response(CardDocument(card).data, headers={"ETag": f'"{card.number}"'})


def _revision(request: Request) -> int:
    tag = request.headers.get("If-Match", "").removeprefix("W/").strip('"')
    if tag and not (tag.isascii() and tag.isdigit() and len(tag) < len("1000000000")):
        raise Invalid("if_match_invalid", "If-Match must be the ETag of the card.")
    return int(tag or 0)


class Facts(View):
    """The facts of a version."""

    @extend_schema(operation_id="facts_list", responses={200: list_of(FactDocument)})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """Return the fact that holds for each name."""
        parameters(request)
        facts = list(current_facts(self.version(request, name, ref)).values())
        return Response({"results": FactDocument(facts, many=True).data})

    @extend_schema(operation_id="fact_record", request=NewFact, responses={201: FactDocument})
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Record a fact; it supersedes an earlier one of its name."""
        fields = body(request, NewFact)
        fact = record_fact(self.version(request, name, ref), actor=caller(request), **fields)
        return Response(FactDocument(fact).data, status=201)


class Metrics(View):
    """The metrics of a version."""

    @extend_schema(operation_id="metrics_list", responses={200: list_of(MetricDocument)})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """Return the metric that holds for each name, slice and data set."""
        parameters(request)
        metrics = current_metrics(self.version(request, name, ref))
        return Response({"results": MetricDocument(metrics, many=True).data})

    @extend_schema(operation_id="metric_state", request=NewMetric, responses={201: MetricDocument})
    @idempotent
    def post(self, request: Request, name: str, ref: str) -> Response:
        """State a metric."""
        fields = body(request, NewMetric)
        bounds = fields.pop("interval", None)
        interval = Interval(**{"level": STANDARD_LEVEL, **bounds}) if bounds else None
        version = self.version(request, name, ref)
        metric = record_metric(version, actor=caller(request), interval=interval, **fields)
        return Response(MetricDocument(metric).data, status=201)


class Tags(View):
    """The compliance tags of a version."""

    @extend_schema(operation_id="compliance_tags_list", responses={200: list_of(TagDocument)})
    def get(self, request: Request, name: str, ref: str) -> Response:
        """Return the tags whose evidence holds."""
        parameters(request)
        tags = current_tags(self.version(request, name, ref))
        return Response({"results": TagDocument(tags, many=True).data})

    @extend_schema(
        operation_id="compliance_tag_claim", request=NewTag, responses={201: TagDocument}
    )
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Claim a tag, which passing evidence carries."""
        fields = body(request, NewTag)
        version = self.version(request, name, ref)
        key = fields.get("evidence")
        piece = Evidence.objects.filter(pk=key, version=version).first() if key else None
        if key and piece is None:
            raise Invalid(
                "evidence_unknown", "This version has no such evidence.", field="evidence"
            )
        tag = claim_tag(version, actor=caller(request), name=fields["name"], evidence=piece)
        return Response(TagDocument(tag).data, status=201)


class Gates(View):
    """What the gates of a stage say about a version now."""

    @extend_schema(
        operation_id="version_gates",
        parameters=[OpenApiParameter("stage", enum=["Staging", "Production"])],
        responses={200: GatesDocument},
    )
    def get(self, request: Request, name: str, ref: str) -> Response:
        """Run the gates without asking for anything."""
        stage = parameters(request, "stage").get("stage", "Production")
        if stage not in {"Staging", "Production"}:
            raise Invalid("stage_unknown", "Gates guard Staging and Production.", field="stage")
        version = self.version(request, name, ref)
        policies = policies_for(version.registered_model, stage)
        outcomes = check(version, stage, policies=policies)
        results = [gate_document(outcome, version) for outcome in outcomes]
        return Response({"stage": stage, "is_governed": bool(policies), "results": results})
