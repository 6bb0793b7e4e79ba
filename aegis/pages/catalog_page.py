"""The catalog as its page shows it: filters as chips, and the addresses that change them. Pure."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.http import QueryDict

from registry.catalog_filters import FIELDS
from registry.models import ModelVersion
from registry.search import Page, Row

SORTS: Final = {"relevance": "Best match", "updated": "Recently updated", "name": "Name"}


def asked(parameters: QueryDict) -> dict[str, Any]:
    """Return what the parameters of an address ask of the catalog."""
    words = parameters.get("q", "")
    usual = "" if words.strip() else "updated"
    return {
        "q": words,
        **{name: parameters.getlist(name) for name in FIELDS},
        "sort": parameters.get("sort", "") or usual,
        "cursor": parameters.get("cursor", ""),
    }


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that holds, and the address without it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class CatalogPage:
    """A page of the catalog; ``cursor`` is where it begins."""

    page: Page
    cursor: str = ""

    @property
    def chips(self) -> list[Chip]:
        """Return the filters that hold, the words first."""
        labels = {
            (facet.name, choice.value): choice.label
            for facet in self.page.facets
            for choice in facet.choices
        }
        chips = [
            Chip(labels.get(wanted, wanted[1]), self.address(without=wanted))
            for wanted in self.page.filters.active
        ]
        words = self.page.filters.q
        return [Chip(f"“{words}”", self.address(without=("q", words))), *chips] if words else chips

    @property
    def sorts(self) -> list[tuple[str, str, bool]]:
        """Return the orders that make sense now, each with whether it holds.

        The usual one is empty, so that words which are typed next bring the best match first.
        """
        words = self.page.filters.words
        usual = "relevance" if words else "updated"
        return [
            ("" if name == usual else name, title, name == self.page.sort)
            for name, title in SORTS.items()
            if words or name != "relevance"
        ]

    @property
    def rows(self) -> list["ShownRow"]:
        """Return the rows with the version that each one speaks of."""
        return [shown_row(row) for row in self.page.rows]

    @property
    def is_empty_registry(self) -> bool:
        """Say whether there is nothing at all that this person may see."""
        return not self.page.rows and not self.chips and not self.cursor

    @property
    def next_url(self) -> str:
        """Return the address of the next page; empty on the last one."""
        return self.address(cursor=self.page.next_cursor) if self.page.next_cursor else ""

    @property
    def first_url(self) -> str:
        """Return the address of the first page; empty on it."""
        return self.address() if self.cursor else ""

    def address(self, *, without: tuple[str, str] | None = None, cursor: str = "") -> str:
        """Return the address of this page, perhaps without one filter or further on."""
        filters = self.page.filters
        wanted = [("q", filters.q)] if filters.q else []
        kept = [pair for pair in [*wanted, *filters.active] if pair != without]
        has_words = any(name == "q" for name, _ in kept)
        usual = "relevance" if has_words else "updated"
        if self.page.sort != usual and (has_words or self.page.sort != "relevance"):
            kept.append(("sort", self.page.sort))
        if cursor:
            kept.append(("cursor", cursor))
        return f"/?{urlencode(kept)}" if kept else "/"


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row: the version that it speaks of, None where there is none, and where that is."""

    row: Row
    version: ModelVersion | None
    where: str


def shown_row(row: Row) -> ShownRow:
    """Return a row that speaks of the version closest to users."""
    if row.production:
        return ShownRow(row, row.production, "Production")
    if row.staging:
        return ShownRow(row, row.staging, "Staging, none in Production")
    if row.latest is None:
        return ShownRow(row, None, "")
    return ShownRow(row, row.latest, row.latest.get_stage_display())
