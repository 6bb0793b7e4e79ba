import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from aegis.problems import Unavailable
from aegis.proof.signing import keys
from aegis.proof.signing.refusals import Unverified
from registry.signing.development import DevelopmentSigner


def pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key_file = tmp_path / "keys" / "development.pem"
    first = DevelopmentSigner(key_file).public_keys()
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert DevelopmentSigner(key_file).public_keys() == first
    assert [path.name for path in key_file.parent.iterdir()] == ["development.pem"]


def test_its_signature_is_verified_by_its_published_key(tmp_path: Path) -> None:
    signer = DevelopmentSigner(tmp_path / "development.pem")
    answer = signer.sign(b"statement")
    (published,) = signer.public_keys()
    assert answer.public_key_pem == published.public_key_pem
    assert published.hint == keys.hint(published.public_key_pem)
    keys.check_signature(published.public_key_pem, answer.signature_der, b"statement")
    with pytest.raises(Unverified) as refusal:
        keys.check_signature(published.public_key_pem, answer.signature_der, b"other")
    assert refusal.value.code == "signature_invalid"


RACE = """
import sys
from pathlib import Path
from registry.signing.development import DevelopmentSigner
sys.stdin.readline()
print(DevelopmentSigner(Path(sys.argv[1])).public_keys()[0].hint)
"""


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(tmp_path / "keys" / "development.pem")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    hints = set()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        hints.add(process.communicate(timeout=60)[0].strip())
        assert process.returncode == 0
    assert len(hints) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no key",
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ed25519.Ed25519PrivateKey.generate()),
    ],
    ids=["empty", "no key", "P-384", "Ed25519"],
)
def test_a_file_that_is_no_such_key_is_a_failure_with_a_sentence(
    tmp_path: Path, data: bytes
) -> None:
    key_file = tmp_path / "development.pem"
    key_file.write_bytes(data)
    with pytest.raises(Unavailable) as refusal:
        DevelopmentSigner(key_file).sign(b"x")
    assert refusal.value.code == "signer_failed"
    assert key_file.read_bytes() == data


@pytest.mark.parametrize(
    ("public", "code"),
    [
        ("", "key_malformed"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "key_malformed"),
        (
            ed25519.Ed25519PrivateKey.generate()
            .public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode(),
            "key_unsupported",
        ),
        (keys.pem_of(ec.generate_private_key(ec.SECP256K1())), "key_unsupported"),
    ],
    ids=["empty", "broken", "Ed25519", "secp256k1"],
)
def test_a_public_key_that_no_bundle_takes_is_refused(public: str, code: str) -> None:
    for attempt in (keys.normal_pem, keys.hint, keys.algorithm):
        with pytest.raises(Unverified) as refusal:
            attempt(public)
        assert refusal.value.code == code


@pytest.mark.parametrize(
    ("curve", "algorithm"),
    [
        (ec.SECP256R1(), "ecdsa-p256-sha256"),
        (ec.SECP384R1(), "ecdsa-p384-sha384"),
        (ec.SECP521R1(), "ecdsa-p521-sha512"),
    ],
)
def test_a_key_has_one_spelling_and_one_hint(curve: ec.EllipticCurve, algorithm: str) -> None:
    public = keys.pem_of(ec.generate_private_key(curve))
    loose = "\r\n".join(["", *public.splitlines(), ""])
    assert keys.normal_pem(loose) == public
    assert keys.hint(loose) == keys.hint(public)
    assert keys.algorithm(public) == algorithm
