"""The list of imports as one person sees it, a page at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q

from aegis.accounts.models import User
from aegis.pages.import_query import import_views, imports_of
from aegis.pages.import_view import ImportView
from aegis.pages.open_uploads import OpenUpload, load_open_uploads
from imports.models import ImportState

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A link to the list with one filter changed."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ImportsPage:
    """A page of imports; ``state`` and ``is_mine`` are what the reader chose."""

    page: Page[Any]
    views: list[ImportView]
    counts: Mapping[str, int]
    uploads: list[OpenUpload]
    state: str
    is_mine: bool

    @property
    def is_filtered(self) -> bool:
        """Say whether the reader chose among the imports."""
        return self.is_mine or bool(self.state)

    @property
    def whose(self) -> list[FilterLink]:
        """Return the links that choose whose imports are listed."""
        return [
            FilterLink("Everybody's", _address(self.state, is_mine=False), not self.is_mine),
            FilterLink("Mine", _address(self.state, is_mine=True), self.is_mine),
        ]

    @property
    def states(self) -> Iterator[FilterLink]:
        """Yield the links that choose a state."""
        for value, label in (("", "Any state"), *ImportState.choices):
            address = _address(value, is_mine=self.is_mine)
            yield FilterLink(str(label), address, value == self.state)


def load_imports_page(user: User, *, number: str, state: str, is_mine: bool) -> ImportsPage:
    """Return the imports that ``user`` sees, the newest first; an unknown state is none."""
    state = state if state in ImportState.values else ""
    seen = imports_of(user)
    counts = seen.order_by().aggregate(
        running=Count("pk", filter=Q(state=ImportState.RUNNING)),
        waiting=Count("pk", filter=Q(state=ImportState.WAITING)),
    )
    found = seen.filter(requested_by=user) if is_mine else seen
    found = found.filter(state=state) if state else found
    page = Paginator(found.defer("plan"), PER_PAGE).get_page(number)
    return ImportsPage(
        page=page,
        views=import_views(page.object_list),
        counts=counts,
        uploads=load_open_uploads(user),
        state=state,
        is_mine=is_mine,
    )


def _address(state: str, *, is_mine: bool) -> str:
    chosen = ({"mine": "1"} if is_mine else {}) | ({"state": state} if state else {})
    return f"?{urlencode(chosen)}" if chosen else "."
