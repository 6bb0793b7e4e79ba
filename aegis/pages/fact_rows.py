"""The facts of a version as pages show them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aegis.pages.fact_values import entry_text, fact_text
from approvals.comparison import TABLES
from approvals.records import FactRecord
from registry.facts import FACTS

MOST: Final = 12
"""How many entries of a table stand open; the rest folds."""


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact in words; ``is_stated`` says that somebody recorded it after registration."""

    name: str
    title: str
    text: str
    is_code: bool
    fact: FactRecord

    @property
    def is_stated(self) -> bool:
        """Say whether it came after the version."""
        return self.fact.source == "stated"

    @property
    def is_from_origin(self) -> bool:
        """Say whether it was read where the version comes from."""
        return self.fact.source == "origin"


@dataclass(frozen=True, slots=True)
class FactTable:
    """Names and values of a fact that is a table of its own."""

    name: str
    title: str
    entries: tuple[tuple[str, str], ...]

    @property
    def first(self) -> tuple[tuple[str, str], ...]:
        """Return the entries that stand open."""
        return self.entries[:MOST]

    @property
    def rest(self) -> tuple[tuple[str, str], ...]:
        """Return the entries that fold."""
        return self.entries[MOST:]


def fact_rows(facts: Mapping[str, FactRecord]) -> tuple[FactRow, ...]:
    """Return the facts that are one value, in the order in which the registry knows them."""
    return tuple(
        FactRow(name, known.title, fact_text(facts[name].value), name in _CODE, facts[name])
        for name, known in FACTS.items()
        if name in facts and name not in _TABLES
    )


def fact_tables(facts: Mapping[str, FactRecord]) -> tuple[FactTable, ...]:
    """Return the facts that are tables."""
    return tuple(
        FactTable(
            name,
            FACTS[name].title,
            tuple((key, entry_text(value)) for key, value in sorted(facts[name].value.items())),
        )
        for name in _TABLES
        if name in facts and facts[name].value
    )


_TABLES: Final = (*TABLES, "model_signature", "run_tags")
_CODE: Final = frozenset({"dataset", "code_version", "source_uri", "source_revision"})
