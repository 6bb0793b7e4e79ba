"""A published card as pages show it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.safestring import SafeString

from registry import cards
from registry.markdown import to_html
from registry.models import CardRevision, ModelVersion


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section: its title, its text as HTML that is safe, and why it does not count, if so."""

    section: cards.Section
    html: SafeString
    missing: str


@dataclass(frozen=True, slots=True)
class CardView:
    """A revision of the card of ``version``."""

    version: ModelVersion
    revision: CardRevision
    sections: tuple[SectionView, ...]

    @property
    def complete(self) -> int:
        """Return how many sections count."""
        return sum(not view.missing for view in self.sections)


def card_view(version: ModelVersion, revision: CardRevision) -> CardView:
    """Return how a revision is shown."""
    return CardView(version, revision, section_views(revision.sections))


def section_views(texts: Mapping[str, str]) -> tuple[SectionView, ...]:
    """Return the sections of a card, also of one that nobody published."""
    missing = {one.section.key: one.reason for one in cards.completeness(texts).missing}
    return tuple(
        SectionView(
            section,
            # The renderer lets through what is safe only.
            SafeString(to_html(texts.get(section.key, ""))),
            missing.get(section.key, ""),
        )
        for section in cards.SECTIONS
    )
