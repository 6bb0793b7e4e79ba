"""What happened around a request, as entries of a timeline. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.safestring import SafeString

from approvals.timeline import Entry
from registry.markdown import to_html

# Each kind with its icon and status; a state in which a request ended comes last.
_LOOKS: Final = {
    "asked": ("arrow-up", "open"),
    "approve": ("check", "pass"),
    "request_changes": ("comment", "warn"),
    "reject": ("x", "fail"),
    "comment": ("comment", ""),
    "card": ("file", ""),
    "evidence": ("file", ""),
    "attested": ("check", ""),
    "dismissed": ("dismissed", "warn"),
    "taken_back": ("undo", "warn"),
    "signed": ("shield-check", "pass"),
    "moved": ("stage-production", "pass"),
    "withdrawn": ("undo", "idle"),
    "stale": ("dismissed", "warn"),
    "expired": ("clock", "warn"),
    "failed": ("fail", "fail"),
}
_PLAIN: Final = frozenset({"withdrawn", "stale", "expired", "failed"})


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry with its icon and status; ``html`` is what somebody wrote, made safe."""

    entry: Entry
    icon: str
    status: str
    html: SafeString


def marks(entries: Iterable[Entry]) -> list[Mark]:
    """Return the entries as they are drawn; outcomes are sentences of ours, no Markdown."""
    return [
        Mark(
            entry,
            *_LOOKS.get(entry.kind, ("info", "")),
            SafeString(to_html(entry.body)) if entry.kind not in _PLAIN else SafeString(""),
        )
        for entry in entries
    ]
