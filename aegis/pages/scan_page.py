"""What the page of a version's scan shows to one person, loaded in few queries."""

from dataclasses import dataclass
from typing import Any

from aegis.accounts.models import User
from aegis.pages.scan_view import FileLine, ScanView, scan_view
from approvals.record_query import load_record
from approvals.records import VersionRecord
from imports.models import Rescan
from imports.rescanning import UNDER_WAY
from registry.models import ModelVersion, Quarantine
from registry.permissions import MAINTAIN, permissions_of
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

    @property
    def lines(self) -> tuple[FileLine, ...]:
        """Return the files, the gravest first."""
        return self.view.lines if self.view else ()

    @property
    def is_under_way(self) -> bool:
        """Say whether the files are being scanned again."""
        return self.rescan is not None and self.rescan.state in UNDER_WAY

    @property
    def counts(self) -> dict[str, Any]:
        """Return how many files have each verdict."""
        found: dict[str, int] = {}
        for line in self.lines:
            found[line.file.verdict] = found.get(line.file.verdict, 0) + 1
        return found


def load_scan_page(version: ModelVersion, user: User) -> ScanPage:
    """Return what the page of the scan of ``version`` shows to ``user``."""
    record = load_record(version)
    held = permissions_of(user, version.registered_model)
    return ScanPage(
        record=record,
        view=scan_view(record),
        waivers=tuple(waivers_of(version)),
        quarantines=tuple(Quarantine.objects.filter(version=version, lifted_at=None)),
        rescan=Rescan.objects.filter(version=version).order_by("-requested_at").first(),
        may_ask=MAINTAIN in held and version.is_ready and version.recalled_at is None,
        may_propose=why_not_propose(version, user, held) is None,
    )
