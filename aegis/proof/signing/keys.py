"""Public keys: their one spelling, the hint that names them, and the check of a signature."""

import hashlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aegis.proof.signing.refusals import Unverified

# By curve, as the OpenSSF Model Signing specification pairs them.
_HASHES: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "secp256r1": ("ecdsa-p256-sha256", hashes.SHA256()),
    "secp384r1": ("ecdsa-p384-sha384", hashes.SHA384()),
    "secp521r1": ("ecdsa-p521-sha512", hashes.SHA512()),
}


def normal_pem(public_key_pem: str) -> str:
    """Return a public key as ``cryptography`` spells it, the form that hints are made of."""
    return pem_of_public(_loaded(public_key_pem))


def hint(public_key_pem: str) -> str:
    """Return the hex sha256 that names a public key in a bundle."""
    return hashlib.sha256(normal_pem(public_key_pem).encode()).hexdigest()


def algorithm(public_key_pem: str) -> str:
    """Return the name of the signature algorithm that goes with a key."""
    return _HASHES[_loaded(public_key_pem).curve.name][0]


def check_signature(public_key_pem: str, signature: bytes, signed: bytes) -> None:
    """Raise ``Unverified`` unless ``signature`` (DER) is the key's over ``signed``."""
    key = _loaded(public_key_pem)
    try:
        key.verify(signature, signed, ec.ECDSA(_HASHES[key.curve.name][1]))
    except InvalidSignature as error:
        raise Unverified(
            "signature_invalid", "The signature was not made by this key over these bytes."
        ) from error


def pem_of(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the public half of a private key as PEM."""
    return pem_of_public(key.public_key())


def pem_of_public(key: ec.EllipticCurvePublicKey) -> str:
    """Return a public key as PEM, in the form that hints are made of."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def _loaded(public_key_pem: str) -> ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_pem_public_key(public_key_pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unverified("key_malformed", "The public key is no PEM that can be read.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _HASHES:
        raise Unverified(
            "key_unsupported", "The public key is not on the curve P-256, P-384 or P-521."
        )
    return key
