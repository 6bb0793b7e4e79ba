"""One way to ask for a scan in these tests: bytes, under a name, as what a scan says of them."""

import io

from imports.scanning.engine import scan_file
from imports.scanning.findings import FileFindings
from imports.scanning.verdicts import Verdict

BLOCKED = frozenset({Verdict.UNSAFE, Verdict.INCONCLUSIVE})


def scan(data: bytes, name: str = "model") -> FileFindings:
    return scan_file(io.BytesIO(data), path=name, size=len(data))


def codes(found: FileFindings) -> set[str]:
    return {finding.code for finding in found.findings}


def is_dangerous(found: FileFindings) -> bool:
    return any(finding.is_dangerous for finding in found.findings)
