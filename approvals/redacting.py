"""What people said about requests, as it can be redacted: comments, and the words of decisions."""

import json
from typing import Final

from aegis.audit.models import AuditEvent
from approvals.models import Comment, Decision
from approvals.models.decisions import REDACTED_COMMENT
from registry.models import ModelVersion, Redaction, RedactionKind
from registry.redactable import Redactable, Target, by_key, can_redact

_PAGE: Final = "/reviews/{}/"


def _comment(version: ModelVersion, key: str) -> Target:
    rows = Comment.objects.filter(request__version=version).select_related("request", "written_by")
    comment: Comment = by_key(rows, key)
    return _target(
        comment,
        f"Comment of {comment.written_by} on request {comment.request.number}",
        comment.body,
        "comment:written",
        "body",
    )


def _empty_comment(redaction: Redaction) -> None:
    Comment.objects.filter(pk=redaction.target).update(body="", redaction=redaction)


def _decision(version: ModelVersion, key: str) -> Target:
    rows = Decision.objects.filter(request__version=version).exclude(comment="")
    decision: Decision = by_key(rows.select_related("request", "decided_by"), key)
    return _target(
        decision,
        f"What {decision.decided_by} wrote when deciding request {decision.request.number}",
        decision.comment,
        "decision:made",
        "comment",
    )


def _empty_decision(redaction: Redaction) -> None:
    Decision.objects.filter(pk=redaction.target).update(
        comment=REDACTED_COMMENT, redaction=redaction
    )


def _target(row: Comment | Decision, title: str, text: str, action: str, name: str) -> Target:
    """Return the target of a text of which the audit log has the salted digest."""
    entry = AuditEvent.objects.get(action=action, object_id=str(row.pk))
    digest = json.loads(entry.body)["texts"][name]
    return Target(
        key=str(row.pk),
        title=title,
        digest=digest["sha256"],
        salt=digest["salt"],
        redaction=row.redaction_id,
        path=_PAGE.format(row.request.number),
        texts=(text,) if text else (),
    )


can_redact(
    RedactionKind.COMMENT,
    Redactable(
        _comment,
        _empty_comment,
        "Its text goes, in the discussion and in what people were told of it.",
    ),
)
can_redact(
    RedactionKind.DECISION,
    Redactable(
        _decision,
        _empty_decision,
        "The words go, in the review and in what people were told of it. The decision counts on.",
    ),
)
