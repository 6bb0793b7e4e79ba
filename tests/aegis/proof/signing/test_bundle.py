import base64
import hashlib
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from aegis.problems import Unavailable
from aegis.proof import packages
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.signing import bundle, keys
from aegis.proof.signing.dsse import pre_authentication_encoding
from aegis.proof.signing.refusals import Unverified
from aegis.proof.signing.signer import PublicKey, SignatureResult, sign
from registry.signing.development import DevelopmentSigner

CONTENTS = {
    "config.json": b'{"a": 1}',
    "model/weights.bin": bytes(range(256)) * 100,
    "model.txt": b"sorts after the folder of its name",
    "caf\u00e9.txt": b"any script",
}


def manifest_of(contents: dict[str, bytes]) -> Manifest:
    return Manifest.of(
        FileEntry(path, len(data), hashlib.sha256(data).hexdigest())
        for path, data in contents.items()
    )


MANIFEST = manifest_of(CONTENTS)


@pytest.fixture
def signer(tmp_path: Path) -> DevelopmentSigner:
    return DevelopmentSigner(tmp_path / "keys" / "development.pem")


@pytest.fixture
def signed(signer: DevelopmentSigner) -> bundle.SignedBundle:
    return bundle.sign_manifest(MANIFEST, name="churn", number=7, signer=signer)


def statement_of(signed: bundle.SignedBundle) -> dict[str, Any]:
    payload = json.loads(signed.data)["dsseEnvelope"]["payload"]
    statement: dict[str, Any] = json.loads(base64.b64decode(payload))
    return statement


def unpacked(contents: dict[str, bytes], to: Path) -> Path:
    """Pack ``contents`` and unpack the package again, as somebody who downloaded it would."""
    sink = io.BytesIO()
    packages.pack(manifest_of(contents), lambda e: io.BytesIO(contents[e.path]), sink)
    with tarfile.open(fileobj=io.BytesIO(sink.getvalue())) as tar:
        for member in tar:
            stream = tar.extractfile(member)
            assert stream is not None
            path = to / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(stream.read())
    return to


def written(folder: Path, signed: bundle.SignedBundle) -> tuple[Path, Path]:
    """Write bundle and public key beside ``folder`` and return where."""
    signature, key = folder.with_suffix(".sig"), folder.with_suffix(".pem")
    signature.write_bytes(signed.data)
    key.write_text(signed.public_key_pem)
    return signature, key


def commanded(folder: Path, signed: bundle.SignedBundle) -> tuple[int, str]:
    """Return exit code and words of the independent judge: ``model_signing verify key``."""
    signature, key = written(folder, signed)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "model_signing", "verify", "key", str(folder)),
            *("--signature", str(signature), "--public_key", str(key)),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def judge(folder: Path, signed: bundle.SignedBundle) -> None:
    """Verify as the command does, in this process; raise ``ValueError`` if it refuses."""
    from model_signing import verifying

    signature, key = written(folder, signed)
    verifying.Config().use_elliptic_key_verifier(public_key=key).verify(folder, signature)


def test_the_model_signing_command_accepts_the_package_and_refuses_it_with_one_byte_changed(
    signed: bundle.SignedBundle, tmp_path: Path
) -> None:
    folder = unpacked(CONTENTS, tmp_path / "model")
    assert commanded(folder, signed) == (0, "Verification succeeded")
    path = folder / "model" / "weights.bin"
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    code, words = commanded(folder, signed)
    assert code == 1
    assert "Hash mismatch for" in words
    assert "model/weights.bin" in words


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (lambda folder: (folder / "config.json").write_bytes(b"{}"), "Hash mismatch"),
        (lambda folder: (folder / "config.json").unlink(), "Missing files"),
        (lambda folder: (folder / "extra.py").write_text("x"), "Extra files"),
    ],
    ids=["other bytes", "a file less", "a file more"],
)
def test_the_model_signing_library_refuses_a_changed_package(
    signed: bundle.SignedBundle, tmp_path: Path, tamper: Callable[[Path], object], words: str
) -> None:
    folder = unpacked(CONTENTS, tmp_path / "model")
    judge(folder, signed)
    tamper(folder)
    with pytest.raises(ValueError, match=words):
        judge(folder, signed)


def test_what_clients_leave_in_a_downloaded_folder_does_no_harm(
    signed: bundle.SignedBundle, tmp_path: Path
) -> None:
    folder = unpacked(CONTENTS, tmp_path / "model")
    (folder / "registered_model_meta").write_text("MLflow's client leaves this behind")
    (folder / "model.sig").write_bytes(signed.data)
    (folder / ".aegis").mkdir()
    (folder / ".aegis" / "model.sig").write_bytes(signed.data)
    judge(folder, signed)


def test_the_digest_of_the_subject_is_the_tools_own(
    signed: bundle.SignedBundle, tmp_path: Path
) -> None:
    from model_signing import hashing
    from model_signing._signing.signing import Payload

    folder = unpacked(CONTENTS, tmp_path / "model")
    theirs = Payload(hashing.Config().hash(folder)).statement.pb
    ours = statement_of(signed)["subject"][0]["digest"]
    assert ours == dict(theirs.subject[0].digest)


def test_files_of_git_are_vouched_for_although_the_tool_passes_them_over(
    signer: DevelopmentSigner, tmp_path: Path
) -> None:
    contents = {**CONTENTS, ".gitattributes": b"*.bin filter=lfs", ".github/x.yml": b"a: 1"}
    signed = bundle.sign_manifest(manifest_of(contents), name="churn", number=8, signer=signer)
    judge(unpacked(contents, tmp_path / "model"), signed)
    changed = manifest_of({**contents, ".gitattributes": b"other"})
    with pytest.raises(Unverified) as refusal:
        bundle.verify_manifest(signed.data, changed, public_key_pem=signed.public_key_pem)
    assert refusal.value.code == "manifest_mismatch"


def test_a_file_named_like_what_clients_leave_is_signed(
    signer: DevelopmentSigner, tmp_path: Path
) -> None:
    contents = {**CONTENTS, "registered_model_meta": b"a file of the version"}
    signed = bundle.sign_manifest(manifest_of(contents), name="churn", number=9, signer=signer)
    folder = unpacked(contents, tmp_path / "model")
    judge(folder, signed)
    (folder / "registered_model_meta").write_text("changed")
    with pytest.raises(ValueError, match="Hash mismatch"):
        judge(folder, signed)


def test_the_statement_says_what_was_signed_and_that_it_proves_nothing(
    signed: bundle.SignedBundle,
) -> None:
    statement = statement_of(signed)
    assert statement["subject"][0]["name"] == "churn@v7"
    assert statement["predicateType"] == "https://model_signing/signature/v1.0"
    assert statement["predicate"]["aegis"] == {
        "manifest": {"sha256": MANIFEST.digest},
        "model": "churn",
        "version": 7,
        "notice": bundle.DEVELOPMENT_NOTICE,
    }
    assert "proves nothing" in bundle.DEVELOPMENT_NOTICE
    assert signed.is_development
    assert (signed.key_name, signed.key_version) == ("aegis-development", "1")
    assert signed.algorithm == "ecdsa-p256-sha256"
    assert signed.key_hint == hashlib.sha256(signed.public_key_pem.encode()).hexdigest()


def test_the_encoding_before_signing_is_that_of_dsse() -> None:
    assert (
        pre_authentication_encoding(b"hello world", "http://example.com/HelloWorld")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_signature_holds_for_its_own_manifest_alone(signed: bundle.SignedBundle) -> None:
    pem = signed.public_key_pem
    bundle.verify_manifest(signed.data, MANIFEST, public_key_pem=pem)
    for other in (
        manifest_of({**CONTENTS, "config.json": b"{}"}),
        manifest_of({**CONTENTS, "more": b""}),
        Manifest.of([replace(e, path=e.path + "x") for e in MANIFEST.files]),
        Manifest.of(MANIFEST.files[1:]),
    ):
        with pytest.raises(Unverified) as refusal:
            bundle.verify_manifest(signed.data, other, public_key_pem=pem)
        assert refusal.value.code == "manifest_mismatch"


def test_another_key_is_refused(signed: bundle.SignedBundle, tmp_path: Path) -> None:
    other = DevelopmentSigner(tmp_path / "other.pem").public_keys()[0].public_key_pem
    with pytest.raises(Unverified) as refusal:
        bundle.verify_manifest(signed.data, MANIFEST, public_key_pem=other)
    assert refusal.value.code == "key_mismatch"
    renamed = changed(signed, lambda b: set_hint(b, keys.hint(other)))
    with pytest.raises(Unverified) as refusal:
        bundle.verify_manifest(renamed, MANIFEST, public_key_pem=other)
    assert refusal.value.code == "signature_invalid"


def set_hint(value: dict[str, Any], hint: str) -> None:
    value["verificationMaterial"]["publicKey"]["hint"] = hint


def changed(signed: bundle.SignedBundle, change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(signed.data)
    change(value)
    return json.dumps(value).encode()


def resigned(
    signer: DevelopmentSigner,
    signed: bundle.SignedBundle,
    change: Callable[[dict[str, Any]], object],
) -> bytes:
    """Return a bundle whose signature holds, over a statement that was changed before."""
    statement = statement_of(signed)
    change(statement)
    payload = rfc8785.dumps(statement)
    value = json.loads(signed.data)
    value["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    result = signer.sign(pre_authentication_encoding(payload))
    value["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(result.signature_der).decode()
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b.update(mediaType="application/json"),
        lambda b: b.pop("mediaType"),
        lambda b: b.pop("verificationMaterial"),
        lambda b: b.update(verificationMaterial=[]),
        lambda b: b.pop("dsseEnvelope"),
        lambda b: b.update(dsseEnvelope="x"),
        lambda b: b["dsseEnvelope"].update(payloadType="text/plain"),
        lambda b: b["dsseEnvelope"].update(signatures=[]),
        lambda b: b["dsseEnvelope"].update(signatures=b["dsseEnvelope"]["signatures"] * 2),
        lambda b: b["dsseEnvelope"]["signatures"][0].update(sig=""),
        lambda b: b["dsseEnvelope"]["signatures"][0].update(sig="%%%"),
        lambda b: b["dsseEnvelope"]["signatures"][0].update(sig=7),
        lambda b: b["dsseEnvelope"].update(payload=""),
        lambda b: b["dsseEnvelope"].update(payload="not base64!"),
    ],
)
def test_a_bundle_that_is_none_is_malformed(
    signed: bundle.SignedBundle, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(Unverified) as refusal:
        bundle.verify_manifest(
            changed(signed, change), MANIFEST, public_key_pem=signed.public_key_pem
        )
    assert refusal.value.code == "signature_malformed"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b'{"mediaType": NaN}'])
def test_what_is_no_bundle_at_all_is_malformed(signed: bundle.SignedBundle, data: bytes) -> None:
    with pytest.raises(Unverified) as refusal:
        bundle.verify_manifest(data, MANIFEST, public_key_pem=signed.public_key_pem)
    assert refusal.value.code == "signature_malformed"


@pytest.mark.parametrize("place", ["payload", "sig"])
def test_a_changed_byte_anywhere_breaks_the_signature(
    signed: bundle.SignedBundle, place: str
) -> None:
    def flip(value: dict[str, Any]) -> None:
        holder = value["dsseEnvelope"]
        holder = holder if place == "payload" else holder["signatures"][0]
        data = bytearray(base64.b64decode(holder[place]))
        data[-5] ^= 1
        holder[place] = base64.b64encode(data).decode()

    with pytest.raises(Unverified) as refusal:
        bundle.verify_manifest(
            changed(signed, flip), MANIFEST, public_key_pem=signed.public_key_pem
        )
    assert refusal.value.code == "signature_invalid"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda s: s.update(_type="https://in-toto.io/Statement/v0.1"), "signature_malformed"),
        (lambda s: s.update(predicateType="urn:aegis:promotion:v1"), "statement_unexpected"),
        (lambda s: s.update(subject=[]), "signature_malformed"),
        (lambda s: s.update(subject=s["subject"] * 2), "manifest_mismatch"),
        (lambda s: s["predicate"].pop("resources"), "signature_malformed"),
        (lambda s: s["predicate"]["resources"].pop(), "manifest_mismatch"),
        (lambda s: s["predicate"].pop("aegis"), "signature_malformed"),
        (lambda s: s["predicate"]["aegis"].update(manifest={}), "manifest_mismatch"),
        (lambda s: s["subject"][0].update(digest={"sha256": "0" * 64}), "manifest_mismatch"),
    ],
)
def test_a_signed_statement_about_something_else_is_refused(
    signer: DevelopmentSigner,
    signed: bundle.SignedBundle,
    change: Callable[[dict[str, Any]], object],
    code: str,
) -> None:
    unchanged = resigned(signer, signed, lambda _: None)
    bundle.verify_manifest(unchanged, MANIFEST, public_key_pem=signed.public_key_pem)
    with pytest.raises(Unverified) as refusal:
        bundle.verify_manifest(
            resigned(signer, signed, change), MANIFEST, public_key_pem=signed.public_key_pem
        )
    assert refusal.value.code == code


class LyingSigner:
    """A signer whose answer is not what it should be."""

    is_development = False

    def __init__(
        self, honest: DevelopmentSigner, lie: Callable[[SignatureResult], SignatureResult]
    ) -> None:
        self._honest = honest
        self._lie = lie

    def sign(self, signed: bytes) -> SignatureResult:
        return self._lie(self._honest.sign(signed))

    def public_keys(self) -> list[PublicKey]:
        return list(self._honest.public_keys())


@pytest.mark.parametrize(
    "lie",
    [
        lambda answer: replace(answer, signature_der=b""),
        lambda answer: replace(answer, signature_der=answer.signature_der[:-1]),
        lambda answer: replace(answer, signature_der=b"\0" * 70),
        lambda answer: replace(answer, key_name=""),
        lambda answer: replace(answer, key_version=""),
        lambda answer: replace(answer, public_key_pem=""),
        lambda answer: replace(answer, public_key_pem="no PEM"),
        lambda answer: replace(answer, algorithm="none"),
    ],
)
def test_an_empty_or_wrong_answer_of_the_signer_is_a_failure(
    signer: DevelopmentSigner, lie: Callable[[SignatureResult], SignatureResult]
) -> None:
    honest = LyingSigner(signer, lambda answer: answer)
    assert sign(honest, b"x").key_name == "aegis-development"
    with pytest.raises(Unavailable) as refusal:
        bundle.sign_manifest(MANIFEST, name="churn", number=7, signer=LyingSigner(signer, lie))
    assert refusal.value.code == "signer_failed"


def test_a_signature_by_a_key_that_the_answer_does_not_name_is_a_failure(
    signer: DevelopmentSigner, tmp_path: Path
) -> None:
    other = DevelopmentSigner(tmp_path / "other.pem").public_keys()[0].public_key_pem
    lying = LyingSigner(signer, lambda answer: replace(answer, public_key_pem=other))
    with pytest.raises(Unavailable) as refusal:
        sign(lying, b"x")
    assert refusal.value.code == "signer_failed"


def test_another_signer_says_nothing_about_development(signer: DevelopmentSigner) -> None:
    honest = LyingSigner(signer, lambda answer: answer)
    signed = bundle.sign_manifest(MANIFEST, name="churn", number=7, signer=honest)
    assert not signed.is_development
    assert "notice" not in statement_of(signed)["predicate"]["aegis"]
