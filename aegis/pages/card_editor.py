"""The card editor: what each section lacks, what changed, and what somebody published meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.forms import BoundField

from aegis.pages.card_view import SectionView, section_views
from aegis.pages.forms.cards import CardForm
from registry import cards
from registry.models import CardDraft, CardRevision, ModelVersion
from registry.text_diffs import SectionDiff, diff_cards

ORIGINS = {
    "draft": "You go on with your draft. Nobody else sees it.",
    "revision": "It begins as the card that is published now.",
    "derived": "It begins as the card of the version that it was converted from. Each section says "
    "so, and counts once you took that line away.",
    "former": "It begins as the card of the version before. Read it again, this is another one.",
    "empty": "Nothing is written yet. Publish once you have something that others should read.",
}


@dataclass(frozen=True, slots=True)
class SectionField:
    """A section of the editor: its field, why it does not count, whether it was changed."""

    section: cards.Section
    field: BoundField
    missing: str
    is_changed: bool

    @property
    def is_open(self) -> bool:
        """Say whether it needs attention."""
        return bool(self.missing) or bool(self.field.errors)

    @property
    def status(self) -> str:
        """Return how it stands."""
        return "warn" if self.missing else "open" if self.is_changed else "pass"

    @property
    def note(self) -> str:
        """Return the beginning of its text, or why it does not count."""
        text = " ".join(str(self.field.value() or "").split())
        return f"{self.missing.capitalize()}" if self.missing else text[:90]


@dataclass(frozen=True, slots=True)
class Conflict:
    """What somebody published while the author wrote: the sections where the texts differ."""

    number: int
    diffs: tuple[SectionDiff, ...]


@dataclass(frozen=True, slots=True)
class CardEditor:
    """The editor of a version's card, with the revision that is published now."""

    version: ModelVersion
    form: CardForm
    current: CardRevision | None
    origin: str
    draft: CardDraft | None = None
    approvals: tuple[Any, ...] = ()
    is_preview: bool = False
    preview: tuple[SectionView, ...] = field(default=())

    @property
    def next_number(self) -> int:
        """Return the number that the text gets when it is published."""
        return (self.current.number if self.current else 0) + 1

    @property
    def completeness(self) -> cards.Completeness:
        """Return which sections count, as they are written now."""
        return cards.completeness(self.form.sections)

    @property
    def sections(self) -> tuple[SectionField, ...]:
        """Return the sections with their fields."""
        missing = {one.section.key: one.reason for one in self.completeness.missing}
        published: Mapping[str, str] = self.current.sections if self.current else {}
        texts = self.form.sections
        return tuple(
            SectionField(
                section,
                self.form[section.key],
                missing.get(section.key, ""),
                self.current is not None
                and _unix(texts[section.key]) != published.get(section.key, ""),
            )
            for section in cards.SECTIONS
        )

    @property
    def changed(self) -> int:
        """Return how many sections differ from what is published."""
        return sum(section.is_changed for section in self.sections)

    @property
    def changes(self) -> list[SectionDiff]:
        """Return what differs from what is published."""
        texts = {key: _unix(text) for key, text in self.form.sections.items()}
        return diff_cards(self.current.sections if self.current else {}, texts)

    @property
    def conflict(self) -> Conflict | None:
        """Return what was published since the text was begun, if publishing found or finds that."""
        refusal = self.form.refusal
        was_refused = refusal is not None and refusal.code == "card_changed"
        if self.current is None or not (was_refused or self._is_outdated):
            return None
        mine = {key: _unix(text) for key, text in self.form.sections.items()}
        return Conflict(self.current.number, tuple(diff_cards(self.current.sections, mine)))

    @property
    def _is_outdated(self) -> bool:
        """Say whether a draft that is opened again rests on an earlier revision."""
        if self.form.is_bound or self.current is None:
            return False
        return bool(self.form.initial["based_on"] != self.current.number)

    @property
    def begins_as(self) -> str:
        """Say where the text comes from."""
        return ORIGINS.get(self.origin, "")


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def previewed(form: CardForm) -> tuple[SectionView, ...]:
    """Return the sections as readers would see them."""
    return section_views(form.sections)
