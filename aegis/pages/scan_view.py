"""What pages show of the scan of a version: its verdict in words, its files, its waivers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from approvals.records import VersionRecord
from approvals.scan_records import WaiverRecord, waiver_of
from registry.models import ScanWaiver
from registry.scan_findings import ScannedFile

MOST_FILES = 8
"""How many files the panel of a version names before it leads to the page of the scan."""

_NAME = re.compile(r"[A-Za-z_][\w]*(?:\.[A-Za-z_][\w]*)+")
_WORDS = {
    "data": "Data only: loading it runs nothing.",
    "known": "What they name to be built or called is all on the list.",
    "unsafe": "Something in it may run code when it is loaded.",
    "inconclusive": "Not all of it could be read, so nothing is claimed.",
}


@dataclass(frozen=True, slots=True)
class GlobalGroup:
    """Names that pickles import, of one standing: dangerous, unknown, known."""

    standing: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a scan as a row shows it.

    ``waiver`` lets it through now; ``proposal`` would, if a second person agreed.
    """

    file: ScannedFile
    waiver: WaiverRecord | None
    proposal: ScanWaiver | None = None

    @property
    def state(self) -> str:
        """Return how it looks: its verdict, dangerous where nobody can waive it, or waived."""
        if self.waiver:
            return "waived"
        return "dangerous" if self.file.is_dangerous else self.file.verdict

    @property
    def groups(self) -> tuple[GlobalGroup, ...]:
        """Return what its pickles import, what matters most first."""
        return groups_of(self.file)


@dataclass(frozen=True, slots=True)
class ScanView:
    """The scan of a version; ``lines`` are its files, the gravest first."""

    state: str
    words: str
    lines: tuple[FileLine, ...]

    @property
    def first_lines(self) -> tuple[FileLine, ...]:
        """Return the files that a panel names."""
        return self.lines[:MOST_FILES]

    @property
    def further(self) -> int:
        """Return how many files the panel leaves out."""
        return max(0, len(self.lines) - MOST_FILES)


def scan_view(record: VersionRecord) -> ScanView | None:
    """Return what is shown of the latest scan of a version; None where there is none."""
    scan = record.scan
    if scan is None:
        return None
    now = timezone.now()
    lines = tuple(
        FileLine(file, waiver_of(file, scan.ruleset, record.waivers, now)) for file in scan.files
    )
    is_waived = any(line.waiver for line in lines)
    is_held = any(line.file.blocks and line.waiver is None for line in lines)
    state = "waived" if is_waived and not is_held else scan.verdict
    words = "Two people waive what the scan found." if state == "waived" else _WORDS[scan.verdict]
    return ScanView(state, words, lines)


def groups_of(file: ScannedFile) -> tuple[GlobalGroup, ...]:
    """Group the globals of a file by what its findings say of them."""
    dangerous = _named(one.sentence for one in file.findings if one.is_dangerous)
    unknown = _named(one.sentence for one in file.findings if not one.is_dangerous)
    standings: dict[str, list[str]] = {"dangerous": [], "unknown": [], "known": []}
    for name in file.globals:
        standing = "dangerous" if name in dangerous else "unknown" if name in unknown else "known"
        standings[standing].append(name)
    return tuple(
        GlobalGroup(standing, tuple(names)) for standing, names in standings.items() if names
    )


def _named(sentences: Iterable[str]) -> set[str]:
    return {name for sentence in sentences for name in _NAME.findall(sentence)}
