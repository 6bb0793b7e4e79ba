"""What the page of a version's scan shows to one person, loaded in few queries."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from aegis.accounts.models import User
from aegis.pages.scan_view import FileLine, ScanView, scan_view
from aegis.pages.statuses import look
from approvals.record_query import load_record
from approvals.records import VersionRecord
from imports.models import Rescan
from imports.rescanning import UNDER_WAY
from registry.models import ModelVersion, Quarantine
from registry.permissions import CONTRIBUTE, MAINTAIN, permissions_of
from registry.waiver_guards import Waived, why_not_propose
from registry.waivers import waivers_of


@dataclass(frozen=True, slots=True)
class ScanPage:
    """A scan as one person sees it: ``rescan`` is the last job that looked or looks again."""

    record: VersionRecord
    view: ScanView | None
    waivers: tuple[Waived, ...]
    quarantines: tuple[Quarantine, ...]
    rescan: Rescan | None
    may_ask: bool
    may_propose: bool
    may_contribute: bool

    @property
    def lines(self) -> tuple[FileLine, ...]:
        """Return the files, the gravest first."""
        return self.view.lines if self.view else ()

    @property
    def blocking(self) -> tuple[FileLine, ...]:
        """Return the files over which nobody is given the version."""
        return tuple(line for line in self.lines if line.file.blocks and not line.waiver)

    @property
    def is_under_way(self) -> bool:
        """Say whether the files are being scanned again."""
        return self.rescan is not None and self.rescan.state in UNDER_WAY

    @property
    def counts(self) -> str:
        """Count the files by what was found: ``1 may run code, 3 data only``."""
        found = Counter(line.state for line in self.lines)
        return ", ".join(
            f"{count:,} {look('scan', state).word.lower()}" for state, count in found.items()
        )


def load_scan_page(version: ModelVersion, user: User) -> ScanPage:
    """Return what the page of the scan of ``version`` shows to ``user``."""
    record = load_record(version)
    held = permissions_of(user, version.registered_model)
    waivers = tuple(waivers_of(version))
    return ScanPage(
        record=record,
        view=_with_proposals(scan_view(record), record, waivers),
        waivers=waivers,
        quarantines=tuple(Quarantine.objects.filter(version=version, lifted_at=None)),
        rescan=Rescan.objects.filter(version=version).order_by("-requested_at").first(),
        may_ask=MAINTAIN in held and version.is_ready and version.recalled_at is None,
        may_propose=why_not_propose(version, user, held) is None,
        may_contribute=CONTRIBUTE in held,
    )


def _with_proposals(
    view: ScanView | None, record: VersionRecord, waivers: Iterable[Waived]
) -> ScanView | None:
    """Add to each file the waiver of it that waits for a second person."""
    if view is None or record.scan is None:
        return None
    waiting = [said for said in waivers if said.is_waiting]
    rules = record.scan.ruleset
    lines = tuple(
        replace(
            line,
            proposal=next((one.waiver for one in waiting if one.fits(rules, line.file)), None),
        )
        for line in view.lines
    )
    return replace(view, lines=lines)
