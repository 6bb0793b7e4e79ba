"""The development signer: a key in a file, for machines where nothing is at stake.

Whoever reads the file can sign, so its signatures prove nothing; every bundle, page and key
listing says so, and production settings refuse it.
"""

import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aegis.problems import Unavailable
from aegis.proof.signing.keys import algorithm, pem_of
from aegis.proof.signing.signer import PublicKey, SignatureResult
from registry.files import answering, make_folders, sync_folder

KEY_NAME: Final = "aegis-development"
KEY_VERSION: Final = "1"


class DevelopmentSigner:
    """Sign by ECDSA on P-256 with the key in ``key_file``, which is made at first use."""

    is_development = True

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file

    def sign(self, signed: bytes) -> SignatureResult:
        """Sign ``signed`` with SHA-256."""
        key = self._key()
        pem = pem_of(key)
        signature = key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return SignatureResult(signature, KEY_NAME, KEY_VERSION, pem, algorithm(pem))

    def public_keys(self) -> Sequence[PublicKey]:
        """Return the one key there is."""
        pem = pem_of(self._key())
        return [PublicKey(KEY_NAME, KEY_VERSION, pem, algorithm(pem))]

    def _key(self) -> ec.EllipticCurvePrivateKey:
        with answering("the folder of the development key"):
            if not self._key_file.exists():
                _make_key(self._key_file)
            data = self._key_file.read_bytes()
        try:
            key = serialization.load_pem_private_key(data, password=None)
        except (ValueError, TypeError) as error:
            raise _unusable(self._key_file) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise _unusable(self._key_file)
        return key


def _make_key(key_file: Path) -> None:
    """Make a key file once, also where several processes start together."""
    make_folders(key_file.parent)
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    temporary = key_file.with_name(f".{key_file.name}.{uuid.uuid4().hex}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
            stream.flush()
            os.fsync(stream.fileno())
        # Linking fails where another process was first, and then its key is the key.
        key_file.hardlink_to(temporary)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    sync_folder(key_file.parent)


def _unusable(key_file: Path) -> Unavailable:
    return Unavailable(
        "signer_failed",
        f"The development key {key_file.name} is no private key on the curve P-256.",
        mend="Move the file away, and Aegis makes a new key.",
    )
