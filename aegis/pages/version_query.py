"""What happened to a version, read in one statement: its moves, requests and aliases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from approvals.json_rows import record_of, rows_as_json
from approvals.models import PromotionRequest, StageTransition
from approvals.states import UNDER_WAY
from registry.models import Alias, ModelVersion


@dataclass(frozen=True, slots=True)
class Move:
    """A move of the version between stages; ``request`` is the number of what asked for it."""

    kind: str
    source: str
    target: str
    reason: str
    actor: UUID | None
    request: int | None
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is under way."""

    number: int
    target: str
    state: str
    requested_by: UUID


@dataclass(frozen=True, slots=True)
class History:
    """Moves in the order of time, what is asked for now, and the aliases by name."""

    moves: tuple[Move, ...]
    requests: tuple[Asked, ...]
    aliases: tuple[str, ...]


def load_history(version: ModelVersion) -> History:
    """Return what happened to ``version``."""
    moves = StageTransition.objects.filter(version=OuterRef("pk")).order_by("sequence")
    asked = PromotionRequest.objects.filter(version=OuterRef("pk"), state__in=UNDER_WAY)
    aliases = Alias.objects.filter(version=OuterRef("pk")).order_by("name")
    row: Any = ModelVersion.objects.annotate(
        move_rows=rows_as_json(moves, Move, actor="actor_id", request="request__number"),
        request_rows=rows_as_json(asked.order_by("number"), Asked, requested_by="requested_by_id"),
        alias_names=ArraySubquery(aliases.values("name")),
    ).get(pk=version.pk)
    return History(
        tuple(record_of(Move, move) for move in row.move_rows),
        tuple(record_of(Asked, one) for one in row.request_rows),
        tuple(row.alias_names),
    )
