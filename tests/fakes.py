"""Stand-ins for what cannot be had in a test: each keeps a protocol of ours."""

from collections.abc import Sequence
from dataclasses import replace

from aegis.problems import Unavailable
from aegis.proof.signing.signer import PublicKey, SignatureResult
from registry.signing.configured import configured_signer


class AbsentSigner:
    """A signer that does not answer."""

    is_development = True

    def sign(self, signed: bytes) -> SignatureResult:  # noqa: ARG002 -- The protocol's.
        raise Unavailable("signer_failed", "The signer does not answer.")

    def public_keys(self) -> Sequence[PublicKey]:
        raise Unavailable("signer_failed", "The signer does not answer.")


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
