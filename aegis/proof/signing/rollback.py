"""The rollback statement: who put which version back into Production, in place of which.

Signed like a promotion's, but afterwards: a rollback waits for nobody, so its statement is owed.
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

PREDICATE_TYPE: Final = "urn:aegis:rollback:v1"
TARGET: Final = "Production"


@dataclass(frozen=True, slots=True)
class Rollback:
    """What a rollback statement says. ``replaced`` is the number of the version that left."""

    model: str
    version: int
    manifest_digest: str
    transition: str
    sequence: int
    replaced: int | None
    person: str
    at: datetime


def sign_rollback(rollback: Rollback, *, signer: Signer) -> SignedBundle:
    """Sign the statement of a rollback, and verify it as anybody would."""
    bundle = sign_statement(rollback_statement(rollback), signer=signer)
    if verify_rollback(bundle.data, public_key_pem=bundle.public_key_pem) != rollback:
        raise _unexpected()
    return bundle


def verify_rollback(data: bytes, *, public_key_pem: str) -> Rollback:
    """Return the rollback that a bundle is about, which this key signed.

    Raises ``Unverified`` as ``bundle.verify_statement`` does, and with the code
    ``statement_unexpected`` for a statement that is of no rollback or says more than that.
    """
    statement = verify_statement(data, public_key_pem=public_key_pem)
    try:
        (subject,) = statement["subject"]
        model, _, number = subject["name"].rpartition("@v")
        # The signer's notice about itself is no part of what the rollback is.
        said = {name: value for name, value in statement["predicate"].items() if name != "aegis"}
        rollback = Rollback(
            model=model,
            version=int(number),
            manifest_digest=subject["digest"]["sha256"],
            transition=said["transition"],
            sequence=said["sequence"],
            replaced=said["replaced"],
            person=said["person"],
            at=datetime.fromisoformat(said["at"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unexpected() from error
    if not _is_possible(rollback) or {**statement, "predicate": said} != rollback_statement(
        rollback
    ):
        raise _unexpected()
    return rollback


def rollback_statement(rollback: Rollback) -> dict[str, Any]:
    """Return the in-toto statement of a rollback; its time is in UTC, to the microsecond."""
    at = rollback.at.astimezone(UTC).isoformat(timespec="microseconds")
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"{rollback.model}@v{rollback.version}",
                "digest": {"sha256": rollback.manifest_digest},
            }
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "transition": rollback.transition,
            "sequence": rollback.sequence,
            "target": TARGET,
            "replaced": rollback.replaced,
            "person": rollback.person,
            "at": at.replace("+00:00", "Z"),
        },
    }


def _is_possible(rollback: Rollback) -> bool:
    """Say whether everything is of the kind that it should be: a statement may hold anything."""
    texts: tuple[Any, ...] = (rollback.model, rollback.transition, rollback.person)
    counts: tuple[Any, ...] = (rollback.version, rollback.sequence, rollback.replaced or 1)
    return (
        all(isinstance(text, str) and text for text in texts)
        and all(type(count) is int and count > 0 for count in counts)
        and is_sha256(rollback.manifest_digest)
    )


def _unexpected() -> Unverified:
    return Unverified("statement_unexpected", "The signed statement is of no rollback.")
