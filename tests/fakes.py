"""Stand-ins for what cannot be had in a test: each keeps a protocol of ours."""

from collections.abc import Sequence
from dataclasses import replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from aegis.problems import Unavailable
from aegis.proof.signing.keys import algorithm, pem_of
from aegis.proof.signing.signer import PublicKey, SignatureResult
from registry.signing.configured import configured_signer


class AbsentSigner:
    """A signer that does not answer."""

    is_development = True

    def sign(self, signed: bytes) -> SignatureResult:  # noqa: ARG002 -- The protocol's.
        raise Unavailable("signer_failed", "The signer does not answer.")

    def public_keys(self) -> Sequence[PublicKey]:
        raise Unavailable("signer_failed", "The signer does not answer.")


class RotatingSigner:
    """A signer that holds keys like Vault: the newest signs, and the older ones stay known."""

    is_development = False

    def __init__(self) -> None:
        self.keys: list[ec.EllipticCurvePrivateKey] = []
        self.rotate()

    def rotate(self) -> None:
        self.keys.append(ec.generate_private_key(ec.SECP256R1()))

    def sign(self, signed: bytes) -> SignatureResult:
        signature = self.keys[-1].sign(signed, ec.ECDSA(hashes.SHA256()))
        newest = self.public_keys()[-1]
        return SignatureResult(
            signature,
            newest.key_name,
            newest.key_version,
            newest.public_key_pem,
            newest.algorithm,
        )

    def public_keys(self) -> Sequence[PublicKey]:
        pems = [pem_of(key) for key in self.keys]
        return [
            PublicKey("transit-name", str(number), pem, algorithm(pem))
            for number, pem in enumerate(pems, start=1)
        ]


class LyingSigner:
    """A signer that signs something else than it was asked to."""

    is_development = True

    def sign(self, signed: bytes) -> SignatureResult:
        return configured_signer().sign(signed + b" and more")

    def public_keys(self) -> Sequence[PublicKey]:
        return configured_signer().public_keys()


class EmptySigner(LyingSigner):
    """A signer that answers with nothing."""

    def sign(self, signed: bytes) -> SignatureResult:
        return replace(super().sign(signed), signature_der=b"")
