"""What the registry says of a genuine artifact: each answer, and what becomes of the verdict."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aegis.proof.manifest import Manifest
from aegis.proof.signing.bundle import model_statement, sign_manifest, sign_statement
from aegis.proof.signing.revocations import Revocations, Revoked, sign_revocations
from aegis.proof.signing.rollback import Rollback, sign_rollback
from aegis.proof.signing.statement import Approval, Promotion, sign_promotion
from aegis.sdk import ModelRegistry, Unreachable, Verification, VerificationFailed
from aegis.sdk.local_files import find_files, hashed
from aegis.sdk.proofs import Proofs, folder_of
from aegis.sdk.signing import PemSigner
from tests.aegis.sdk.stub import Asked, Reply, problem, registry
from tests.aegis.sdk.test_signing import private_pem

NOW = datetime.now(UTC)


@dataclass
class There:
    """A registry in which churn has the version 3, in Production; tests change what it says."""

    signer: PemSigner
    manifest: Manifest
    stage: str = "Production"
    fields: dict[str, Any] = field(default_factory=dict)
    recalled: list[Revoked] = field(default_factory=list)
    expires_at: datetime = NOW + timedelta(days=1)
    compromised_at: str | None = None
    unsigned: bool = False
    rollbacks: list[dict[str, Any]] = field(default_factory=list)
    statement: bytes = b""
    needs_token: bool = False

    def answer(self, asked: Asked) -> Reply:
        if asked.path.endswith("keys.json"):
            return Reply(200, self.keys())
        if asked.path.endswith("revocations.json"):
            return self.revocations()
        if self.needs_token:
            return problem(401, "not_authenticated", "Sign in, or send a bearer token.")
        address = "/api/v1/models/churn/versions/3/"
        found = {
            address: self.version(),
            f"{address}promotions/": {"results": [], "next": None},
            f"{address}rollbacks/?page_size=1": {"results": self.rollbacks, "next": None},
            f"{address}rollbacks/r1/statement/": self.statement,
        }
        if asked.path in found:
            return Reply(200, found[asked.path])
        return problem(404, "not_found", "There is nothing at this address.")

    def keys(self) -> dict[str, Any]:
        (key,) = self.signer.public_keys()
        entry = {
            "name": key.key_name,
            "version": key.key_version,
            "public_key": key.public_key_pem,
            "compromised_at": self.compromised_at,
            "is_development": False,
        }
        return {"format": 1, "keys": [entry]}

    def revocations(self) -> Reply:
        if self.unsigned:
            return problem(503, "revocations_unsigned", "The list is not signed yet.")
        listed = Revocations(7, NOW - timedelta(days=1), self.expires_at, self.recalled)
        return Reply(200, sign_revocations(listed, signer=self.signer).data)

    def version(self) -> dict[str, Any]:
        document = {
            "model": "churn",
            "number": 3,
            "digest": self.manifest.digest,
            "stage": self.stage,
            "state": "ready",
        }
        return {**document, **self.fields}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.fixture
def signer(tmp_path: Path) -> PemSigner:
    return PemSigner(private_pem(tmp_path, "registry"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "churn"
    root.mkdir()
    (root / "weights.bin").write_bytes(b"weights")
    return root


@pytest.fixture
def there(signer: PemSigner, folder: Path) -> There:
    manifest = Manifest.of(hashed(file) for file in find_files(folder).files)
    write(folder, signer, manifest, promotion(manifest, signer, "Production"))
    return There(signer, manifest)


def promotion(
    manifest: Manifest, signer: PemSigner, target: str, digest: str = "", version: int = 3
) -> bytes:
    approvals = [Approval("p1", "d1", NOW), Approval("p2", "d2", NOW)]
    said = Promotion(
        model="churn",
        version=version,
        manifest_digest=digest or manifest.digest,
        source="None",
        target=target,
        request=9,
        subject_digest="b" * 64,
        requested_by="p3",
        policies=[],
        approvals=approvals,
    )
    return sign_promotion(said, signer=signer).data


def back_in_production(manifest: Manifest) -> Rollback:
    """Say that version 3 was put back in place of version 4."""
    return Rollback("churn", 3, manifest.digest, "r1", 4, 4, "p1", NOW)


def write(folder: Path, signer: PemSigner, manifest: Manifest, statement: bytes | None) -> None:
    bundle = sign_manifest(manifest, name="churn", number=3, signer=signer).data
    Proofs(bundle, manifest.canonical, statement).write(folder_of(folder))


def check(there: There, folder: Path, require: str | None = "Production") -> Verification:
    with registry(there.answer) as stub, ModelRegistry(stub.url) as client:
        return client.check(folder, require=require)


def faults(found: Verification) -> list[str]:
    return [one.code for one in found.checks if not one.passed]


def test_what_is_in_production_and_not_recalled_passes(there: There, folder: Path) -> None:
    found = check(there, folder)
    assert found.ok
    assert [one.code for one in found.checks] == [
        "key_trusted",
        "files_signed",
        "not_recalled",
        "stage_holds",
        "promotion_signed",
    ]
    assert (found.model, found.number) == ("churn", 3)


def cases() -> Iterator[tuple[dict[str, Any], list[str]]]:
    yield {"stage": "Archived"}, ["stage_differs"]
    yield {"stage": "None"}, ["stage_differs"]
    yield {"fields": {"recalled_at": "2026-01-01T00:00:00Z"}}, ["version_recalled"]
    yield {"fields": {"quarantined_at": "2026-01-01T00:00:00Z"}}, ["version_quarantined"]
    yield {"fields": {"digest": "c" * 64}}, ["version_differs"]
    yield {"expires_at": NOW - timedelta(hours=1)}, ["revocations_expired"]
    yield {"unsigned": True}, ["revocations_unsigned"]
    yield {"needs_token": True}, ["not_authenticated"]


@pytest.mark.parametrize(("said", "expected"), list(cases()))
def test_what_speaks_against_it_is_named(
    there: There, folder: Path, said: dict[str, Any], expected: list[str]
) -> None:
    for name, value in said.items():
        setattr(there, name, value)
    found = check(there, folder)
    assert faults(found) == expected
    assert found.is_genuine == (expected != ["version_differs"])


def test_a_recalled_artifact_is_refused_also_without_a_requirement(
    there: There, folder: Path
) -> None:
    there.recalled = [Revoked(there.manifest.digest, NOW)]
    found = check(there, folder, require=None)
    assert faults(found) == ["version_recalled"]
    with registry(there.answer) as stub, ModelRegistry(stub.url) as client:
        with pytest.raises(VerificationFailed) as caught:
            client.verify(folder)
        assert caught.value.result.is_genuine


def test_a_compromised_key_ends_the_questions(there: There, folder: Path) -> None:
    there.compromised_at = "2026-11-01T00:00:00Z"
    found = check(there, folder)
    assert faults(found) == ["key_compromised"]
    assert not found.is_genuine


def test_a_rollback_since_the_download_is_asked_for(
    there: There, folder: Path, signer: PemSigner
) -> None:
    there.rollbacks = [{"id": "r1", "is_signed": False}]
    found = check(there, folder)
    assert found.ok
    assert [one.code for one in found.checks][-2:] == ["promotion_signed", "rollback_owed"]
    there.rollbacks = [{"id": "r1", "is_signed": True}]
    there.statement = sign_rollback(back_in_production(there.manifest), signer=signer).data
    found = check(there, folder)
    assert found.ok
    assert [one.code for one in found.checks][-2:] == ["stage_holds", "rollback_signed"]


def test_a_promotion_of_something_else_counts_for_nothing(
    there: There, folder: Path, signer: PemSigner, tmp_path: Path
) -> None:
    others = {
        "to Staging": promotion(there.manifest, signer, "Staging"),
        "of other files": promotion(there.manifest, signer, "Production", digest="d" * 64),
        "of another version": promotion(there.manifest, signer, "Production", version=4),
        "by a stranger": promotion(
            there.manifest, PemSigner(private_pem(tmp_path, "stranger")), "Production"
        ),
        "no promotion": sign_statement(
            model_statement(there.manifest, name="churn", number=3), signer=signer
        ).data,
        "nonsense": b"{}",
    }
    found = {}
    for name, statement in others.items():
        write(folder, signer, there.manifest, statement)
        found[name] = faults(check(there, folder))
    assert found == {
        "to Staging": ["promotion_of_other"],
        "of other files": ["promotion_of_other"],
        "of another version": ["promotion_of_other"],
        "by a stranger": ["key_unknown"],
        "no promotion": ["promotion_of_other"],
        "nonsense": ["signature_malformed"],
    }


def test_without_a_requirement_nobody_needs_a_token(there: There, folder: Path) -> None:
    there.needs_token = True
    assert check(there, folder, require=None).ok


def test_a_registry_that_is_away_is_no_verdict(there: There, folder: Path, tmp_path: Path) -> None:
    saved = tmp_path / "keys.json"
    saved.write_text(json.dumps(there.keys()))
    with (
        ModelRegistry("http://127.0.0.1:9", keys=saved) as client,
        pytest.raises(Unreachable),
    ):
        client.check(folder)
