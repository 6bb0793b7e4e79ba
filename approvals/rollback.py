"""Put a version back into Production that was there before: one person, one step, one reason."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import NotFound, Refusal
from aegis.proof.signing.rollback import Rollback, sign_rollback
from aegis.proof.signing.signer import Signer
from aegis.sensitive.texts import plain_text
from approvals.locking import lock_with_occupant
from approvals.models import PromotionStatement, StageTransition
from approvals.moving import outdate_overtaken, put_into, was_in_production
from approvals.stage_guards import (
    why_held_back,
    why_not_known_good,
    why_not_roll_back,
    why_not_usable,
)
from approvals.standing import current_account
from approvals.states import TransitionKind
from registry.models import ModelVersion, RegisteredModel, Stage
from registry.permissions import permissions_of
from registry.signing.configured import signer_of, statement_key

LONGEST_REASON = 4000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version and when it was in Production last; with a refusal, why it cannot be chosen."""

    version: ModelVersion
    since: datetime | None
    until: datetime | None
    refusal: Refusal | None


@verb
def roll_back(
    model: RegisteredModel, *, actor: User, to_version: ModelVersion, reason: str
) -> StageTransition:
    """Move ``to_version`` back to Production at once; its signed statement is owed.

    Needs nothing but the database, so that it works while the signer and the broker are away.
    """
    reason = plain_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)
    version = lock_with_occupant(to_version, Stage.PRODUCTION)
    user = current_account(actor)
    if version.registered_model_id != model.pk:
        raise NotFound("version_not_found", f"{model.name} has no such version.")
    refusal = why_not_roll_back(
        version,
        held=permissions_of(user, version.registered_model),
        was_in_production=was_in_production(version),
    ) or why_held_back(version)
    if refusal:
        raise refusal
    moved = put_into(
        version, Stage.PRODUCTION, kind=TransitionKind.ROLLBACK, actor=user, reason=reason
    )
    outdate_overtaken(version.registered_model)
    transaction.on_commit(lambda: _hint(moved), robust=True)
    return moved


def candidates(model: RegisteredModel) -> list[Candidate]:
    """Return every version of ``model``, the newest first, and which of them is known good."""
    found: dict[object, tuple[datetime, datetime | None]] = {}
    moves = StageTransition.objects.filter(version__registered_model=model)
    for move in moves.order_by("version_id", "sequence"):
        if move.target == Stage.PRODUCTION:
            found[move.version_id] = (move.moved_at, None)
        elif move.source == Stage.PRODUCTION:
            found[move.version_id] = (found[move.version_id][0], move.moved_at)
    rows = []
    for version in ModelVersion.objects.filter(registered_model=model).order_by("-number"):
        version.registered_model = model
        since, until = found.get(version.pk, (None, None))
        refusal = (
            why_not_usable(version)
            or why_not_known_good(version, was_in_production=since is not None)
            or why_held_back(version)
        )
        rows.append(Candidate(version, since, until, refusal))
    return rows


def rollbacks_of(version: ModelVersion) -> QuerySet[StageTransition]:
    """Return the rollbacks to ``version``; ``is_signed`` says whether the statement is there."""
    rollbacks: QuerySet[StageTransition] = (
        StageTransition.objects.filter(version=version, kind=TransitionKind.ROLLBACK)
        .annotate(is_signed=has_statement())
        .select_related("version", "actor")
        .prefetch_related("consequences__version")
    )
    return rollbacks


def statement_of(version: ModelVersion, rollback: UUID) -> PromotionStatement:
    """Return the signed statement of one of the rollbacks to ``version``.

    Raises ``NotFound`` with the code ``statement_owed`` where nobody could sign it yet.
    """
    found = rollbacks_of(version).filter(pk=rollback).first()
    if found is None:
        raise NotFound("rollback_not_found", f"There is no such rollback to v{version.number}.")
    statement = PromotionStatement.objects.filter(transition=found).first()
    if statement is None:
        raise NotFound(
            "statement_owed",
            "The statement of this rollback is owed: nobody could sign it yet.",
            mend="It is signed by itself as soon as the signer answers.",
        )
    return statement


def owed_statements() -> QuerySet[StageTransition]:
    """Return the rollbacks whose statement is not signed yet, the oldest first."""
    return (
        StageTransition.objects.filter(~has_statement(), kind=TransitionKind.ROLLBACK)
        .select_related("version__registered_model")
        .prefetch_related("consequences__version")
        .order_by("moved_at")
    )


def has_statement() -> Exists:
    """Return the condition that the signed statement of a transition is there."""
    return Exists(PromotionStatement.objects.filter(transition=OuterRef("pk")))


def sign_owed_statement(
    rollback: StageTransition, *, signer: Signer | None = None
) -> PromotionStatement | None:
    """Sign the statement of a rollback, outside of any transaction, and keep it.

    None where another worker kept one meanwhile. Raises ``Unavailable`` while the signer is away.
    """
    said, version = rollback_of(rollback), rollback.version
    bundle = sign_rollback(said, signer=signer or signer_of(statement_key(version)))
    return _keep(
        rollback,
        PromotionStatement(
            transition=rollback,
            manifest_digest=version.digest,
            subject_revision=version.subject_revision,
            envelope=bundle.data.decode(),
            **bundle.key_fields,
        ),
    )


def replaced_by(rollback: StageTransition) -> int | None:
    """Return the number of the version that left Production for a rollback."""
    return next((move.version.number for move in rollback.consequences.all()), None)


def rollback_of(rollback: StageTransition) -> Rollback:
    """Return what the statement of a rollback says."""
    version = rollback.version
    return Rollback(
        model=version.registered_model.name,
        version=version.number,
        manifest_digest=version.digest,
        transition=str(rollback.pk),
        sequence=rollback.sequence,
        replaced=replaced_by(rollback),
        person=str(rollback.actor_id),
        at=rollback.moved_at,
    )


@verb
def _keep(rollback: StageTransition, statement: PromotionStatement) -> PromotionStatement | None:
    lock_with_occupant(rollback.version, Stage.PRODUCTION)
    if PromotionStatement.objects.filter(transition=rollback).exists():
        return None
    statement.save(force_insert=True)
    record(
        "rollback:signed",
        actor=None,
        about=statement,
        model_id=rollback.version.registered_model_id,
        data={"version": rollback.version.number, "transition": str(rollback.pk)},
    )
    return statement


def _hint(rollback: StageTransition) -> None:
    from approvals.tasks import hint_rollback  # noqa: PLC0415 -- The task imports us.

    hint_rollback(rollback.pk)
