"""The rollback statement: who put which version back into Production, in place of which.

Signed like a promotion's, but afterwards: a rollback waits for nobody, so its statement is owed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aegis.proof.signing.bundle import (
    STATEMENT_TYPE,
    SignedBundle,
    sign_statement,
    verify_statement,
)
from aegis.proof.signing.refusals import Unverified
from aegis.proof.signing.signer import Signer

PREDICATE_TYPE: Final = "urn:aegis:rollback:v1"


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
    verify_rollback(bundle.data, rollback, public_key_pem=bundle.public_key_pem)
    return bundle


def verify_rollback(data: bytes, rollback: Rollback, *, public_key_pem: str) -> dict[str, Any]:
    """Return the statement of a bundle that this key signed for exactly this rollback.

    Raises ``Unverified`` as ``bundle.verify_statement`` does, and with the code
    ``statement_unexpected`` if it says anything else.
    """
    statement = verify_statement(data, public_key_pem=public_key_pem)
    said = dict(statement)
    if isinstance(said.get("predicate"), dict):
        # The signer's notice about itself is no part of what the rollback is.
        said["predicate"] = {k: v for k, v in said["predicate"].items() if k != "aegis"}
    if said != rollback_statement(rollback):
        code = "statement_unexpected"
        raise Unverified(code, "The signature is for another rollback than this one.")
    return statement


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
            "target": "Production",
            "replaced": rollback.replaced,
            "person": rollback.person,
            "at": at.replace("+00:00", "Z"),
        },
    }
