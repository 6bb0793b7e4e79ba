"""Who signs: the protocol that Vault and the development signer keep, and the check of its answer.

The registry never holds a signing key in production. It hands over the bytes of a statement that
it built itself, and believes an answer only after verifying it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from aegis.problems import Refusal, Unavailable
from aegis.proof.signing.keys import algorithm, check_signature, hint, normal_pem


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One version of a signing key, as published at ``/.well-known/aegis/keys.json``."""

    key_name: str
    key_version: str
    public_key_pem: str
    algorithm: str

    @property
    def hint(self) -> str:
        """The hex sha256 by which bundles name the key."""
        return hint(self.public_key_pem)


@dataclass(frozen=True, slots=True)
class SignatureResult:
    """A signature (DER) and which version of which key made it."""

    signature_der: bytes
    key_name: str
    key_version: str
    public_key_pem: str
    algorithm: str


class Signer(Protocol):
    """Something that signs with a key that it keeps to itself."""

    @property
    def is_development(self) -> bool:
        """Whether its signatures prove nothing, since whoever reads its folder can sign."""

    def sign(self, signed: bytes) -> SignatureResult:
        """Sign the bytes of a DSSE pre-authentication encoding, or raise ``Unavailable``."""

    def public_keys(self) -> Sequence[PublicKey]:
        """Return all versions of the key, the newest last."""


def sign(signer: Signer, signed: bytes) -> SignatureResult:
    """Have ``signer`` sign, and verify its answer; an empty or wrong one is ``Unavailable``."""
    answer = signer.sign(signed)
    if not (answer.signature_der and answer.key_name and answer.key_version):
        raise Unavailable(
            "signer_failed", "The signer gave an empty answer, so nothing was signed."
        )
    try:
        check_signature(answer.public_key_pem, answer.signature_der, signed)
        fits = algorithm(answer.public_key_pem) == answer.algorithm
    except Refusal as error:
        raise _wrong() from error
    if not fits:
        raise _wrong()
    return SignatureResult(
        answer.signature_der,
        answer.key_name,
        answer.key_version,
        normal_pem(answer.public_key_pem),
        answer.algorithm,
    )


def _wrong() -> Unavailable:
    sentence = "The signer's answer does not verify with its own key, so nothing was signed."
    return Unavailable("signer_failed", sentence)
