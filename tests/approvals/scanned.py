"""Scans and waivers as gates read them, made without a database."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from approvals.scan_records import ScanRecord, WaiverRecord
from tests.approvals.samples import AT, COLLEAGUE, UPLOADER

RULESET = "aegis-1 test"
UNKNOWN = {
    "code": "unknown_global",
    "sentence": "It imports acme.Gate, which is not listed.",
    "place": "byte 41",
    "is_dangerous": False,
}
DANGEROUS = {
    "code": "dangerous_global",
    "sentence": "It calls posix.system, which runs a program.",
    "place": "byte 67",
    "is_dangerous": True,
}
TRAILING = {
    "code": "trailing_data",
    "sentence": "12 bytes follow the last tensor.",
    "place": "byte 912",
    "is_dangerous": False,
}


def file(path: str, verdict: str = "data", **changes: Any) -> dict[str, Any]:
    """Return a file of a report."""
    made = {
        "path": path,
        "sha256": hashlib.sha256(path.encode()).hexdigest(),
        "size": 12,
        "format": "safetensors",
        "verdict": verdict,
        "findings": [],
        "globals": [],
        "members": 0,
    }
    return {**made, **changes}


def pickle(path: str, verdict: str = "known", *findings: dict[str, Any]) -> dict[str, Any]:
    """Return a pickle of a report."""
    names = ["numpy.ndarray", "sklearn.svm.SVC"]
    return file(path, verdict, format="pickle", findings=list(findings), globals=names)


def scan(*files: dict[str, Any], **changes: Any) -> ScanRecord:
    """Return the record of a scan that found this."""
    order = ["data", "known", "inconclusive", "unsafe"]
    findings = json.dumps(list(files))
    made: dict[str, Any] = {
        "verdict": max((one["verdict"] for one in files), key=order.index),
        "ruleset": RULESET,
        "findings": findings,
        "findings_digest": hashlib.sha256(findings.encode()).hexdigest(),
        "file_count": len(files),
        "global_count": len({name for one in files for name in one["globals"]}),
        "scanned_at": AT,
    }
    return ScanRecord(**{**made, **changes})


def waiver(path: str, **changes: Any) -> WaiverRecord:
    """Return a waiver of two people that lasts ten days from the moment of the samples."""
    made: dict[str, Any] = {
        "path": path,
        "sha256": hashlib.sha256(path.encode()).hexdigest(),
        "ruleset": RULESET,
        "reason": "Gate is arithmetic.",
        "expires_at": AT + timedelta(days=10),
        "proposed_by": COLLEAGUE,
        "proposer": "Marc Delacroix",
        "approved_by": UPLOADER,
        "approver": "Rita Sandoval",
    }
    return WaiverRecord(**{**made, **changes})


def ago(**past: float) -> datetime:
    """Return a moment before that of the samples."""
    return AT - timedelta(**past)
