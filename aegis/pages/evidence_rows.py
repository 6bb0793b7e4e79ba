"""The evidence of a version as its table shows it: what it proves, who may vouch. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from aegis.accounts.models import User
from approvals.records import EvidenceRecord, RedactionRecord, TagRecord, VersionRecord
from registry.evidence import KIND_OF_TAG
from registry.makers import person_of
from registry.models import Evidence, RedactionKind
from registry.permissions import CONTRIBUTE, REVIEW

TAG_OF_KIND: Final = {str(kind): tag for tag, kind in KIND_OF_TAG.items()}


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A piece of evidence. ``look`` is its state for ``outcome``, ``by_whom`` who says so.

    ``tags`` rest on it; ``claimable`` is the tag that this person may still rest on it.
    """

    piece: EvidenceRecord
    kind: str
    look: str
    by_whom: str
    tags: tuple[TagRecord, ...]
    claimable: str
    may_attest: bool
    redaction: RedactionRecord | None = None


def evidence_rows(
    record: VersionRecord, people: Mapping[UUID, User], user: User, held: Collection[str]
) -> tuple[EvidenceRow, ...]:
    """Return the rows, the latest first and what shows nothing any more last."""
    pieces = sorted(record.evidence, key=lambda piece: not piece.is_current)
    return tuple(_row(piece, record, people, user, held) for piece in pieces)


def _row(
    piece: EvidenceRecord,
    record: VersionRecord,
    people: Mapping[UUID, User],
    user: User,
    held: Collection[str],
) -> EvidenceRow:
    tags = tuple(tag for tag in record.tags if tag.evidence == piece.id)
    tag = TAG_OF_KIND.get(piece.kind, "")
    carried = {tag.name for tag in record.current_tags}
    makers = [people[key] for key in (piece.attached_by, record.created_by) if key in people]
    waits = piece.is_current and piece.outcome == "unattested"
    is_maker = _is_maker(user, makers)
    return EvidenceRow(
        piece=piece,
        kind=str(Evidence.Kind(piece.kind).label),
        look=_look(piece),
        by_whom=_by_whom(piece, people, waits=waits, is_maker=is_maker),
        tags=tags,
        claimable=tag if piece.holds and CONTRIBUTE in held and tag not in carried else "",
        redaction=record.redacted.get((RedactionKind.EVIDENCE.value, str(piece.id))),
        may_attest=waits and not is_maker and not user.is_service and _may_vouch(held),
    )


def _may_vouch(held: Collection[str]) -> bool:
    return CONTRIBUTE in held or REVIEW in held


def _is_maker(user: User, makers: Iterable[User]) -> bool:
    return person_of(user) in {person_of(maker) for maker in makers}


def _look(piece: EvidenceRecord) -> str:
    if piece.is_redacted:
        return "redacted"
    if piece.is_superseded:
        return "superseded"
    return "attested" if piece.attested_by and piece.outcome == "pass" else piece.outcome


def _by_whom(
    piece: EvidenceRecord, people: Mapping[UUID, User], *, waits: bool, is_maker: bool
) -> str:
    if piece.attested_by:
        return str(people[piece.attested_by])
    if waits:
        attached = people[piece.attached_by]
        return "You cannot attest your own" if is_maker else f"Somebody other than {attached}"
    return "Read from the file" if piece.outcome != "unattested" else "Nobody"
