"""Line diffs of two texts, as pages show them: lines, and in them the words that changed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from registry.cards import SECTIONS, Section

CONTEXT: Final = 3
# Matching takes up to the cube of the length; beyond these a text counts as rewritten.
LINES: Final = 1_000
TOKENS: Final = 1_000
_TOKEN: Final = re.compile(r"\s+|\w+|[^\w\s]")
# Below this, two lines have so little in common that marking words would be noise.
_ALIKE: Final = 0.4


class LineKind(StrEnum):
    """What happened to a line; the value is the page's ``data-line``."""

    ADD = "add"
    REMOVE = "remove"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of words of a line, and whether the other text has it not."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diff."""

    kind: LineKind
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        """The whole line."""
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class SectionDiff:
    """What changed in one section of a card. It ``was_missing`` if the old text was blank."""

    section: Section
    lines: tuple[Line, ...]
    was_missing: bool


def diff_cards(old: Mapping[str, str], new: Mapping[str, str]) -> list[SectionDiff]:
    """Return the sections that differ between two revisions, in the order of the card."""
    return [
        SectionDiff(section, tuple(diff_lines(before, after)), was_missing=not before.strip())
        for section in SECTIONS
        if (before := old.get(section.key, "")) != (after := new.get(section.key, ""))
    ]


def diff_lines(old: str, new: str, *, context: int = CONTEXT) -> Iterator[Line]:
    """Yield the lines that changed between two texts, each with ``context`` lines around it."""
    before, after = old.splitlines(), new.splitlines()
    if max(len(before), len(after)) > LINES:
        yield from (Line(LineKind.REMOVE, (Span(line, is_changed=True),)) for line in before)
        yield from (Line(LineKind.ADD, (Span(line, is_changed=True),)) for line in after)
        return
    for group in SequenceMatcher(None, before, after).get_grouped_opcodes(context):
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                for line in before[start:end]:
                    yield Line(LineKind.SAME, (Span(line, is_changed=False),))
            else:
                yield from _changed(before[start:end], after[new_start:new_end])


def _changed(removed: list[str], added: list[str]) -> Iterator[Line]:
    pairs = [_words(old, new) for old, new in zip(removed, added, strict=False)]
    for index, line in enumerate(removed):
        spans = pairs[index][0] if index < len(pairs) else (Span(line, is_changed=True),)
        yield Line(LineKind.REMOVE, spans)
    for index, line in enumerate(added):
        spans = pairs[index][1] if index < len(pairs) else (Span(line, is_changed=True),)
        yield Line(LineKind.ADD, spans)


def _words(old: str, new: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return two lines as spans, in which the words that the other lacks are marked."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    matcher = SequenceMatcher(None, before, after)
    if max(len(before), len(after)) > TOKENS or matcher.ratio() < _ALIKE:
        return (Span(old, is_changed=True),), (Span(new, is_changed=True),)
    left, right = [], []
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        left.append(Span("".join(before[start:end]), is_changed=tag != "equal"))
        right.append(Span("".join(after[new_start:new_end]), is_changed=tag != "equal"))
    return tuple(span for span in left if span.text), tuple(span for span in right if span.text)
