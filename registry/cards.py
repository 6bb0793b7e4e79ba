"""The model card: its sections, when one counts as complete, and the digest of a revision."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from aegis.problems import Invalid
from aegis.sensitive.texts import plain_text

SECTION_LENGTH: Final = 20_000
SHORTEST: Final = 40


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the card: its key in JSON and forms, its title, and the help above its field.

    ``ask`` completes the sentence that tells the author of a missing section what to write.
    """

    key: str
    title: str
    help: str
    ask: str
    shortest: int = SHORTEST

    @property
    def anchor(self) -> str:
        """The section's id on a page."""
        return self.key.replace("_", "-")


SECTIONS: Final = (
    Section(
        "overview",
        "Overview",
        "What the model does, for whom, in three sentences a newcomer understands.",
        "Say what the model does and for whom.",
    ),
    Section(
        "business_use",
        "Business use case",
        "The decision it supports, who takes it, and what a wrong score costs.",
        "Say which decision it supports, who takes it and what a wrong score costs.",
    ),
    Section(
        "intended_use",
        "Intended use",
        "Populations, regions, channels and frequency it was built for.",
        "Say for which populations, regions, channels and frequency it was built.",
    ),
    Section(
        "out_of_scope",
        "Out-of-scope use",
        "What it must not be used for, even if it would work.",
        "Say what it must not be used for.",
    ),
    Section(
        "assumptions",
        "Assumptions",
        "What has to stay true for the scores to mean something.",
        "Say what has to stay true for the scores to mean something.",
    ),
    Section(
        "limitations",
        "Limitations",
        "Where it is weak, with numbers.",
        "Say where it is weak, with numbers.",
    ),
    Section(
        "risks",
        "Risks and mitigations",
        "What can go wrong for people and for us, and what we do about it.",
        "Say what can go wrong and what you do about it.",
    ),
    Section(
        "training_data",
        "Training data",
        "Source, period, size, how it was cleaned, what was left out.",
        "Say where the training data comes from, its period, size and cleaning.",
    ),
    Section(
        "evaluation",
        "Evaluation data and results",
        "On what it was measured, sizes, intervals, results by group.",
        "Say on what it was measured and what came out.",
    ),
    Section(
        "fairness",
        "Fairness",
        "Groups that were compared, the measure, the largest gap and why it is acceptable.",
        "Say which groups were compared, by what measure, and the largest gap.",
    ),
    Section(
        "personal_data",
        "Personal data and legal basis",
        "Which personal data was used, on what legal basis, how long it is kept.",
        "Say which personal data was used and on what legal basis, or why there is none.",
    ),
    Section(
        "dependencies",
        "Dependencies and environment",
        "What is needed to run it.",
        "Say what is needed to run it, with versions.",
    ),
    Section(
        "monitoring",
        "Monitoring plan",
        "What is watched in Production, how often, by whom, and when you would roll back.",
        "Say what is watched, how often and by whom, or why nothing needs watching.",
    ),
    Section(
        "contacts",
        "Contacts",
        "Owner, developer and validator, as people.",
        "Name the owner, the developer and the validator.",
        shortest=1,
    ),
)
BY_KEY: Final = {section.key: section for section in SECTIONS}

_PLACEHOLDER: Final = re.compile(
    r"\b(?:to be (?:defined|determined|done|decided)|tb[acd]|to ?do|n\.?/?a\.?|not applicable)"
    r"(?!\w)",
    re.IGNORECASE,
)
DERIVED: Final = "Derived, to be confirmed"
"""What marks a section that was taken over from the version that this one was converted from."""
_HIDDEN: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MARKUP: Final = re.compile(r"[#*_`~>|\[\]()\\-]+")


@dataclass(frozen=True, slots=True)
class Missing:
    """A section that does not count: why, and what to write."""

    section: Section
    reason: str

    @property
    def sentence(self) -> str:
        """The reason and what would mend it."""
        return f"{self.section.title} {self.reason}. {self.section.ask}"


@dataclass(frozen=True, slots=True)
class Completeness:
    """Which sections of a card count as complete, in the order of the card."""

    complete: tuple[Section, ...]
    missing: tuple[Missing, ...]

    @property
    def is_complete(self) -> bool:
        """Whether no section is missing."""
        return not self.missing


def check_sections(value: Any) -> dict[str, str]:
    """Return the text of every section, in the order of the card, or raise ``Invalid``.

    Sections that are not given are empty. Texts are composed (NFC), with a line feed as line end.
    """
    if not isinstance(value, Mapping):
        raise Invalid("card_invalid", "A card is an object of sections.", field="sections")
    unknown = sorted(str(key) for key in value.keys() - BY_KEY.keys())
    if unknown:
        raise Invalid(
            "card_section_unknown",
            f"A card has no section {unknown[0][:80]!r}.",
            field="sections",
            mend=f"The sections are {', '.join(BY_KEY)}.",
        )
    return {
        key: plain_text(
            value.get(key, ""), field=key, limit=SECTION_LENGTH, multiline=True, required=False
        )
        for key in BY_KEY
    }


def completeness(sections: Mapping[str, str]) -> Completeness:
    """Judge a card by the rule: no section is empty, too short, or only a placeholder."""
    reasons = {section: _fault(section, sections.get(section.key, "")) for section in SECTIONS}
    return Completeness(
        complete=tuple(section for section, reason in reasons.items() if reason is None),
        missing=tuple(Missing(section, reason) for section, reason in reasons.items() if reason),
    )


def digest(sections: Mapping[str, str]) -> str:
    """Return the identity of a revision: hex sha256 of the canonical JSON of its sections."""
    return hashlib.sha256(rfc8785.dumps(dict(sections))).hexdigest()


def _fault(section: Section, text: str) -> str | None:
    """Return why a text does not count as the section, or ``None`` if it does."""
    words = _words(_HIDDEN.sub(" ", text))
    if not words:
        return "is empty"
    if DERIVED.casefold() in words.casefold():
        return "is marked as derived and waits to be confirmed"
    if words in (_words(section.help), _words(section.ask)):
        return "holds only its help text"
    said = _words(_PLACEHOLDER.sub(" ", words))
    if _PLACEHOLDER.match(words) and len(said) < section.shortest:
        return "is only a placeholder, without a reason"
    if len(words) < section.shortest:
        return f"has {len(words)} of at least {section.shortest} characters"
    return None


def _words(text: str) -> str:
    """Return what a reader sees of a text: its words, by single spaces; nothing without a word."""
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    words = " ".join(_MARKUP.sub(" ", visible).split()).strip()
    return words if any(c.isalnum() for c in words) else ""
