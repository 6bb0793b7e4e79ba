"""Lists are read page by page along a cursor."""

import re
from typing import Any, Final

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor as Place
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from aegis.problems import Invalid

USUAL_PAGE: Final = 50
LARGEST_PAGE: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


class NumberCursor(CursorPagination):
    """Pages along a number of the rows: ``next`` and ``previous`` are whole addresses."""

    page_size_query_param = "page_size"

    def get_page_size(self, request: Request) -> int:
        """Return the wanted length of a page, or refuse one that no page has."""
        return page_size(request)

    def decode_cursor(self, request: Request) -> Place | None:
        """Return the place that the cursor names; one that we did not make is refused."""
        try:
            place: Any = super().decode_cursor(request)
        except NotFound:
            raise _invalid() from None
        if place is not None and place.position is not None:
            position = str(place.position)
            if not _NUMBER.fullmatch(position):
                raise _invalid()
        found: Place | None = place
        return found


def page_size(request: Request) -> int:
    """Return how many rows a page is to have, at most a hundred."""
    asked = request.query_params.get("page_size", str(USUAL_PAGE))
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= LARGEST_PAGE):
        raise Invalid(
            "page_size_invalid",
            f"page_size must be between 1 and {LARGEST_PAGE}.",
            field="page_size",
        )
    return int(asked)


def _invalid() -> Invalid:
    return Invalid(
        "cursor_invalid",
        "This cursor names no place in the list.",
        field="cursor",
        mend="Take the address of “next” as it is, or begin without a cursor.",
    )
