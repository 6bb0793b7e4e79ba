"""The hash chain of the audit log: how an entry becomes bytes, and how a chain is checked.

Nothing here needs the database or Django, so that an export can be verified offline.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

GENESIS: Final = bytes(32)
SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is stored: its place, its canonical bytes, and the two hashes (raw)."""

    seq: int
    body: bytes
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class BadEntry:
    """The first entry of a chain that does not hold, and why."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """How far a chain holds: the last good entry and its hash, and the first bad one if any."""

    seq: int
    hash: bytes
    bad: BadEntry | None


@dataclass(frozen=True, slots=True)
class SaltedDigest:
    """What the log keeps of a free text: enough to prove it later, nothing to read it from."""

    salt: str
    sha256: str


def canonical(body: Mapping[str, Any]) -> bytes:
    """Return the bytes of an entry: canonical JSON (RFC 8785) in UTF-8."""
    return rfc8785.dumps(dict(body))


def entry_hash(previous_hash: bytes, body: bytes) -> bytes:
    """Return the raw SHA-256 of the hash before (``GENESIS`` for the first entry) and the body."""
    return hashlib.sha256(previous_hash + body).digest()


def salted_digest(text: str) -> SaltedDigest:
    """Return the digest of a free text under a new salt."""
    salt = secrets.token_bytes(SALT_BYTES)
    return SaltedDigest(salt.hex(), hashlib.sha256(salt + text.encode()).hexdigest())


def is_digest_of(text: str, digest: SaltedDigest) -> bool:
    """Say whether the log's digest is the one of this text."""
    found = hashlib.sha256(bytes.fromhex(digest.salt) + text.encode()).hexdigest()
    return secrets.compare_digest(found, digest.sha256)


def check(
    entries: Iterable[Entry], *, after_seq: int = 0, after_hash: bytes = GENESIS
) -> ChainCheck:
    """Check ``entries``, in order, up to the first one that does not hold.

    They must go on from the entry ``after_seq``, whose hash is ``after_hash``; by default they
    are the log from its beginning. Flat memory.
    """
    seq, previous_hash = after_seq, after_hash
    for entry in entries:
        reason = _fault(entry, seq, previous_hash)
        if reason:
            return ChainCheck(seq, previous_hash, BadEntry(seq + 1, reason))
        seq, previous_hash = entry.seq, entry.hash
    return ChainCheck(seq, previous_hash, None)


def _fault(entry: Entry, seq: int, previous_hash: bytes) -> str | None:
    if entry.seq != seq + 1:
        return f"the entry is missing: after {seq} comes {entry.seq}"
    if entry.previous_hash != previous_hash:
        return "it does not carry the hash of the entry before"
    if entry.hash != entry_hash(previous_hash, entry.body):
        return "its hash is not the one of its body"
    if not _is_canonical(entry.body):
        return "its body is not canonical JSON"
    return None


def _is_canonical(body: bytes) -> bool:
    try:
        return rfc8785.dumps(json.loads(body)) == body
    except (ValueError, rfc8785.CanonicalizationError, RecursionError):
        return False
