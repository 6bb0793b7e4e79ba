"""Files that were redacted: told from missing ones by a signed statement, and by nothing else."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.signing.bundle import sign_manifest
from aegis.proof.signing.redaction import RedactedFile, sign_redaction
from aegis.proof.signing.signer import Signer
from aegis.sdk import Fault, TrustedKeys, Verification
from aegis.sdk.local_files import find_files, hashed
from aegis.sdk.proofs import Proofs, folder_of
from aegis.sdk.signing import PemSigner
from aegis.sdk.verification import verify_files
from tests.aegis.sdk.test_signing import private_pem


@pytest.fixture
def signer(tmp_path: Path) -> PemSigner:
    return PemSigner(private_pem(tmp_path, "registry"))


@pytest.fixture
def trusted(tmp_path: Path, signer: PemSigner) -> TrustedKeys:
    return TrustedKeys.load(tmp_path / "registry.pub")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "model"
    root.mkdir()
    (root / "people.csv").write_bytes(b"ada@corp.example")
    (root / "weights.bin").write_bytes(b"weights")
    return root


def redacted(manifest: Manifest, path: str) -> RedactedFile:
    entry = manifest.entry(path)
    assert isinstance(entry, FileEntry)
    return RedactedFile(
        manifest_digest=manifest.digest,
        path=path,
        sha256=entry.sha256,
        redaction="r1",
        reason="personal_data",
        proposed_by="p1",
        approved_by="p2",
        at=datetime.now(UTC),
    )


def signed(folder: Path, signer: Signer) -> tuple[Manifest, Proofs]:
    manifest = Manifest.of(hashed(file) for file in find_files(folder).files)
    bundle = sign_manifest(manifest, name="churn", number=3, signer=signer).data
    return manifest, Proofs(bundle, manifest.canonical)


def check(folder: Path, proofs: Proofs, trusted: TrustedKeys) -> Verification:
    proofs.write(folder_of(folder))
    return verify_files(folder, Proofs.beside(folder), trusted)


def faults(found: Verification) -> dict[str, str]:
    return {one.path: one.fault.value for one in found.mismatches}


def test_a_redacted_file_is_no_missing_one(
    folder: Path, signer: PemSigner, trusted: TrustedKeys
) -> None:
    manifest, proofs = signed(folder, signer)
    (folder / "people.csv").unlink()
    assert faults(check(folder, proofs, trusted)) == {"people.csv": Fault.MISSING}
    statement = sign_redaction(redacted(manifest, "people.csv"), signer=signer).data
    found = check(folder, replace(proofs, redactions=(statement,)), trusted)
    assert found.ok
    assert faults(found) == {"people.csv": Fault.REDACTED}
    assert found.checks[-1].code == "files_redacted"


def test_a_redaction_covers_nothing_but_its_file(
    folder: Path, signer: PemSigner, trusted: TrustedKeys
) -> None:
    manifest, proofs = signed(folder, signer)
    statement = sign_redaction(redacted(manifest, "people.csv"), signer=signer).data
    proofs = replace(proofs, redactions=(statement,))
    assert check(folder, proofs, trusted).ok
    (folder / "people.csv").write_bytes(b"other")
    (folder / "weights.bin").unlink()
    found = check(folder, proofs, trusted)
    assert not found.ok
    assert faults(found) == {"people.csv": Fault.CHANGED, "weights.bin": Fault.MISSING}


def test_a_redaction_of_another_artifact_or_by_a_stranger_counts_for_nothing(
    folder: Path, signer: PemSigner, trusted: TrustedKeys, tmp_path: Path
) -> None:
    manifest, proofs = signed(folder, signer)
    (folder / "people.csv").unlink()
    said = redacted(manifest, "people.csv")
    of_another = sign_redaction(replace(said, manifest_digest="e" * 64), signer=signer).data
    assert not check(folder, replace(proofs, redactions=(of_another,)), trusted).ok
    stranger = PemSigner(private_pem(tmp_path, "stranger"))
    by_another = sign_redaction(said, signer=stranger).data
    found = check(folder, replace(proofs, redactions=(by_another,)), trusted)
    assert [one.code for one in found.checks] == ["key_unknown"]
