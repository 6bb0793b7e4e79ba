"""The signed list of recalled artifacts, by which anybody can refuse one without asking Aegis.

An in-toto statement in a Sigstore bundle, published at ``/.well-known/aegis/revocations.json``.
It names artifacts by the digest of their manifest alone, since names of models are not public.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import rfc8785

from aegis.proof.manifest import is_sha256
from aegis.proof.signing.bundle import (
    STATEMENT_TYPE,
    SignedBundle,
    sign_statement,
    verify_statement,
)
from aegis.proof.signing.refusals import Unverified
from aegis.proof.signing.signer import Signer

PREDICATE_TYPE: Final = "urn:aegis:revocations:v1"
SUBJECT: Final = "aegis-revocations"


@dataclass(frozen=True, slots=True)
class Revoked:
    """One recalled artifact: the hex sha256 of its manifest, and when it was recalled."""

    manifest_digest: str
    recalled_at: datetime


@dataclass(frozen=True, slots=True)
class Revocations:
    """A list as it is signed. ``number`` only grows, so that an older list is known as such.

    After ``expires_at`` a newer one must exist, and whoever still gets this one is being kept
    from the news.
    """

    number: int
    issued_at: datetime
    expires_at: datetime
    revoked: Sequence[Revoked]

    def names(self, manifest_digest: str) -> bool:
        """Say whether the artifact with this manifest was recalled."""
        return any(one.manifest_digest == manifest_digest for one in self.revoked)


def sign_revocations(revocations: Revocations, *, signer: Signer) -> SignedBundle:
    """Sign a list, and verify it as anybody would."""
    bundle = sign_statement(revocations_statement(revocations), signer=signer)
    verify_revocations(bundle.data, public_key_pem=bundle.public_key_pem)
    return bundle


def verify_revocations(data: bytes, *, public_key_pem: str) -> Revocations:
    """Return the list in a bundle that this key signed.

    Raises ``Unverified`` as ``bundle.verify_statement`` does, and with the code
    ``statement_unexpected`` for a statement that is no such list.
    """
    statement = verify_statement(data, public_key_pem=public_key_pem)
    try:
        if statement["predicateType"] != PREDICATE_TYPE:
            raise _unexpected()
        said = _read(statement["predicate"])
    except (KeyError, TypeError, ValueError) as error:
        raise _unexpected() from error
    if statement["subject"] != revocations_statement(said)["subject"]:
        raise _unexpected()
    return said


def revocations_statement(revocations: Revocations) -> dict[str, Any]:
    """Return the in-toto statement of a list, whose subject is the digest of its entries."""
    entries: list[Any] = [
        {"manifest": {"sha256": one.manifest_digest}, "recalledAt": _written(one.recalled_at)}
        for one in sorted(
            revocations.revoked, key=lambda one: (one.recalled_at, one.manifest_digest)
        )
    ]
    digest = hashlib.sha256(rfc8785.dumps(entries)).hexdigest()
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": SUBJECT, "digest": {"sha256": digest}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "number": revocations.number,
            "issuedAt": _written(revocations.issued_at),
            "expiresAt": _written(revocations.expires_at),
            "revoked": entries,
        },
    }


def _read(predicate: dict[str, Any]) -> Revocations:
    number = predicate["number"]
    entries = [
        Revoked(entry["manifest"]["sha256"], _instant(entry["recalledAt"]))
        for entry in predicate["revoked"]
    ]
    if type(number) is not int or not all(is_sha256(one.manifest_digest) for one in entries):
        raise _unexpected()
    issued, expires = _instant(predicate["issuedAt"]), _instant(predicate["expiresAt"])
    return Revocations(number, issued, expires, entries)


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise _unexpected()
    return at


def _unexpected() -> Unverified:
    return Unverified("statement_unexpected", "The signed statement is no list of revocations.")
