"""A repository's card: YAML between two lines of dashes, then Markdown (the hub's README.md).

Every plain value is read as text: no date, number or yes is made of what somebody wrote, no tag is
followed and no key merged, so a card can say nothing that runs, recurs or grows.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import yaml

LARGEST: Final = 2 * 1024**2
_DEPTH: Final = 32
_EVENTS: Final = 200_000
_ALIASES: Final = 100
_WORDS: Final = 1_000
_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
# As huggingface_hub finds the block.
_BLOCK: Final = re.compile(
    r"\A\s*---(?:\r\n|\r|\n)(.*?)(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|\Z)", re.DOTALL
)
_NOTHING: Final = frozenset({"", "~", "null", "none", "unknown"})


class UnfitCardError(Exception):
    """A card's YAML is not what a card's is."""


@dataclass(frozen=True, slots=True)
class HubCard:
    """A card: what its YAML says, its Markdown, and why the YAML could not be read, if so."""

    data: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""
    fault: str = ""

    def words(self, *keys: str) -> tuple[str, ...]:
        """Return what the first of ``keys`` that says something holds: a word or a list of them."""
        for key in keys:
            found = tuple(dict.fromkeys(islice(words_of(self.data.get(key)), _WORDS)))
            if found:
                return found
        return ()

    def word(self, *keys: str) -> str:
        """Return the one word that a key holds; nothing where it holds several."""
        found = self.words(*keys)
        return found[0] if len(found) == 1 else ""


def words_of(value: Any) -> Iterator[str]:
    """Yield the words in a value of YAML, without those that say nothing."""
    for item in value if isinstance(value, list) else [value]:
        word = " ".join(item.split()) if isinstance(item, str) else ""
        if word.lower() not in _NOTHING:
            yield word


def read_card(data: bytes) -> HubCard:
    """Return the card that a README.md holds, whatever it holds."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    found = _BLOCK.match(text)
    if not found:
        return HubCard(body=text)
    body = text[found.end() :]
    try:
        return HubCard(data=_read(found[1]), body=body)
    except (yaml.YAMLError, UnfitCardError, RecursionError, ValueError) as error:
        return HubCard(body=body, fault=_fault(error))


def _read(text: str) -> Mapping[str, Any]:
    _measure(text)
    found = yaml.load(text, Loader=_LOADER)  # noqa: S506 -- It builds text, lists and mappings.
    if isinstance(found, dict):
        return found
    if found is None or found == "":
        return {}
    raise UnfitCardError("it is no mapping of names and values")


def _measure(text: str) -> None:
    """Refuse what would take long to build, before anything is built."""
    depth = aliases = 0
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > _DEPTH or aliases > _ALIASES or count > _EVENTS:
            raise UnfitCardError("it is too large or too deep")


def _fault(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"its YAML is broken in line {error.problem_mark.line + 2}"
    return str(error) if isinstance(error, UnfitCardError) else "its YAML is broken"
