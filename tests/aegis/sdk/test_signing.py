"""Signing and verifying on one machine: what holds, and every way in which it does not."""

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from aegis.problems import Invalid, NotFound, Unavailable
from aegis.sdk import Fault, TrustedKeys, VerificationFailed
from aegis.sdk.proofs import Proofs
from aegis.sdk.signing import PemSigner, sign_model_artifact, verify_model_artifact
from aegis.sdk.verdicts import Verification
from aegis.sdk.verification import verify_files
from tests.servers.transit import Mode, TransitStandIn

FILES = {"config.json": b"{}", "model/weights.bin": bytes(range(256)) * 40, "empty.txt": b""}


def private_pem(folder: Path, name: str, curve: ec.EllipticCurve | None = None) -> Path:
    key = ec.generate_private_key(curve or ec.SECP256R1())
    place = folder / f"{name}.pem"
    place.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / f"{name}.pub").write_bytes(public)
    return place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "model"
    for path, data in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return private_pem(tmp_path, "signer")


def public(key: Path) -> Path:
    return key.with_suffix(".pub")


def failed(path: Path, keys: Path) -> Verification:
    with pytest.raises(VerificationFailed) as caught:
        verify_model_artifact(path, keys=keys)
    assert not caught.value.result.ok
    return caught.value.result


def faults(found: Verification) -> dict[str, str]:
    return {one.path: one.fault.value for one in found.mismatches}


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_what_is_signed_verifies_with_its_key_alone(
    folder: Path, tmp_path: Path, curve: ec.EllipticCurve
) -> None:
    key = private_pem(tmp_path, "curved", curve)
    made = sign_model_artifact(folder, key=key)
    found = verify_model_artifact(folder, keys=public(key))
    assert found.ok
    assert (found.files, found.manifest_digest) == (3, made.manifest.digest)
    assert found.key is not None
    assert found.key.public_key_pem == made.public_key_pem
    other = private_pem(tmp_path, "other")
    assert failed(folder, public(other)).checks[0].code == "key_unknown"


def test_every_kind_of_change_is_named(folder: Path, key: Path) -> None:
    sign_model_artifact(folder, key=key)
    (folder / "config.json").write_bytes(b"[]")
    (folder / "empty.txt").unlink()
    (folder / "new.txt").write_bytes(b"new")
    found = failed(folder, public(key))
    assert faults(found) == {
        "config.json": Fault.CHANGED,
        "empty.txt": Fault.MISSING,
        "new.txt": Fault.EXTRA,
    }


def test_a_flipped_bit_of_the_signature_or_the_manifest_is_refused(folder: Path, key: Path) -> None:
    made = sign_model_artifact(folder, key=key)
    assert made.path is not None
    bundle = json.loads(made.bundle)
    payload = bundle["dsseEnvelope"]["payload"]
    bundle["dsseEnvelope"]["payload"] = (
        payload[:-8] + ("A" if payload[-8] != "A" else "B") + payload[-7:]
    )
    made.path.write_text(json.dumps(bundle))
    assert failed(folder, public(key)).checks[-1].code in {
        "signature_invalid",
        "signature_malformed",
    }
    made.path.write_bytes(made.bundle)
    (folder / ".aegis" / "manifest.json").write_bytes(made.manifest.canonical.replace(b"0", b"1"))
    assert not failed(folder, public(key)).is_genuine


def test_a_link_in_the_folder_is_never_followed(folder: Path, key: Path) -> None:
    sign_model_artifact(folder, key=key)
    weights = folder / "model" / "weights.bin"
    outside = folder.parent / "outside.bin"
    weights.rename(outside)
    weights.symlink_to(outside)
    assert failed(folder, public(key)).checks[0].code == "not_a_regular_file"
    with pytest.raises(Invalid):
        sign_model_artifact(folder, key=key)


def test_a_compromised_key_vouches_for_nothing(folder: Path, key: Path) -> None:
    sign_model_artifact(folder, key=key)
    entry = {"name": "k", "version": "1", "public_key": public(key).read_text()}
    good = TrustedKeys.of_document({"format": 1, "keys": [entry]})
    assert verify_model_artifact(folder, keys=good).ok
    bad = {**entry, "compromised_at": "2026-01-01T00:00:00Z"}
    saved = folder.parent / "keys.json"
    saved.write_text(json.dumps({"format": 1, "keys": [bad]}))
    found = failed(folder, saved)
    assert [check.code for check in found.checks if not check.passed] == ["key_compromised"]


def packed(folder: Path, names: list[str], members: int = 1) -> Path:
    target = folder.parent / "model.tar.gz"
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in names:
            tar.add(folder / name, arcname=name)
    data = plain.getvalue()
    size = -(-len(data) // members)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    target.write_bytes(b"".join(map(gzip.compress, pieces)))
    return target


@pytest.mark.parametrize("members", [1, 7])
def test_a_package_is_verified_by_its_bundle_alone(folder: Path, key: Path, members: int) -> None:
    bundle = folder.parent / "model.tar.gz.sigstore.json"
    sign_model_artifact(folder, key=key, output=bundle)
    package = packed(folder, list(FILES), members)
    assert verify_model_artifact(package, keys=public(key)).files == 3
    packed(folder, list(FILES)[:-1], members)
    assert faults(failed(package, public(key))) == {"empty.txt": Fault.MISSING}
    whole = packed(folder, list(FILES), members).read_bytes()
    package.write_bytes(whole[: len(whole) // 2])
    assert failed(package, public(key)).checks[0].code == "package_damaged"


@pytest.mark.parametrize("hostile", ["../outside.txt", "/etc/passwd", "link", "device"])
def test_a_hostile_package_is_refused(folder: Path, key: Path, hostile: str) -> None:
    bundle = folder.parent / "model.tar.gz.sigstore.json"
    sign_model_artifact(folder, key=key, output=bundle)
    target = folder.parent / "model.tar.gz"
    with tarfile.open(target, "w:gz") as tar:
        member = tarfile.TarInfo(hostile)
        if hostile == "link":
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        if hostile == "device":
            member.type = tarfile.CHRTYPE
        tar.addfile(member, io.BytesIO())
    assert failed(target, public(key)).checks[0].code == "package_damaged"


def test_a_header_of_gigabytes_is_not_read_into_memory(folder: Path, key: Path) -> None:
    bundle = folder.parent / "model.tar.gz.sigstore.json"
    sign_model_artifact(folder, key=key, output=bundle)
    header = tarfile.TarInfo("long")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
    target = folder.parent / "model.tar.gz"
    target.write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)))
    assert failed(target, public(key)).checks[0].code == "package_damaged"


def test_the_tool_of_openssf_and_ours_accept_each_other(folder: Path, key: Path) -> None:
    made = sign_model_artifact(folder, key=key)
    tool = [sys.executable, "-m", "model_signing"]
    judge = [*tool, "verify", "key", str(folder), "--signature", str(made.path)]
    judge += ["--public_key", str(public(key))]
    assert subprocess.run(judge, check=False, capture_output=True).returncode == 0
    (folder / "config.json").write_bytes(b"[]")
    assert subprocess.run(judge, check=False, capture_output=True).returncode != 0
    shutil.rmtree(folder / ".aegis")
    theirs = folder.parent / "theirs.sig"
    sign = [
        *tool,
        "sign",
        "key",
        str(folder),
        "--signature",
        str(theirs),
        "--private_key",
        str(key),
    ]
    subprocess.run(sign, check=True, capture_output=True)
    assert verify_model_artifact(folder, keys=public(key), bundle=theirs).ok
    (folder / "config.json").write_bytes(b"{}")
    with pytest.raises(VerificationFailed):
        verify_model_artifact(folder, keys=public(key), bundle=theirs)


def test_keys_that_sign_nothing_of_ours_are_refused(folder: Path, tmp_path: Path) -> None:
    strange = tmp_path / "strange.pem"
    strange.write_bytes(
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(Invalid, match="P-256"):
        PemSigner(strange)
    with pytest.raises(NotFound):
        PemSigner(tmp_path / "nothing.pem")
    strange.write_text("nonsense")
    with pytest.raises(Invalid):
        PemSigner(strange)
    with pytest.raises(Invalid, match="exactly one"):
        sign_model_artifact(folder)


def test_a_key_of_vault_signs_and_stays_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = TransitStandIn()
    stand_in.make_key("model-sign")
    with stand_in.serving():
        monkeypatch.setenv("VAULT_ADDR", stand_in.address)
        monkeypatch.setenv("VAULT_TOKEN", stand_in.token)
        made = sign_model_artifact(folder, vault_key="model-sign")
        with stand_in.behaving(Mode.SEALED), pytest.raises(Unavailable):
            sign_model_artifact(folder, vault_key="model-sign")
    assert (made.key_name, made.key_version) == ("model-sign", "1")
    trusted = tmp_path / "vault.pub"
    trusted.write_text(made.public_key_pem)
    assert verify_model_artifact(folder, keys=trusted).ok


def test_vault_without_its_address_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAULT_ADDR", raising=False)
    with pytest.raises(Invalid, match="Vault") as caught:
        sign_model_artifact(folder, vault_key="model-sign")
    assert "VAULT_ADDR" in str(caught.value.mend)


def test_the_digest_is_of_the_files_and_not_of_their_place(folder: Path, key: Path) -> None:
    made = sign_model_artifact(folder, key=key, write=False)
    assert made.path is None
    assert not (folder / ".aegis").exists()
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("x")
    again = sign_model_artifact(folder, key=key, write=False)
    assert again.manifest.digest == made.manifest.digest
    assert again.left_out == (".DS_Store", ".git")
    expected = hashlib.sha256(FILES["config.json"]).hexdigest()
    entry = made.manifest.entry("config.json")
    assert entry is not None
    assert entry.sha256 == expected


@pytest.mark.parametrize(
    "bundle",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"verificationMaterial": {"publicKey": {"hint": "\\ud800"}}}',
        b"\xff",
        b"",
    ],
)
def test_a_bundle_that_is_none_is_said_to_be_none(tmp_path: Path, bundle: bytes) -> None:
    private_pem(tmp_path, "registry")
    (tmp_path / "model").mkdir()
    found = verify_files(
        tmp_path / "model", Proofs(bundle), TrustedKeys.load(tmp_path / "registry.pub")
    )
    assert [check.code for check in found.checks] == ["signature_malformed"]


def test_a_list_of_keys_that_is_nested_without_end_is_none(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text('{"keys":' * 200_000)
    with pytest.raises(Invalid) as caught:
        TrustedKeys.load(tmp_path / "keys.json")
    assert caught.value.code == "keys_unreadable"
