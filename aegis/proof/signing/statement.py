"""The promotion statement: who approved what, under which policy, for which stage.

An in-toto statement of its own, signed like the artifact's, so that a promotion can be shown to
somebody who has no access to the registry.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aegis.problems import Invalid
from aegis.proof.signing.bundle import (
    STATEMENT_TYPE,
    SignedBundle,
    sign_statement,
    verify_statement,
)
from aegis.proof.signing.refusals import Unverified
from aegis.proof.signing.signer import Signer

PREDICATE_TYPE: Final = "urn:aegis:promotion:v1"


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval that counted: ids of the person and the decision, and when it was given."""

    person: str
    decision: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PolicyReference:
    """A policy revision that the promotion met."""

    policy: str
    revision: int
    digest: str


@dataclass(frozen=True, slots=True)
class Promotion:
    """What a promotion statement says. Digests are hex sha256; times are aware."""

    model: str
    version: int
    manifest_digest: str
    source: str
    target: str
    request: int
    subject_digest: str
    requested_by: str
    policies: Sequence[PolicyReference]
    approvals: Sequence[Approval]


def sign_promotion(promotion: Promotion, *, signer: Signer) -> SignedBundle:
    """Sign the statement of a promotion, and verify it as anybody would."""
    bundle = sign_statement(promotion_statement(promotion), signer=signer)
    verify_promotion(bundle.data, promotion, public_key_pem=bundle.public_key_pem)
    return bundle


def verify_promotion(data: bytes, promotion: Promotion, *, public_key_pem: str) -> dict[str, Any]:
    """Return the statement of a bundle that this key signed for exactly this promotion.

    Raises ``Unverified`` as ``bundle.verify_statement`` does, and with the code
    ``statement_unexpected`` if it says anything else.
    """
    statement = verify_statement(data, public_key_pem=public_key_pem)
    said = dict(statement)
    if isinstance(said.get("predicate"), dict):
        # The signer's notice about itself is no part of what the promotion is.
        said["predicate"] = {k: v for k, v in said["predicate"].items() if k != "aegis"}
    if said != promotion_statement(promotion):
        raise Unverified(
            "statement_unexpected", "The signature is for another promotion than this one."
        )
    return statement


def promotion_statement(promotion: Promotion) -> dict[str, Any]:
    """Return the in-toto statement of a promotion; approvals are in the order of their ids."""
    approvals = sorted(promotion.approvals, key=lambda approval: approval.decision)
    policies = sorted(promotion.policies, key=lambda policy: (policy.policy, policy.revision))
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"{promotion.model}@v{promotion.version}",
                "digest": {"sha256": promotion.manifest_digest},
            }
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "request": promotion.request,
            "requestedBy": promotion.requested_by,
            "subject": {"sha256": promotion.subject_digest},
            "from": promotion.source,
            "target": promotion.target,
            "policies": [asdict(policy) for policy in policies],
            "approvals": [
                {
                    "person": approval.person,
                    "decision": approval.decision,
                    "at": _instant(approval.at),
                }
                for approval in approvals
            ],
        },
    }


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise Invalid("time_without_zone", "An approval's time must carry its time zone.")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
