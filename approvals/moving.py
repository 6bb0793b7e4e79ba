"""Move versions from stage to stage: the transition first, then the version, recorded."""

from typing import Final
from uuid import UUID

from django.utils import timezone

from aegis.accounts.models import User
from aegis.audit.recording import record
from aegis.keys import new_key
from aegis.problems import Conflict
from approvals.following import follow
from approvals.governing import policies_for
from approvals.locking import lock_requests_of, occupant_of
from approvals.machine import stage_move
from approvals.models import PromotionRequest, StageTransition
from approvals.overtaking import why_overtaken
from approvals.states import TransitionKind
from approvals.subject import build_subject
from registry.models import ModelVersion, RegisteredModel, Stage

_RECORDED: Final = {
    TransitionKind.PROMOTION: "version:promoted",
    TransitionKind.SUPERSEDED: "version:superseded",
    TransitionKind.ROLLBACK: "version:rolled_back",
    TransitionKind.ARCHIVE: "version:archived",
    TransitionKind.RECALL: "version:taken_out",
}
_AFTER: Final = {Stage.PRODUCTION: Stage.ARCHIVED, Stage.STAGING: Stage.NONE}
"""Where a version goes that makes room for another one."""


def put_into(
    version: ModelVersion,
    target: Stage,
    *,
    kind: TransitionKind,
    actor: User | None,
    request: PromotionRequest | None = None,
    reason: str = "",
) -> StageTransition:
    """Move a locked version to ``target``, and whoever is there out of it first."""
    key = new_key()
    former = occupant_of(version.registered_model, target)
    if former is not None:
        move(former, _AFTER[target], kind=TransitionKind.SUPERSEDED, actor=actor, cause=key)
    return move(version, target, kind=kind, actor=actor, request=request, reason=reason, key=key)


def move(
    version: ModelVersion,
    target: Stage,
    *,
    kind: TransitionKind,
    actor: User | None,
    request: PromotionRequest | None = None,
    reason: str = "",
    cause: UUID | None = None,
    key: UUID | None = None,
) -> StageTransition:
    """Record the transition of a locked version and let the version follow it."""
    if stage_move(kind, version.stage, target) is None:
        sentence = f"v{version.number} does not go from {version.stage} to {target}."
        raise Conflict("stage_order", sentence)
    transition = StageTransition.objects.create(
        id=key or new_key(),
        version=version,
        sequence=version.stage_sequence + 1,
        kind=kind,
        source=version.stage,
        target=target,
        request=request,
        cause_id=cause,
        reason=reason,
        actor=actor,
    )
    version.stage, version.stage_sequence = target, transition.sequence
    version.save(update_fields=["stage", "stage_sequence"])
    RegisteredModel.objects.filter(pk=version.registered_model_id).update(updated_at=timezone.now())
    _record(transition, version)
    return transition


def outdate_overtaken(model: RegisteredModel) -> None:
    """Close every request of a locked model that the moves just made leave without ground."""
    for request in lock_requests_of(model):
        policies = policies_for(model, request.target)
        subject = build_subject(request.version, request.target, policies)
        if overtaken := why_overtaken(request, policies, subject):
            follow(request, "outdate", actor=None, outcome=overtaken.sentence, code=overtaken.code)


def was_in_production(version: ModelVersion) -> bool:
    """Say whether the version ever came to Production."""
    moves = StageTransition.objects.filter(version=version, target=Stage.PRODUCTION)
    return bool(moves.exists())


def _record(transition: StageTransition, version: ModelVersion) -> None:
    record(
        _RECORDED[TransitionKind(transition.kind)],
        actor=transition.actor,
        about=version,
        model_id=version.registered_model_id,
        data={
            "version": version.number,
            "transition": str(transition.pk),
            "sequence": transition.sequence,
            "source": transition.source,
            "target": transition.target,
            "request": transition.request.number if transition.request else None,
            "cause": str(transition.cause_id) if transition.cause_id else None,
        },
        texts={"reason": transition.reason},
    )
