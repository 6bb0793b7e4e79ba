"""Public keys as administrators give them: one PEM on the curve P-256 each, never a private key."""

import re
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from aegis.problems import Invalid
from aegis.proof.signing.keys import algorithm, pem_of_public
from aegis.proof.signing.signer import PublicKey
from registry.models.keys import NUMBER_FORM

CURVE: Final = "secp256r1"
LONGEST: Final = 10_000
_FIELD: Final = "public_key"
_BLOCK: Final = re.compile(
    r"-----BEGIN (?P<label>[A-Z ]{1,40})-----\s[A-Za-z0-9+/=\s]+-----END (?P=label)-----"
)


@dataclass(frozen=True, slots=True)
class Pasted:
    """The number and the PEM of a public key as they came; ``repr`` shows no key."""

    version: object
    public_key: object = field(repr=False)


def read(pasted: Pasted, *, key_name: str) -> PublicKey:
    """Return the public key in its one spelling, or raise ``Invalid``, which repeats none of it."""
    text = _public(pasted.public_key)
    number = _number(pasted.version)
    pem = pem_of_public(_on_p256(_loaded(text, number), number))
    return PublicKey(key_name, number, pem, algorithm(pem))


def holds_private_key(text: str) -> bool:
    """Say whether a text looks as if it held a private key as PEM or JWK."""
    return "PRIVATE" in text.upper() or re.search(r'"d"\s*:', text) is not None


def may_be_shown(text: str) -> bool:
    """Say whether a text may go back to a browser, since no secret begins in that way."""
    return text.strip().startswith("-----BEGIN PUBLIC KEY-----") and not holds_private_key(text)


def _number(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not re.fullmatch(NUMBER_FORM, text):
        raise Invalid(
            "signing_key_version_form",
            "The version of a public key is its number in the signer: 1, 2, 3 and so on.",
            field="version",
        )
    return text


def _public(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if holds_private_key(text):
        raise _refused(
            "is_private",
            "What was given is a private key, or holds one. Aegis takes public keys alone and has "
            "kept nothing of it.",
            mend="Give its public half (openssl pkey -in KEY.pem -pubout). If the private one came "
            "here by a way that others read, do not sign with it any more.",
        )
    return text


def _loaded(text: str, number: str) -> object:
    if text.count("-----BEGIN") > 1:
        raise _refused(
            "is_several",
            f"For version {number} more than one PEM was given.",
            mend="Give each public key by itself, with its own version.",
        )
    if len(text) > LONGEST or not text.isascii() or not _BLOCK.fullmatch(text):
        raise _malformed(number)
    try:
        return serialization.load_pem_public_key(text.encode())
    except UnsupportedAlgorithm:
        raise _other_kind(number, "of a kind that is not known here") from None
    except ValueError:
        raise _malformed(number) from None


def _on_p256(key: object, number: str) -> ec.EllipticCurvePublicKey:
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name == CURVE:
            return key
        raise _other_kind(number, f"on the curve {key.curve.name}")
    if isinstance(key, rsa.RSAPublicKey):
        raise _other_kind(number, "an RSA key")
    raise _other_kind(number, "no elliptic-curve key for ECDSA")


def _malformed(number: str) -> Invalid:
    return _refused(
        "malformed",
        f"The public key of version {number} is no PEM that can be read.",
        mend="It begins with -----BEGIN PUBLIC KEY----- and ends with -----END PUBLIC KEY-----; "
        "take it over whole, and nothing besides.",
    )


def _other_kind(number: str, what: str) -> Invalid:
    return _refused(
        "is_not_p256",
        f"The public key of version {number} is {what}, and not on the curve P-256.",
        mend="Sign with a key of the type ecdsa-p256, and give its public half.",
    )


def _refused(code: str, sentence: str, *, mend: str) -> Invalid:
    return Invalid(f"public_key_{code}", sentence, field=_FIELD, mend=mend)
