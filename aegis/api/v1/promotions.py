"""Promotion requests: asked for, listed, read, taken back."""

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.accounts.models import User
from aegis.api.idempotency import idempotent
from aegis.api.schema import page_of
from aegis.api.v1.base import View, caller, choice, flag, of_production, parameters
from aegis.api.v1.promotion_documents import promotion_detail
from aegis.api.v1.serializers.base import body
from aegis.api.v1.serializers.promotions import (
    NewPromotion,
    PromotionDetail,
    PromotionDocument,
    Withdrawal,
)
from aegis.api.v1.statements import bundle_of
from aegis.problems import NotFound
from approvals.machine import TARGETS
from approvals.models import PromotionRequest
from approvals.needing import needing
from approvals.requests import open_request, withdraw
from approvals.states import RequestState
from registry.readers import BUNDLE_MEDIA_TYPE


class Promotions(View):
    """The promotion requests that you may see."""

    @extend_schema(
        operation_id="promotions_list",
        parameters=[
            OpenApiParameter("state", enum=RequestState.values),
            OpenApiParameter("target", enum=[str(one) for one in TARGETS]),
            OpenApiParameter("model", description="The name of a registered model."),
            OpenApiParameter("mine", OpenApiTypes.BOOL, description="Those that you asked for."),
            OpenApiParameter("needs_me", OpenApiTypes.BOOL, description="Those you can decide."),
            OpenApiParameter("cursor"),
            OpenApiParameter("page_size", OpenApiTypes.INT),
        ],
        responses={200: page_of(PromotionDocument)},
    )
    def get(self, request: Request) -> Response:
        """List promotion requests, the newest first."""
        wanted = parameters(request, "state", "target", "model", "mine", "needs_me")
        user = caller(request)
        needs_me = flag(wanted.get("needs_me"), name="needs_me")
        rows = _readable(request, needing(user) if needs_me else all_of(user))
        if "model" in wanted:
            model = self.model(request, wanted["model"])
            rows = rows.filter(version__registered_model=model)
        if state := choice(wanted.get("state"), name="state", among=RequestState.values):
            rows = rows.filter(state=state)
        targets = [str(one) for one in TARGETS]
        if target := choice(wanted.get("target"), name="target", among=targets):
            rows = rows.filter(target=target)
        if flag(wanted.get("mine"), name="mine"):
            rows = rows.filter(requested_by=user)
        return self.page(request, _shown(rows), PromotionDocument, along="number")


class PromotionsOfVersion(View):
    """The promotion requests about a version."""

    @extend_schema(
        operation_id="version_promotions_list", responses={200: page_of(PromotionDocument)}
    )
    def get(self, request: Request, name: str, ref: str) -> Response:
        """List the requests about this version, the newest first."""
        parameters(request)
        rows = PromotionRequest.objects.filter(version=self.version(request, name, ref))
        return self.page(request, _shown(rows), PromotionDocument, along="number")

    @extend_schema(
        operation_id="promotion_open", request=NewPromotion, responses={201: PromotionDetail}
    )
    @idempotent
    def post(self, request: Request, name: str, ref: str) -> Response:
        """Ask that the version be moved to a stage. The gates run at once."""
        fields = body(request, NewPromotion)
        version = self.version(request, name, ref)
        opened = open_request(version, actor=caller(request), **fields)
        path = f"/api/v1/promotions/{opened.number}/"
        detail = promotion_detail(opened.number, user=caller(request))
        return Response(detail, status=201, headers={"Location": path})


class Promotion(View):
    """One promotion request."""

    @extend_schema(operation_id="promotion_retrieve", responses={200: PromotionDetail})
    def get(self, request: Request, number: int) -> Response:
        """Return the request with its gates, decisions, and what you may do."""
        parameters(request)
        promotion(request, number)
        return Response(promotion_detail(number, user=caller(request)))


class Subject(View):
    """What decisions about a request are bound to."""

    @extend_schema(
        operation_id="promotion_subject",
        parameters=[OpenApiParameter("digest", description="An earlier subject of the request.")],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, number: int) -> HttpResponse:
        """Return the subject's canonical JSON, byte for byte; its SHA-256 is the ETag."""
        digest = parameters(request, "digest").get("digest")
        subjects = promotion(request, number).subjects.all()
        found = (subjects.filter(digest=digest) if digest else subjects).first()
        if found is None:
            raise NotFound("subject_not_found", "This request has no such subject.")
        return HttpResponse(
            found.body, content_type="application/json", headers={"ETag": f'"{found.digest}"'}
        )


class Statement(View):
    """The signed word that a promotion was decided."""

    @extend_schema(
        operation_id="promotion_statement",
        responses={(200, BUNDLE_MEDIA_TYPE): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, number: int) -> HttpResponse:
        """Return the signed promotion statement: a Sigstore bundle around in-toto.

        X-Aegis-Key-Compromised says since when its key vouches for nothing, if it does not.
        """
        parameters(request)
        statement = promotion(request, number).statements.first()
        if statement is None:
            raise NotFound("statement_missing", "No statement is signed for this request yet.")
        return bundle_of(statement)


class Withdraw(View):
    """Taking a request back."""

    @extend_schema(
        operation_id="promotion_withdraw", request=Withdrawal, responses={200: PromotionDetail}
    )
    def post(self, request: Request, number: int) -> Response:
        """Take the request back; its requester and the model's maintainers may."""
        found = promotion(request, number)
        withdraw(found, actor=caller(request), **body(request, Withdrawal))
        return Response(promotion_detail(number, user=caller(request)))


def promotion(request: Request, number: int) -> PromotionRequest:
    """Return promotion request ``number`` if the caller may see its model, and its version."""
    rows = _readable(request, all_of(caller(request)))
    found: PromotionRequest | None = _shown(rows.filter(number=number)).first()
    if found is None:
        raise NotFound("request_not_found", f"There is no request {number}.")
    return found


def all_of(user: User) -> QuerySet[PromotionRequest]:
    """Return every request that ``user`` may see."""
    rows: QuerySet[PromotionRequest] = PromotionRequest.objects.visible_to(user)
    return rows


def _readable(request: Request, rows: QuerySet[PromotionRequest]) -> QuerySet[PromotionRequest]:
    return of_production(request, rows, stage="version__stage")


def _shown(rows: QuerySet[PromotionRequest]) -> QuerySet[PromotionRequest]:
    return rows.select_related("version__registered_model", "replaces", "requested_by", "closed_by")
