"""What can be redacted: how each kind is found, and how its body becomes a tombstone.

Upper layers add kinds of theirs, such as the comments of a discussion.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from aegis.problems import NotFound
from registry.models import (
    ArtifactFile,
    CardDraft,
    CardRevision,
    Evidence,
    ModelVersion,
    Redaction,
    RedactionKind,
)


@dataclass(frozen=True, slots=True)
class Target:
    """Something that can be redacted, as it is now.

    ``title`` names it without showing it; ``digest`` is the SHA-256 that stays, over ``salt`` and
    the text where there is a salt. ``texts`` are what is to be found nowhere any more.
    """

    key: str
    title: str
    digest: str
    redaction: UUID | None
    path: str
    salt: str = ""
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Redactable:
    """A kind: ``find`` its target in a version, ``empty`` the row once two people agreed.

    Where ``has_bytes``, bytes leave the store afterwards, by a job; ``consequence`` says on pages
    what follows from it.
    """

    find: Callable[[ModelVersion, str], Target]
    empty: Callable[[Redaction], None]
    consequence: str
    has_bytes: bool = False


_kinds: Final[dict[str, Redactable]] = {}


def can_redact(kind: RedactionKind, redactable: Redactable) -> None:
    """Register what can be redacted."""
    _kinds[kind] = redactable


def redactable(kind: str) -> Redactable:
    """Return how a kind is redacted; raise ``NotFound`` for a word that is none."""
    if kind not in _kinds:
        raise NotFound("redaction_kind_unknown", f"Nothing of the kind {kind[:40]!a} is redacted.")
    return _kinds[kind]


def find_target(version: ModelVersion, kind: str, key: str) -> Target:
    """Return what ``kind`` and ``key`` name in a version, or raise ``NotFound``."""
    return redactable(kind).find(version, key)


def by_key(rows: Any, key: str) -> Any:
    """Return the row whose UUID ``key`` says, or raise ``NotFound``."""
    try:
        row = rows.filter(pk=UUID(key)).first()
    except ValueError:
        row = None
    if row is None:
        raise NotFound("redaction_target_not_found", "There is nothing of that key here.")
    return row


def page_of(version: ModelVersion, further: str = "") -> str:
    """Return the path of a version's page, or of one below it."""
    return f"/models/{version.registered_model.name}/versions/{version.number}/{further}"


def _card(version: ModelVersion, key: str) -> Target:
    card: CardRevision = by_key(CardRevision.objects.filter(version=version), key)
    return Target(
        key=str(card.pk),
        title=f"Revision {card.number} of the model card",
        digest=card.digest,
        redaction=card.redaction_id,
        path=page_of(version, f"card/?revision={card.number}"),
        texts=tuple(text for text in card.sections.values() if text),
    )


def _empty_card(redaction: Redaction) -> None:
    CardRevision.objects.filter(pk=redaction.target).update(sections={}, redaction=redaction)
    # What people are writing began from it, so the secret may be in any of it.
    CardDraft.objects.filter(version=redaction.version_id).delete()


def _evidence(version: ModelVersion, key: str) -> Target:
    piece: Evidence = by_key(Evidence.objects.filter(version=version), key)
    return Target(
        key=str(piece.pk),
        title=f"{piece.get_kind_display()}, attached by {piece.attached_by}",
        digest=piece.sha256,
        redaction=piece.redaction_id,
        path=page_of(version),
        texts=tuple(text for text in (piece.title, piece.file_name) if text),
    )


def _empty_evidence(redaction: Redaction) -> None:
    Evidence.objects.filter(pk=redaction.target).update(
        title="", file_name="", findings={}, redaction=redaction
    )


def _file(version: ModelVersion, key: str) -> Target:
    file = None if "\0" in key else ArtifactFile.objects.filter(version=version, path=key).first()
    if file is None or version.state != "ready":
        raise NotFound("redaction_target_not_found", "The version has no file of that path.")
    return Target(
        key=file.path,
        title=file.path,
        digest=file.sha256,
        redaction=file.redaction_id,
        path=page_of(version, "files/"),
    )


def _empty_file(redaction: Redaction) -> None:
    ArtifactFile.objects.filter(version=redaction.version_id, path=redaction.target).update(
        offset=None, members=None, redaction=redaction
    )


can_redact(
    RedactionKind.CARD_REVISION,
    Redactable(
        _card,
        _empty_card,
        "All sections of this revision go, and all drafts of this version's card with them. "
        "If it is the latest one, the card is incomplete until somebody publishes another.",
    ),
)
can_redact(
    RedactionKind.EVIDENCE,
    Redactable(
        _evidence,
        _empty_evidence,
        "Its file, title and findings go. No gate and no compliance tag rests on it any more.",
        has_bytes=True,
    ),
)
can_redact(
    RedactionKind.FILE,
    Redactable(
        _file,
        _empty_file,
        "Nobody is given the file from that moment on, and the package is written anew without "
        "it. Its path, size and digest stay in the signed manifest.",
        has_bytes=True,
    ),
)
