"""What was found in a version's files, and what two people let through, as gates read it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from registry.scan_findings import ScannedFile, gravest_first


@dataclass(frozen=True)
class ScanRecord:
    """The latest scan of a version; ``findings`` is the JSON of its report."""

    verdict: str
    ruleset: str
    findings: str
    findings_digest: str
    file_count: int
    global_count: int
    scanned_at: datetime

    @cached_property
    def files(self) -> tuple[ScannedFile, ...]:
        """Return what was found in each file, the gravest first."""
        return tuple(gravest_first(map(ScannedFile.read, json.loads(self.findings))))

    @property
    def blocking(self) -> tuple[ScannedFile, ...]:
        """Return the files that block the version unless they are waived."""
        return tuple(file for file in self.files if file.blocks)


@dataclass(frozen=True, slots=True)
class WaiverRecord:
    """A waiver that two people agreed on and nobody ended; its date may have passed."""

    path: str
    sha256: str
    ruleset: str
    reason: str
    expires_at: datetime
    proposed_by: UUID
    proposer: str
    approved_by: UUID
    approver: str

    def covers(self, file: ScannedFile, ruleset: str, at: datetime) -> bool:
        """Say whether it lets the file through at that moment."""
        about = (self.path, self.sha256, self.ruleset)
        is_about_it = about == (file.path, file.sha256, ruleset)
        return is_about_it and file.can_be_waived and at < self.expires_at


def waiver_of(
    file: ScannedFile, ruleset: str, waivers: Sequence[WaiverRecord], at: datetime
) -> WaiverRecord | None:
    """Return the waiver that lets the file through at that moment, the longest one."""
    covering = [waiver for waiver in waivers if waiver.covers(file, ruleset, at)]
    return max(covering, key=lambda waiver: waiver.expires_at, default=None)
