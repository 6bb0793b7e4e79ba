"""The gate ``signature``: the recorded signature verifies against the manifest.

It takes no parameters. The signature of the development signer passes with a note,
and production settings refuse it.
"""

from datetime import datetime
from typing import Any, Final

from aegis.problems import Refusal
from aegis.proof.signing.bundle import verify_manifest
from approvals.gates.facts import GateInput
from approvals.gates.gate import Gate, Parameters, only_keys
from approvals.gates.outcomes import Fix, GateOutcome, Outcome
from approvals.records import SignatureRecord, VersionRecord

NAME: Final = "signature"
TITLE: Final = "Signature"


def read(parameters: Parameters) -> dict[str, Any]:
    """Refuse every parameter."""
    only_keys(NAME, parameters)
    return {}


def check(facts: GateInput, parameters: Parameters) -> GateOutcome:  # noqa: ARG001 -- A gate's signature.
    """Verify the signature as anybody would, with the key that it names."""
    version = facts.version
    signature = version.signature
    if signature is None:
        return _fail("Not signed", f"{version.name} has no signature over its manifest.")
    if signature.compromised_at is not None:
        return _compromised(signature, signature.compromised_at)
    try:
        said = verify_manifest(
            signature.bundle.encode(), version.manifest, public_key_pem=signature.public_key
        )
    except Refusal as refusal:
        return _fail("Does not verify", refusal.sentence)
    if fault := _fault(version, signature, said):
        return _fail("Does not verify", fault)
    if signature.is_development and facts.refuses_development_signer:
        return _fail(
            "Signed by the development signer",
            "The development signer's key lies in a file, so its signature proves nothing here.",
        )
    return _verified(signature)


def _compromised(signature: SignatureRecord, at: datetime) -> GateOutcome:
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.FAIL,
        "Signed by a compromised key",
        f"It was signed by version {signature.key_version} of {signature.key_name}, a key that was "
        f"marked compromised on {at:%-d %B %Y}; re-sign.",
        mend="Have the version signed again; its files stay as they are.",
        who="A maintainer of the model or an administrator",
        fix=Fix("signature_renew", "Sign again"),
        findings={"key_name": signature.key_name, "key_hint": signature.key_hint},
    )


def _fault(version: VersionRecord, signature: SignatureRecord, said: dict[str, Any]) -> str:
    if not version.digest == version.manifest.digest == signature.manifest_digest:
        return "The signature is over another manifest than the version's."
    about = said["predicate"]["aegis"]
    # Whoever signs what they bring knows the model and no number, which is taken later.
    unnumbered = version.number if signature.brought_by else None
    number = about.get("version", unnumbered)
    if (about.get("model"), number) != (version.model_name, version.number):
        return "The signature was made for another version."
    return ""


def _verified(signature: SignatureRecord) -> GateOutcome:
    brought = signature.brought_by
    note = " It is the development signer's, which proves nothing."
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.PASS,
        f"{signature.key_name}, key version {signature.key_version}"
        + (", development key" if signature.is_development else ""),
        f"The {signature.algorithm} signature over the manifest was verified just now."
        + (f" It was brought with the files by {brought}." if brought else "")
        + (note if signature.is_development else ""),
        findings={
            "key_name": signature.key_name,
            "key_version": signature.key_version,
            "key_hint": signature.key_hint,
            "algorithm": signature.algorithm,
            "manifest_digest": signature.manifest_digest,
            "is_development": signature.is_development,
        },
    )


def _fail(summary: str, reason: str) -> GateOutcome:
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.FAIL,
        summary,
        reason,
        mend="A version keeps its signature; register the files again as a new version.",
        who="An administrator looks into the signer first",
        fix=None,
    )


def words(parameters: Parameters) -> str:  # noqa: ARG001 -- A gate's signature.
    """Say what must hold."""
    return "verified against the manifest"


GATE: Final = Gate(NAME, TITLE, read, check, words)
