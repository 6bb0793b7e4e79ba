"""The inbox as its page draws it: one of four lists, in sections."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aegis.accounts.models import User
from approvals import inbox as inboxes
from approvals.inbox import InboxRow
from approvals.wording import counted, listed
from registry.models import Redaction, ScanWaiver
from registry.redaction_lists import redactions_for
from registry.waiver_lists import waivers_for


@dataclass(frozen=True, slots=True)
class Section:
    """Requests under one heading; without a heading it is the page's own list."""

    heading: str
    rows: tuple[InboxRow, ...]


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the lists, with how many requests it holds where that is known."""

    key: str
    label: str
    count: int | None
    is_current: bool
    attention: bool = False

    @property
    def address(self) -> str:
        """Return the address of the list."""
        return f"/reviews/?list={self.key}" if self.key else "/reviews/"


@dataclass(frozen=True, slots=True)
class InboxPage:
    """What the template draws; ``empty_…`` are the words where the list holds nothing.

    ``waivers`` and ``redactions`` wait for this person's word, and stand in the list of what does.
    """

    key: str
    tabs: tuple[Tab, ...]
    sections: tuple[Section, ...]
    waivers: tuple[ScanWaiver, ...]
    redactions: tuple[Redaction, ...]
    empty_heading: str
    empty_note: str

    @property
    def is_empty(self) -> bool:
        """Say whether what the list is about holds nothing; other sections may follow."""
        has_rows = any(section.rows and not section.heading for section in self.sections)
        return not (has_rows or self.waivers or self.redactions)


def inbox_page(user: User, key: str) -> InboxPage:
    """Return the list named ``key`` as ``user`` sees it; an unknown one is what needs them."""
    found = inboxes.inbox(user)
    waiting = (*found.waits_for_author, *found.waits_for_others)
    everything = (*found.needs_me, *waiting)
    mine = tuple(row for row in everything if row.request.requested_by_id == user.pk)
    lists: dict[str, Callable[[], tuple[Section, ...]]] = {
        "": lambda: _of_mine(found),
        "mine": lambda: (Section("", mine),),
        "open": lambda: (Section("", everything),),
        "decided": lambda: (Section("", inboxes.decided(user)),),
    }
    key = key if key in lists else ""
    waivers = tuple(waivers_for(user).order_by("proposed_at")) if key == "" else ()
    redactions = tuple(redactions_for(user).order_by("proposed_at")) if key == "" else ()
    mine_to_say = len(found.needs_me) + len(waivers) + len(redactions)
    counts = {"": mine_to_say, "mine": len(mine), "open": len(everything)}
    tabs = tuple(
        Tab(one, label, counts.get(one), is_current=one == key, attention=one == "")
        for one, label in _TABS.items()
    )
    sections = tuple(section for section in lists[key]() if section.rows)
    note = _note(found) if key == "" else _NOTES[key]
    return InboxPage(key, tabs, sections, waivers, redactions, _EMPTY[key], note)


_TABS: Final = {
    "": "Needs my review",
    "mine": "I requested",
    "open": "All open",
    "decided": "Decided",
}
_EMPTY: Final = {
    "": "Nothing needs your review",
    "mine": "You have not asked for anything that is under way",
    "open": "No promotion is asked for",
    "decided": "No request has ended yet",
}
_NOTES: Final = {
    "mine": "A version's page has a link to ask for its promotion.",
    "open": "Whoever contributes to a model can ask for a promotion on a version's page.",
    "decided": "Requests that were promoted, rejected or withdrawn are kept here.",
}


def _of_mine(found: inboxes.Inbox) -> tuple[Section, ...]:
    return (
        Section("", found.needs_me),
        Section("Waiting for the author", found.waits_for_author),
        Section("Waiting for others", found.waits_for_others),
    )


def _note(found: inboxes.Inbox) -> str:
    waits = [
        f"{counted(len(rows), 'request waits', 'requests wait')} for {whom}"
        for rows, whom in (
            (found.waits_for_author, "the author"),
            (found.waits_for_others, "other people"),
        )
        if rows
    ]
    return f"{listed(waits)}." if waits else "No promotion is asked for."
