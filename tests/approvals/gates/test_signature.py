import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from aegis.problems import Invalid
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.signing.bundle import sign_manifest
from approvals.gates import Outcome
from approvals.gates.signature import GATE
from approvals.records import SignatureRecord, VersionRecord
from registry.signing.development import DevelopmentSigner
from tests.approvals.samples import AT, gate_input, version


def manifest(content: bytes = b"weights") -> Manifest:
    return Manifest.of([FileEntry("a.bin", len(content), hashlib.sha256(content).hexdigest())])


@pytest.fixture
def signer(tmp_path: Path) -> DevelopmentSigner:
    return DevelopmentSigner(tmp_path / "key.pem")


def signature(made: Manifest, signer: DevelopmentSigner, number: int = 7) -> SignatureRecord:
    bundle = sign_manifest(made, name="churn-predictor", number=number, signer=signer)
    return SignatureRecord(
        manifest_digest=made.digest,
        key_name=bundle.key_name,
        key_version=bundle.key_version,
        key_hint=bundle.key_hint,
        algorithm=bundle.algorithm,
        public_key=bundle.public_key_pem,
        bundle=bundle.data.decode(),
        is_development=bundle.is_development,
        signed_at=AT,
        compromised_at=None,
    )


@pytest.fixture
def signed(signer: DevelopmentSigner) -> VersionRecord:
    made = manifest()
    return version(
        digest=made.digest,
        manifest_text=made.canonical.decode(),
        signature=signature(made, signer),
    )


def test_a_signature_that_verifies_passes_and_says_whose_it_is(signed: VersionRecord) -> None:
    outcome = GATE.check(gate_input(signed), {})
    assert outcome.outcome is Outcome.PASS
    assert outcome.summary.endswith("development key")
    assert outcome.findings["manifest_digest"] == signed.digest


def test_production_refuses_the_development_signer(signed: VersionRecord) -> None:
    outcome = GATE.check(gate_input(signed, refuses_development_signer=True), {})
    assert outcome.outcome is Outcome.FAIL
    assert outcome.summary == "Signed by the development signer"


def test_a_missing_signature_fails(signed: VersionRecord) -> None:
    outcome = GATE.check(gate_input(replace(signed, signature=None)), {})
    assert (outcome.outcome, outcome.summary) == (Outcome.FAIL, "Not signed")


def test_a_signature_over_other_files_fails(
    signed: VersionRecord, signer: DevelopmentSigner
) -> None:
    for wrong in (
        replace(signed, signature=signature(manifest(b"other"), signer)),
        replace(signed, manifest_text=manifest(b"other").canonical.decode()),
        replace(signed, digest=manifest(b"other").digest),
        replace(signed, manifest_text=""),
    ):
        assert GATE.check(gate_input(wrong), {}).summary == "Does not verify"


def test_the_signature_of_another_version_with_the_same_files_fails(
    signed: VersionRecord, signer: DevelopmentSigner
) -> None:
    borrowed = replace(signed, signature=signature(manifest(), signer, number=6))
    outcome = GATE.check(gate_input(borrowed), {})
    assert outcome.reason == "The signature was made for another version."


def test_a_signature_by_another_key_or_no_bundle_at_all_fails(
    signed: VersionRecord, tmp_path: Path
) -> None:
    assert signed.signature is not None
    other = signature(manifest(), DevelopmentSigner(tmp_path / "other.pem"))
    bundle = json.loads(signed.signature.bundle)
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = json.loads(other.bundle)["dsseEnvelope"][
        "signatures"
    ][0]["sig"]
    for kept in (
        replace(signed.signature, public_key=other.public_key),
        replace(signed.signature, bundle=json.dumps(bundle)),
        replace(signed.signature, bundle="{}"),
        replace(signed.signature, bundle="no JSON"),
        replace(signed.signature, public_key="no key"),
    ):
        outcome = GATE.check(gate_input(replace(signed, signature=kept)), {})
        assert (outcome.outcome, outcome.summary) == (Outcome.FAIL, "Does not verify")


def test_it_takes_no_parameters() -> None:
    with pytest.raises(Invalid):
        GATE.read({"key": "aegis-release"})
