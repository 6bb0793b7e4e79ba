"""What a folder proves offline of the move that brought it to Production."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aegis.proof.manifest import Manifest
from aegis.proof.signing.bundle import sign_manifest
from aegis.proof.signing.rollback import Rollback, sign_rollback
from aegis.sdk import TrustedKeys, Verification
from aegis.sdk.checking import offline_checks
from aegis.sdk.local_files import find_files, hashed
from aegis.sdk.proofs import Proofs, folder_of
from aegis.sdk.signing import PemSigner
from aegis.sdk.verification import verify_files
from tests.aegis.sdk.test_checking import NOW, back_in_production, faults, promotion
from tests.aegis.sdk.test_signing import private_pem


@pytest.fixture
def signer(tmp_path: Path) -> PemSigner:
    return PemSigner(private_pem(tmp_path, "registry"))


@pytest.fixture
def trusted(tmp_path: Path, signer: PemSigner) -> TrustedKeys:
    return TrustedKeys.load(tmp_path / "registry.pub")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "churn"
    root.mkdir()
    (root / "weights.bin").write_bytes(b"weights")
    return root


@pytest.fixture
def manifest(folder: Path) -> Manifest:
    return Manifest.of(hashed(file) for file in find_files(folder).files)


@pytest.fixture
def proofs(manifest: Manifest, signer: PemSigner) -> Proofs:
    """The proofs of a version that two people promoted."""
    bundle = sign_manifest(manifest, name="churn", number=3, signer=signer).data
    return Proofs(bundle, manifest.canonical, promotion(manifest, signer, "Production"))


@pytest.fixture
def rollback(manifest: Manifest) -> Rollback:
    return back_in_production(manifest)


def check(
    folder: Path, proofs: Proofs, trusted: TrustedKeys, require: str = "Production"
) -> Verification:
    """Write the proofs beside the files, and verify what lies there."""
    proofs.write(folder_of(folder))
    beside = Proofs.beside(folder)
    found = verify_files(folder, beside, trusted)
    return offline_checks(found, beside, trusted, require=require)


def test_a_rollback_proves_that_it_is_back(
    folder: Path, proofs: Proofs, trusted: TrustedKeys, signer: PemSigner, rollback: Rollback
) -> None:
    statement = sign_rollback(rollback, signer=signer).data
    found = check(folder, replace(proofs, rollback=statement), trusted)
    assert found.ok
    assert found.checks[-1].code == "rollback_signed"
    assert f"in place of v4 at {NOW:%Y-%m-%d %H:%M} UTC" in found.checks[-1].sentence
    alone = replace(rollback, replaced=None)
    statement = sign_rollback(alone, signer=signer).data
    found = check(folder, replace(proofs, rollback=statement), trusted)
    assert f"back into Production at {NOW:%Y-%m-%d}" in found.checks[-1].sentence


def test_a_rollback_of_something_else_counts_for_nothing(
    folder: Path,
    proofs: Proofs,
    trusted: TrustedKeys,
    signer: PemSigner,
    rollback: Rollback,
    tmp_path: Path,
) -> None:
    stranger = PemSigner(private_pem(tmp_path, "stranger"))
    others = {
        "tampered": tampered(signed(rollback, signer)),
        "of another version": signed(replace(rollback, version=4), signer),
        "of another model": signed(replace(rollback, model="fraud"), signer),
        "of other files": signed(replace(rollback, manifest_digest="d" * 64), signer),
        "by a stranger": signed(rollback, stranger),
        "a promotion": proofs.promotion,
        "nonsense": b"{}",
    }
    found = {
        name: faults(check(folder, replace(proofs, rollback=statement), trusted))
        for name, statement in others.items()
    }
    assert found == {
        "tampered": ["signature_invalid"],
        "of another version": ["rollback_of_other"],
        "of another model": ["rollback_of_other"],
        "of other files": ["rollback_of_other"],
        "by a stranger": ["key_unknown"],
        "a promotion": ["statement_unexpected"],
        "nonsense": ["signature_malformed"],
    }


def test_a_rollback_that_a_compromised_key_signed_counts_for_nothing(
    folder: Path, proofs: Proofs, signer: PemSigner, rollback: Rollback, tmp_path: Path
) -> None:
    other = PemSigner(private_pem(tmp_path, "other"))
    (good,), (bad,) = signer.public_keys(), other.public_keys()
    listed: list[dict[str, Any]] = [
        {"name": "a", "version": "1", "public_key": good.public_key_pem},
        {"name": "b", "version": "1", "public_key": bad.public_key_pem, "compromised_at": "now"},
    ]
    trusted = TrustedKeys.of_document({"format": 1, "keys": listed})
    found = check(folder, replace(proofs, rollback=signed(rollback, other)), trusted)
    assert faults(found) == ["key_compromised"]
    assert found.is_genuine


def test_while_its_statement_is_owed_the_promotion_counts_and_that_is_said(
    folder: Path, proofs: Proofs, trusted: TrustedKeys
) -> None:
    owing = replace(proofs, version={"stage": "Production", "rollback": {"is_signed": False}})
    found = check(folder, owing, trusted)
    assert found.ok
    assert [one.code for one in found.checks][-2:] == ["promotion_signed", "rollback_owed"]
    assert "is owed, since nobody could sign it yet" in found.checks[-1].sentence
    (folder_of(folder) / "promotion.sigstore.json").unlink()
    found = check(folder, replace(owing, promotion=None), trusted)
    assert faults(found) == ["promotion_missing"]
    assert found.checks[-1].code == "rollback_owed"


def test_a_rollback_says_nothing_of_another_stage(
    folder: Path, proofs: Proofs, trusted: TrustedKeys, signer: PemSigner, rollback: Rollback
) -> None:
    back = replace(proofs, rollback=signed(rollback, signer))
    assert faults(check(folder, back, trusted, require="Staging")) == ["promotion_of_other"]


def signed(rollback: Rollback, signer: PemSigner) -> bytes:
    return sign_rollback(rollback, signer=signer).data


def tampered(bundle: bytes) -> bytes:
    """Let the statement name another person."""
    value = json.loads(bundle)
    payload = base64.b64decode(value["dsseEnvelope"]["payload"]).replace(b'"p1"', b'"p2"')
    value["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    return json.dumps(value).encode()
