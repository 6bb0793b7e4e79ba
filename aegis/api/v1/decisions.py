"""What people say about a promotion request: decisions, which take a session, and remarks."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aegis.api.presence import require_recent
from aegis.api.schema import list_of
from aegis.api.v1.base import View, caller, parameters
from aegis.api.v1.promotion_documents import decision_document
from aegis.api.v1.promotions import promotion
from aegis.api.v1.serializers.base import body
from aegis.api.v1.serializers.promotions import (
    CommentDocument,
    DecisionDocument,
    NewComment,
    NewDecision,
)
from aegis.problems import NotFound
from approvals.decisions import comment_on, decide, withdraw_decision
from approvals.models import Comment, Decision


class Decisions(View):
    """Deciding. It takes a person who proved within 15 minutes who they are."""

    @extend_schema(
        operation_id="promotion_decide", request=NewDecision, responses={201: DecisionDocument}
    )
    def post(self, request: Request, number: int) -> Response:
        """Approve, ask for changes or reject, about the subject that you saw."""
        found = promotion(request, number)
        moment = require_recent(request)
        fields = {"comment": "", **body(request, NewDecision)}
        made = decide(found, actor=caller(request), authenticated_at=moment, **fields)
        return Response(decision_document(made), status=201)


class DecisionWithdrawal(View):
    """Taking a decision back. It takes the same presence as making it."""

    @extend_schema(
        operation_id="promotion_decision_withdraw", request=None, responses={200: DecisionDocument}
    )
    def post(self, request: Request, number: int, decision: UUID) -> Response:
        """Take your own decision back."""
        found = promotion(request, number)
        mine = Decision.objects.filter(request=found, pk=decision).select_related("decided_by")
        made = mine.first()
        if made is None:
            raise NotFound("decision_not_found", f"Request {number} has no such decision.")
        moment = require_recent(request)
        withdraw_decision(made, actor=caller(request), authenticated_at=moment)
        return Response(decision_document(mine.select_related("dismissal").get()))


class Comments(View):
    """The discussion of a promotion request."""

    @extend_schema(
        operation_id="promotion_comments_list", responses={200: list_of(CommentDocument)}
    )
    def get(self, request: Request, number: int) -> Response:
        """List the remarks, the oldest first."""
        parameters(request)
        found = promotion(request, number)
        rows = Comment.objects.filter(request=found).select_related("written_by")
        return Response({"results": CommentDocument(rows, many=True).data})

    @extend_schema(
        operation_id="promotion_comment", request=NewComment, responses={201: CommentDocument}
    )
    def post(self, request: Request, number: int) -> Response:
        """Add a remark, in Markdown."""
        found = promotion(request, number)
        comment = comment_on(found, actor=caller(request), **body(request, NewComment))
        return Response(CommentDocument(comment).data, status=201)
