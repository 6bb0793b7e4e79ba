"""The redaction statement: that a signed file was taken out of its package, when, by which people.

With it, and only with it, a verifier tells a file that was redacted from one that is missing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aegis.proof.manifest import is_sha256
from aegis.proof.signing.bundle import (
    STATEMENT_TYPE,
    SignedBundle,
    sign_statement,
    verify_statement,
)
from aegis.proof.signing.refusals import Unverified
from aegis.proof.signing.signer import Signer

PREDICATE_TYPE: Final = "urn:aegis:redaction:v1"


@dataclass(frozen=True, slots=True)
class RedactedFile:
    """What a redaction statement says. Digests are hex sha256; people are ids of accounts.

    ``reason`` is a code, since what a redaction is about is not to be repeated in public.
    """

    manifest_digest: str
    path: str
    sha256: str
    redaction: str
    reason: str
    proposed_by: str
    approved_by: str
    at: datetime


def sign_redaction(redacted: RedactedFile, *, signer: Signer) -> SignedBundle:
    """Sign the statement of a redaction, and verify it as anybody would."""
    bundle = sign_statement(redaction_statement(redacted), signer=signer)
    if verify_redaction(bundle.data, public_key_pem=bundle.public_key_pem) != redacted:
        raise _unexpected()
    return bundle


def verify_redaction(data: bytes, *, public_key_pem: str) -> RedactedFile:
    """Return what a bundle says that this key signed.

    Raises ``Unverified`` as ``bundle.verify_statement`` does, and with the code
    ``statement_unexpected`` for a statement that is of no redaction.
    """
    statement = verify_statement(data, public_key_pem=public_key_pem)
    try:
        if statement["predicateType"] != PREDICATE_TYPE:
            raise _unexpected()
        (subject,) = statement["subject"]
        said = statement["predicate"]
        redacted = RedactedFile(
            manifest_digest=said["manifest"]["sha256"],
            path=subject["name"],
            sha256=subject["digest"]["sha256"],
            redaction=said["redaction"],
            reason=said["reason"],
            proposed_by=said["proposedBy"],
            approved_by=said["approvedBy"],
            at=datetime.fromisoformat(said["at"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unexpected() from error
    if not _is_possible(redacted):
        raise _unexpected()
    return redacted


def redaction_statement(redacted: RedactedFile) -> dict[str, Any]:
    """Return the in-toto statement of a redaction; its time is in UTC, to the microsecond."""
    at = redacted.at.astimezone(UTC).isoformat(timespec="microseconds")
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": redacted.path, "digest": {"sha256": redacted.sha256}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "manifest": {"sha256": redacted.manifest_digest},
            "redaction": redacted.redaction,
            "reason": redacted.reason,
            "proposedBy": redacted.proposed_by,
            "approvedBy": redacted.approved_by,
            "at": at.replace("+00:00", "Z"),
        },
    }


def _is_possible(redacted: RedactedFile) -> bool:
    """Say whether two people stand by it, and everything is of the kind that it should be."""
    people = (redacted.proposed_by, redacted.approved_by)
    # A signed statement may hold anything, so the types say nothing here.
    texts: tuple[Any, ...] = (redacted.path, redacted.redaction, redacted.reason, *people)
    return (
        all(isinstance(text, str) and text for text in texts)
        and is_sha256(redacted.manifest_digest)
        and is_sha256(redacted.sha256)
        and people[0] != people[1]
        and redacted.at.tzinfo is not None
    )


def _unexpected() -> Unverified:
    return Unverified("statement_unexpected", "The signed statement is of no redaction.")
