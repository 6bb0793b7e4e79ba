"""What happened to a version, read in one statement: its moves, requests and aliases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef

from approvals.json_rows import record_of, rows_as_json
from approvals.models import PromotionRequest, StageTransition
from approvals.rollback import has_statement
from approvals.states import UNDER_WAY
from imports.models import Rescan
from imports.rescanning import UNDER_WAY as UNFINISHED
from registry.compromises import of_key
from registry.models import (
    Alias,
    Derivation,
    ModelVersion,
    PackageCheck,
    PackageWatch,
    Provenance,
    Quarantine,
    Signature,
    SigningJob,
)


@dataclass(frozen=True, slots=True)
class Move:
    """A move of the version between stages; ``request`` is the number of what asked for it.

    ``is_signed`` says whether its signed statement is there; a rollback's may be owed a while.
    """

    id: UUID
    kind: str
    source: str
    target: str
    reason: str
    actor: UUID | None
    request: int | None
    moved_at: datetime
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is under way."""

    number: int
    target: str
    state: str
    requested_by: UUID


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature of the version, since when its key is compromised, and who brought it."""

    key_name: str
    key_version: str
    is_development: bool
    signed_at: datetime
    compromised_at: datetime | None
    brought_by: str | None


@dataclass(frozen=True, slots=True)
class Signing:
    """A job that was to sign the version once more."""

    state: str
    error: str
    delayed_since: datetime | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What the last look at the stored package found; the sentence says what is wrong."""

    outcome: str
    sentence: str
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """When the stored package is verified next, and what has not answered since when."""

    due_at: datetime
    away: str
    away_since: datetime | None


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A quarantine that is open, and why."""

    cause: str
    sentence: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Derived:
    """A version that was converted from this one, and by what."""

    number: int
    state: str
    converter: str


@dataclass(frozen=True, slots=True)
class History:
    """Moves in the order of time, what is asked for now, and the aliases by name.

    The newest signature comes first; ``signing`` is the last job that was to make another.
    ``checked`` and ``due`` are of the stored package; ``quarantines`` are those that are open.
    ``derived`` were converted from it, the newest first.
    """

    moves: tuple[Move, ...]
    requests: tuple[Asked, ...]
    aliases: tuple[str, ...]
    signatures: tuple[Signed, ...]
    signing: Signing | None
    checked: Checked | None
    due: Due | None
    quarantines: tuple[HeldBack, ...]
    is_scanned_again: bool
    has_origin: bool
    derived: tuple[Derived, ...]


def load_history(version: ModelVersion) -> History:
    """Return what happened to ``version``."""
    moves = StageTransition.objects.filter(version=OuterRef("pk")).order_by("sequence")
    moves = moves.annotate(is_signed=has_statement())
    asked = PromotionRequest.objects.filter(version=OuterRef("pk"), state__in=UNDER_WAY)
    aliases = Alias.objects.filter(version=OuterRef("pk")).order_by("name")
    jobs = SigningJob.objects.filter(version=OuterRef("pk")).order_by("-requested_at", "-id")
    signatures = Signature.objects.filter(
        version=OuterRef("pk"), manifest_digest=OuterRef("digest")
    ).annotate(compromised_at=of_key())
    checks = PackageCheck.objects.filter(version=OuterRef("pk")).order_by("-checked_at")
    watch = PackageWatch.objects.filter(version=OuterRef("pk"))
    held = Quarantine.objects.filter(version=OuterRef("pk"), lifted_at=None)
    derived = Derivation.objects.filter(parent=OuterRef("pk")).order_by("-version__number")
    again = Rescan.objects.filter(version=OuterRef("pk"), state__in=UNFINISHED)
    row: Any = ModelVersion.objects.annotate(
        move_rows=rows_as_json(moves, Move, actor="actor_id", request="request__number"),
        request_rows=rows_as_json(asked.order_by("number"), Asked, requested_by="requested_by_id"),
        signature_rows=rows_as_json(
            signatures.order_by("-signed_at", "-id"),
            Signed,
            brought_by="brought__upload__owner__username",
        ),
        signing_rows=rows_as_json(jobs[:1], Signing),
        check_rows=rows_as_json(checks[:1], Checked),
        due_rows=rows_as_json(watch.order_by("due_at"), Due),
        held_rows=rows_as_json(held.order_by("opened_at"), HeldBack),
        derived_rows=rows_as_json(
            derived, Derived, number="version__number", state="version__state"
        ),
        is_scanned_again=Exists(again),
        has_origin=Exists(Provenance.objects.filter(version=OuterRef("pk"))),
        alias_names=ArraySubquery(aliases.values("name")),
    ).get(pk=version.pk)
    return History(
        tuple(record_of(Move, move) for move in row.move_rows),
        tuple(record_of(Asked, one) for one in row.request_rows),
        tuple(row.alias_names),
        tuple(record_of(Signed, one) for one in row.signature_rows),
        next((record_of(Signing, one) for one in row.signing_rows), None),
        next((record_of(Checked, one) for one in row.check_rows), None),
        next((record_of(Due, one) for one in row.due_rows), None),
        tuple(record_of(HeldBack, one) for one in row.held_rows),
        row.is_scanned_again,
        row.has_origin,
        tuple(record_of(Derived, one) for one in row.derived_rows),
    )
