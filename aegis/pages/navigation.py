"""What stands in the top bar. An address that this site does not answer is left out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.urls import is_valid_path

from aegis.accounts.models import User
from approvals import inbox

ACCOUNT = "/account/"
APPEARANCE = "/account/appearance/"  # Keeps theme and shortcuts where no script does.
SUGGESTIONS = "/search/"  # Answers the list under the search field while somebody types.


@dataclass(frozen=True, slots=True)
class NavItem:
    """A place in the top bar; ``current`` is the value of ``aria-current``, or empty.

    ``count`` says how many things wait there for the person. It costs a query, and is
    called only when the bar is drawn; ``count_words`` completes the number.
    """

    label: str
    path: str
    current: str = ""
    count: Callable[[], int] | None = None
    count_words: str = ""


def addresses() -> dict[str, str]:
    """Return the addresses that every page links to; suggestions only where they are answered."""
    suggestions = SUGGESTIONS if is_valid_path(SUGGESTIONS) else ""
    return {"account": ACCOUNT, "appearance": APPEARANCE, "suggestions": suggestions}


def items_for(user: User, path: str) -> list[NavItem]:
    """Return the places of the top bar for ``user``, who is at ``path``."""
    items = [
        NavItem("Catalog", "/", _current(path, "/", "/models/", "/register/")),
        NavItem(
            "Reviews",
            "/reviews/",
            _current(path, "/reviews/"),
            count=partial(inbox.count_for, user),
            count_words="need your review",
        ),
        NavItem("Imports", "/imports/", _current(path, "/imports/")),
        NavItem("Audit", "/audit/", _current(path, "/audit/")),
    ]
    return [item for item in items if is_valid_path(item.path)]


def _current(path: str, address: str, *further: str) -> str:
    if path == address:
        return "page"
    below = further if address == "/" else (address, *further)
    return "true" if path.startswith(below) else ""
