"""How each outcome and state looks: its status, icon and word. Colour never speaks alone."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """``status`` colours (pass, warn, fail, open, idle), ``icon`` repeats it, ``word`` says it."""

    status: str
    icon: str
    word: str


LOOKS: Mapping[str, Mapping[str, Look]] = {
    "gate": {
        "pass": Look("pass", "pass", "Passed"),
        "warn": Look("warn", "warn", "Warning"),
        "fail": Look("fail", "fail", "Failed"),
        "error": Look("fail", "dismissed", "Could not be checked"),
    },
    "request": {
        "open": Look("open", "open", "Open"),
        "approved": Look("open", "open", "Approved, signing"),
        "promoting": Look("open", "open", "Promoting"),
        "promoted": Look("pass", "pass", "Promoted"),
        "rejected": Look("fail", "fail", "Rejected"),
        "withdrawn": Look("idle", "undo", "Withdrawn"),
        "stale": Look("warn", "dismissed", "Stale"),
        "expired": Look("warn", "clock", "Expired"),
        "failed": Look("fail", "fail", "Failed"),
    },
    "version": {
        "pending": Look("open", "open", "Importing"),
        "ready": Look("pass", "shield-check", "Signed"),
        "failed": Look("fail", "fail", "Failed"),
        "quarantined": Look("fail", "shield-off", "Quarantined"),
        "recalled": Look("fail", "fail", "Recalled"),
    },
    "scan": {
        "none": Look("idle", "clock", "Not scanned yet"),
        "data": Look("pass", "pass", "Data only"),
        "known": Look("pass", "shield-check", "Known code"),
        "waived": Look("warn", "warn", "Waived"),
        "inconclusive": Look("fail", "dismissed", "Cannot be read"),
        "unsafe": Look("fail", "fail", "May run code"),
        "dangerous": Look("fail", "shield-off", "Runs code"),
    },
    "global": {
        "dangerous": Look("fail", "fail", "Dangerous"),
        "unknown": Look("warn", "warn", "Not on the list"),
        "known": Look("pass", "pass", "Known"),
    },
    "waiver": {
        "waiting": Look("open", "open", "1 of 2 people"),
        "agreed": Look("warn", "warn", "In force"),
        "declined": Look("idle", "dismissed", "Declined"),
        "withdrawn": Look("idle", "undo", "Withdrawn"),
        "ended": Look("idle", "dismissed", "Ended"),
    },
    "evidence": {
        "pass": Look("pass", "pass", "Passed"),
        "fail": Look("fail", "fail", "Failed"),
        "attested": Look("pass", "pass", "Attested"),
        "unattested": Look("warn", "clock", "Unattested"),
        "superseded": Look("idle", "dismissed", "Superseded"),
        "redacted": Look("idle", "lock", "Redacted"),
    },
    "redaction": {
        "proposed": Look("open", "open", "1 of 2 people"),
        "declined": Look("idle", "dismissed", "Declined"),
        "withdrawn": Look("idle", "undo", "Withdrawn"),
        "underway": Look("warn", "clock", "Bytes are being removed"),
        "done": Look("pass", "pass", "Redacted"),
    },
    "verdict": {
        "approve": Look("pass", "check", "Approved"),
        "request_changes": Look("warn", "comment", "Changes requested"),
        "reject": Look("fail", "x", "Rejected"),
        "dismissed": Look("warn", "dismissed", "Dismissed"),
        "none": Look("idle", "clock", "Not decided"),
        "excluded": Look("idle", "lock", "Cannot decide"),
    },
    "signature": {
        "verified": Look("pass", "shield-check", "Verified"),
        "signed": Look("pass", "shield-check", "Signed"),
        "development": Look("warn", "shield-check", "Development key"),
        "owed": Look("warn", "clock", "Owed"),
        "unsigned": Look("idle", "shield-off", "Not signed"),
        "invalid": Look("fail", "shield-off", "Does not verify"),
        "compromised": Look("fail", "shield-off", "Compromised key"),
    },
    "key": {
        "active": Look("pass", "pass", "Signs"),
        "verify_only": Look("pass", "shield-check", "Verifies"),
        "development": Look("warn", "shield-check", "For development"),
        "retired": Look("idle", "archive", "Retired"),
        "compromised": Look("fail", "shield-off", "Compromised"),
        "unseen": Look("warn", "clock", "Not seen yet"),
    },
    "package": {
        "intact": Look("pass", "shield-check", "As recorded"),
        "damaged": Look("fail", "shield-off", "Other bytes"),
        "missing": Look("fail", "shield-off", "Not there"),
        "signature": Look("fail", "shield-off", "Signature does not hold"),
        "unverified": Look("idle", "clock", "Verified once"),
    },
    "news": {
        "newest": Look("pass", "pass", "Newest commit"),
        "newer": Look("warn", "warn", "Newer commit"),
        "refused": Look("warn", "dismissed", "Refused"),
        "failing": Look("warn", "clock", "No answer"),
        "unasked": Look("idle", "clock", "Not asked yet"),
        "pinned": Look("idle", "lock", "Pinned"),
        "elsewhere": Look("idle", "lock", "Another hub"),
    },
    "reading": {
        "agrees": Look("pass", "pass", "Names this version"),
        "outdated": Look("warn", "warn", "Names this digest, and is not up to date"),
        "other": Look("fail", "fail", "Names another digest"),
        "silent": Look("warn", "warn", "Names no version"),
        "unread": Look("idle", "clock", "Not read yet"),
    },
    "step": {
        "done": Look("pass", "pass", "done"),
        "running": Look("open", "open", "running"),
        "waiting": Look("idle", "stage-development", "not started"),
        "failed": Look("fail", "fail", "failed"),
        "stopped": Look("idle", "x", "cancelled"),
    },
    "message": {
        "success": Look("pass", "pass", "Done"),
        "info": Look("open", "info", "Note"),
        "debug": Look("idle", "info", "Note"),
        "warning": Look("warn", "warn", "Warning"),
        "error": Look("fail", "fail", "Error"),
    },
}

# From harmless to grave, with the words that count it: one, and more than one.
GATE_WORDS = {
    "pass": ("passed", "passed"),
    "warn": ("warning", "warnings"),
    "fail": ("failed", "failed"),
    "error": ("could not be checked", "could not be checked"),
}


def look(subject: str, value: str) -> Look:
    """Return how ``value`` of ``subject`` looks; an unknown value is shown as its own word."""
    key = str(value).lower().replace("-", "_")
    known = LOOKS[subject].get(key)
    return known or Look("idle", "idle", key.replace("_", " ").capitalize())


def outcome_words(outcomes: Iterable[str]) -> str:
    """Count gate outcomes by name: ``5 passed, 2 warnings``, never "5 of 7"."""
    counts = Counter(str(outcome) for outcome in outcomes)
    said = [
        f"{counts[outcome]} {words[counts[outcome] > 1]}"
        for outcome, words in GATE_WORDS.items()
        if counts[outcome]
    ]
    return ", ".join(said) or "no gates"


def worst(outcomes: Iterable[str]) -> str:
    """Return the gravest of the gate outcomes; ``pass`` where there are none."""
    order = list(GATE_WORDS)
    return max((str(outcome) for outcome in outcomes), key=order.index, default="pass")
