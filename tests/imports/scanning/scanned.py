"""Scans in the test's own process, of bytes in memory."""

import io
from typing import Final

from imports.scanning.engine import scan_file
from imports.scanning.findings import FileFindings
from imports.scanning.limits import Limits

LIMITS: Final = Limits(seconds=120.0)


def scanned(data: bytes, path: str = "model.pkl", *, limits: Limits = LIMITS) -> FileFindings:
    """Return what a scan says of a file with these bytes."""
    return scan_file(io.BytesIO(data), path=path, size=len(data), limits=limits)


def codes(found: FileFindings) -> set[str]:
    """Return the codes of what was found."""
    return {finding.code for finding in found.findings}
