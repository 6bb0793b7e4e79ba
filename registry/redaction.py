"""Redaction: one person proposes what has to go, and why; it goes when another person agrees."""

from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from aegis.accounts.answers import forget_answers
from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.events.forgetting import forget_texts
from aegis.problems import Invalid, NotFound, Refusal
from aegis.sensitive.texts import plain_text
from registry.locks import lock_version
from registry.models import (
    ModelVersion,
    Redaction,
    RedactionDecision,
    RedactionJob,
    RedactionReason,
)
from registry.permissions import VIEW, permissions_of, require
from registry.redactable import find_target, redactable
from registry.redaction_guards import (
    why_not_approve,
    why_not_decide,
    why_not_propose,
    why_not_this,
    why_not_withdraw,
)

LONGEST_REASON: Final = 2_000
_VERDICTS = RedactionDecision.Verdict


@verb
def propose_redaction(
    version: ModelVersion, *, actor: User, kind: str, target: str, reason_code: str, reason: str
) -> Redaction:
    """Propose to take out what ``kind`` and ``target`` name; nothing goes until another agrees.

    ``target`` is the key of a row, or the path of a file. The reason must not repeat the secret:
    one that is recognised as such is refused.
    """
    reason = plain_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)
    if reason_code not in RedactionReason.values:
        raise Invalid(
            "redaction_reason_unknown",
            f"A reason is one of {', '.join(RedactionReason.values)}.",
            field="reason_code",
        )
    version = lock_version(version)
    held = permissions_of(actor, version.registered_model)
    _refuse(why_not_propose(version.registered_model, actor, held))
    found = find_target(version, kind, target)
    waiting = waiting_redactions().filter(kind=kind, target=found.key, version=version).first()
    _refuse(why_not_this(found, waiting))
    redaction: Redaction = Redaction.objects.create(
        version=version,
        kind=kind,
        target=found.key,
        salt=found.salt,
        digest=found.digest,
        reason_code=reason_code,
        reason=reason,
        proposed_by=actor,
    )
    _note("redaction:proposed", redaction, actor, {"reason": reason})
    return redaction


@verb
def approve_redaction(
    redaction: Redaction, *, actor: User, authenticated_at: datetime | None, comment: str = ""
) -> RedactionDecision:
    """Agree to a redaction as the second person: the text is gone at once, bytes a moment later.

    ``authenticated_at`` is when the person last proved who they are; None, as for a token, is
    refused.
    """
    redaction, comment = _locked(redaction), _comment(comment, required=False)
    held = permissions_of(actor, redaction.version.registered_model)
    _refuse(why_not_approve(redaction, actor, held, authenticated_at))
    target = find_target(redaction.version, redaction.kind, redaction.target)
    _refuse(why_not_this(target, None))
    decision = _decide(redaction, _VERDICTS.APPROVE, actor, comment, authenticated_at)
    kind = redactable(redaction.kind)
    kind.empty(redaction)
    forget_texts(target.texts)
    forget_answers(target.texts)
    if kind.has_bytes:
        RedactionJob.objects.create(redaction=redaction)
        transaction.on_commit(partial(_hint, redaction), robust=True)
    return decision


@verb
def decline_redaction(redaction: Redaction, *, actor: User, comment: str) -> RedactionDecision:
    """Say no to a proposed redaction, and why."""
    redaction, comment = _locked(redaction), _comment(comment)
    held = permissions_of(actor, redaction.version.registered_model)
    _refuse(why_not_decide(redaction, actor, held))
    return _decide(redaction, _VERDICTS.DECLINE, actor, comment)


@verb
def withdraw_redaction(redaction: Redaction, *, actor: User) -> RedactionDecision:
    """Take one's own proposal back before anybody decided about it."""
    redaction = _locked(redaction)
    held = permissions_of(actor, redaction.version.registered_model)
    _refuse(why_not_withdraw(redaction, actor, held))
    return _decide(redaction, _VERDICTS.WITHDRAW, actor, "")


def waiting_redactions() -> QuerySet[Redaction]:
    """Return the proposals that nobody decided about yet."""
    found: QuerySet[Redaction] = Redaction.objects.filter(decision=None)
    return found.select_related("proposed_by", "version__registered_model")


def redactions_of(version: ModelVersion, *, actor: User) -> list[Redaction]:
    """Return all redactions of a version, the latest first, for whoever may see it."""
    require(actor, VIEW, version.registered_model)
    return list(_read().filter(version=version).order_by("-proposed_at"))


def redaction_of(version: ModelVersion, key: UUID, *, actor: User) -> Redaction:
    """Return one redaction of a version, or raise ``NotFound``."""
    require(actor, VIEW, version.registered_model)
    redaction = _read().filter(version=version, pk=key).first()
    if redaction is None:
        raise NotFound("redaction_not_found", "The version has no such redaction.")
    return redaction


def _read() -> QuerySet[Redaction]:
    found: QuerySet[Redaction] = Redaction.objects.select_related(
        "proposed_by", "version__registered_model", "decision__decided_by", "job", "statement"
    )
    return found


def _locked(redaction: Redaction) -> Redaction:
    """Lock the version of a redaction, and read the redaction again."""
    version = lock_version(redaction.version)
    locked: Redaction = Redaction.objects.select_related("proposed_by").get(pk=redaction.pk)
    locked.version = version
    return locked


def _decide(
    redaction: Redaction,
    verdict: str,
    actor: User,
    comment: str,
    authenticated_at: datetime | None = None,
) -> RedactionDecision:
    decision: RedactionDecision = RedactionDecision.objects.create(
        redaction=redaction,
        verdict=verdict,
        comment=comment,
        decided_by=actor,
        authenticated_at=authenticated_at,
    )
    action = {
        _VERDICTS.APPROVE: "redaction:approved",
        _VERDICTS.DECLINE: "redaction:declined",
        _VERDICTS.WITHDRAW: "redaction:withdrawn",
    }[_VERDICTS(verdict)]
    _note(action, redaction, actor, {"comment": comment})
    return decision


def _comment(comment: str, *, required: bool = True) -> str:
    return plain_text(
        comment, field="comment", limit=LONGEST_REASON, multiline=True, required=required
    )


def _note(action: str, redaction: Redaction, actor: User, texts: dict[str, str]) -> None:
    record(
        action,
        actor=actor,
        about=redaction,
        model_id=redaction.version.registered_model_id,
        data={
            "version": redaction.version.number,
            "kind": redaction.kind,
            "digest": redaction.digest,
            "reason": redaction.reason_code,
        },
        texts=texts,
    )


def _refuse(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise refusal


def _hint(redaction: Redaction) -> None:
    from registry.tasks import hint_redaction  # noqa: PLC0415 -- The task imports us.

    hint_redaction(redaction.pk)
