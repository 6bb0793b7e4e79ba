"""A promotion request with its decisions, discussion, gate results and subjects, in one query."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from aegis.accounts.models import User
from aegis.problems import NotFound
from approvals.json_rows import record_of, rows_as_json
from approvals.models import (
    Comment,
    Decision,
    GateResult,
    PromotionRequest,
    PromotionStatement,
    RequestSubject,
    StageTransition,
)
from registry.compromises import of_key
from registry.models import RegisteredModel
from registry.permissions import CONTRIBUTE, MAINTAIN, REVIEW, VIEW, codename


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision, and if it was dismissed why, when and by whom (None: by Aegis)."""

    id: UUID
    verdict: str
    comment: str
    decided_by: UUID
    decided_at: datetime
    subject_digest: str
    subject_revision: int
    dismissal: str | None
    dismissed_by: UUID | None
    dismissed_at: datetime | None


@dataclass(frozen=True, slots=True)
class CommentRecord:
    """A remark in the discussion, in Markdown."""

    id: UUID
    body: str
    written_by: UUID
    written_at: datetime


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """What a gate said once."""

    id: int
    policy_revision: UUID
    gate: str
    outcome: str
    reason: str
    findings: dict[str, Any]
    is_blocking: bool
    subject_revision: int
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    """A subject that was kept; its body is read only where it is needed."""

    digest: str
    subject_revision: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StatementRecord:
    """The signed statement of the promotion, and since when its key is compromised."""

    id: UUID
    key_name: str
    key_version: str
    subject_digest: str
    is_development: bool
    signed_at: datetime
    compromised_at: datetime | None


@dataclass(frozen=True, slots=True)
class MoveRecord:
    """The transition that the request led to."""

    sequence: int
    kind: str
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """A request as one person sees it; ``held`` are their permissions for its model.

    ``body`` is the present subject; ``seen`` the one that this person decided about last,
    empty if they never did. ``results`` hold what each gate of each policy said last, in the
    order of the policies; other lists are in the order of time, subjects the latest first.
    """

    request: PromotionRequest
    held: frozenset[str]
    decisions: tuple[DecisionRecord, ...]
    comments: tuple[CommentRecord, ...]
    results: tuple[ResultRecord, ...]
    subjects: tuple[SubjectRecord, ...]
    statements: tuple[StatementRecord, ...]
    moves: tuple[MoveRecord, ...]
    body: str
    seen: str

    @property
    def subject(self) -> SubjectRecord | None:
        """Return the present subject."""
        return self.subjects[0] if self.subjects else None


def load_request(number: int, *, user: User) -> RequestRecord:
    """Return the request ``number``, or raise ``NotFound`` if ``user`` may not see its model."""
    row: Any = _query(user).filter(number=number).first()
    if row is None:
        raise NotFound("request_not_found", f"There is no request {number}.")
    held = {short for short in (CONTRIBUTE, REVIEW, MAINTAIN) if getattr(row, f"may_{short}")}
    return RequestRecord(
        request=row,
        held=frozenset(held | {VIEW}),
        decisions=tuple(record_of(DecisionRecord, one) for one in row.decision_rows),
        comments=tuple(record_of(CommentRecord, one) for one in row.comment_rows),
        results=tuple(
            sorted(
                (record_of(ResultRecord, one) for one in row.result_rows),
                key=lambda result: result.id,
            )
        ),
        subjects=tuple(record_of(SubjectRecord, one) for one in row.subject_rows),
        statements=tuple(record_of(StatementRecord, one) for one in row.statement_rows),
        moves=tuple(record_of(MoveRecord, one) for one in row.move_rows),
        body=row.body or "",
        seen=row.seen or "",
    )


def _of_request(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(request=OuterRef("pk"))


def _query(user: User) -> QuerySet[PromotionRequest]:
    subjects = _of_request(RequestSubject.objects.order_by("-id"))
    mine = Decision.objects.filter(request=OuterRef("request"), decided_by=user)
    decided = mine.order_by("-decided_at").values("subject_digest")[:1]
    requests: QuerySet[PromotionRequest] = (
        PromotionRequest.objects.visible_to(user)
        .select_related(
            "version__registered_model__team",
            "version__created_by",
            "requested_by",
            "closed_by",
            "replaces",
        )
        .annotate(
            decision_rows=rows_as_json(
                _of_request(Decision.objects.order_by("decided_at", "id")),
                DecisionRecord,
                decided_by="decided_by_id",
                dismissal="dismissal__reason",
                dismissed_by="dismissal__dismissed_by_id",
                dismissed_at="dismissal__dismissed_at",
            ),
            comment_rows=rows_as_json(
                _of_request(Comment.objects.order_by("written_at", "id")),
                CommentRecord,
                written_by="written_by_id",
            ),
            result_rows=rows_as_json(
                _of_request(
                    GateResult.objects.order_by("policy_revision_id", "gate", "-id")
                ).distinct("policy_revision_id", "gate"),
                ResultRecord,
                policy_revision="policy_revision_id",
            ),
            subject_rows=rows_as_json(subjects, SubjectRecord),
            statement_rows=rows_as_json(
                _of_request(
                    PromotionStatement.objects.annotate(compromised_at=of_key()).order_by(
                        "-signed_at"
                    )
                ),
                StatementRecord,
            ),
            move_rows=rows_as_json(
                _of_request(StageTransition.objects.order_by("moved_at")), MoveRecord
            ),
            body=Subquery(subjects.values("body")[:1]),
            seen=Subquery(subjects.filter(digest=Subquery(decided)).values("body")[:1]),
            **{f"may_{short}": _held(user, short) for short in (CONTRIBUTE, REVIEW, MAINTAIN)},
        )
    )
    return requests


def _held(user: User, short: str) -> Exists:
    """Ask for a permission as ``permissions_of`` does, of the request's model."""
    models = RegisteredModel.objects.granted_to(user, codename(short))
    return Exists(models.filter(pk=OuterRef("version__registered_model")))
