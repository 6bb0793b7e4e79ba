"""Writing a version's card: private drafts, and published revisions that are kept."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import transaction

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Invalid
from registry import cards
from registry.derived_cards import derived_sections
from registry.locks import lock_version
from registry.models import CardDraft, CardRevision, ModelVersion
from registry.permissions import CONTRIBUTE, require
from registry.versions import require_not_failed


class Beginning(NamedTuple):
    """What an author begins with: the texts, the revision they rest on, and where they are from.

    ``origin`` is ``draft``, ``revision``, ``former`` (the card of the version before), ``derived``
    (that of the version it was converted from, marked) or ``empty``.
    """

    sections: dict[str, str]
    based_on: int
    origin: str


def current_card(version: ModelVersion) -> CardRevision | None:
    """Return the latest published revision of a version's card."""
    revisions = CardRevision.objects.filter(version=version).select_related("published_by")
    revision: CardRevision | None = revisions.order_by("-number").first()
    return revision


def beginning_for(version: ModelVersion, author: User) -> Beginning:
    """Return what the editor shows: the author's draft, the card, the former version's, nothing."""
    draft = CardDraft.objects.filter(version=version, author=author).first()
    if draft is not None:
        return Beginning(cards.check_sections(draft.sections), draft.based_on, "draft")
    if (revision := current_card(version)) is not None:
        return Beginning(cards.check_sections(revision.sections), revision.number, "revision")
    if version.source == ModelVersion.Source.CONVERSION:
        marked = derived_sections(version)
        return Beginning(cards.check_sections(marked), 0, "derived" if marked else "empty")
    former = (
        CardRevision.objects.filter(
            version__registered_model=version.registered_model_id,
            version__number__lt=version.number,
        )
        .order_by("-version__number", "-number")
        .first()
    )
    if former is not None:
        return Beginning(cards.check_sections(former.sections), 0, "former")
    return Beginning(cards.check_sections({}), 0, "empty")


@transaction.atomic
def save_draft(
    version: ModelVersion, *, actor: User, sections: Mapping[str, Any], based_on: int
) -> CardDraft:
    """Keep what ``actor`` is writing; nobody else sees it, so the audit log is silent about it."""
    require(actor, CONTRIBUTE, version.registered_model)
    require_not_failed(version)
    current = current_card(version)
    if _checked_number(based_on) > (current.number if current else 0):
        raise _unknown_revision()
    draft, _ = CardDraft.objects.update_or_create(
        version=version,
        author=actor,
        defaults={
            "sections": cards.check_sections(sections),
            "based_on": based_on,
        },
    )
    return draft


@transaction.atomic
def discard_draft(version: ModelVersion, *, actor: User) -> None:
    """Forget what ``actor`` was writing; none is no error."""
    CardDraft.objects.filter(version=version, author=actor).delete()


@verb
def publish_card(
    version: ModelVersion, *, actor: User, sections: Mapping[str, Any], based_on: int
) -> CardRevision:
    """Publish the next revision of a version's card; the author's draft is done with.

    ``based_on`` is the number of the revision that the author had before them, 0 for none. If
    another one was published since, ``Conflict`` with the code ``card_changed`` and that
    revision in its details.
    """
    version = lock_version(version)
    require(actor, CONTRIBUTE, version.registered_model)
    require_not_failed(version)
    texts = cards.check_sections(sections)
    current = current_card(version)
    _guard(texts, current, _checked_number(based_on))
    revision: CardRevision = CardRevision.objects.create(
        version=version,
        number=(current.number if current else 0) + 1,
        sections=texts,
        digest=cards.digest(texts),
        published_by=actor,
    )
    CardDraft.objects.filter(version=version, author=actor).delete()
    record(
        "card:published",
        actor=actor,
        about=revision,
        model_id=version.registered_model_id,
        data={
            "version": version.number,
            "number": revision.number,
            "digest": revision.digest,
            "is_complete": cards.completeness(texts).is_complete,
        },
    )
    return revision


def _guard(texts: Mapping[str, str], current: CardRevision | None, based_on: int) -> None:
    number = current.number if current else 0
    if based_on > number:
        raise _unknown_revision()
    if current is not None and based_on != number:
        raise _changed(texts, current)
    if not any(texts.values()):
        raise Invalid("card_empty", "A card without any text is not published.", field="sections")
    if current is not None and current.digest == cards.digest(texts):
        raise Conflict("card_unchanged", f"Revision {number} says exactly the same already.")


def _changed(texts: Mapping[str, str], current: CardRevision) -> Conflict:
    differing = [key for key, text in texts.items() if current.sections.get(key, "") != text]
    return Conflict(
        "card_changed",
        f"{current.published_by} published revision {current.number} while you were writing.",
        mend="Compare both texts, then publish again on that revision.",
        details={
            "number": current.number,
            "published_by": current.published_by.username,
            "published_at": current.published_at.isoformat(),
            "sections": current.sections,
            "differing": differing,
        },
    )


def _checked_number(based_on: object) -> int:
    if isinstance(based_on, bool) or not isinstance(based_on, int) or based_on < 0:
        raise _unknown_revision()
    return based_on


def _unknown_revision() -> Invalid:
    return Invalid(
        "revision_unknown",
        "A card is based on the number of one of its revisions, or on 0 for none.",
        field="based_on",
    )
