"""The signatures of versions, as rows."""

from aegis.proof.signing.bundle import SignedBundle
from registry.models import ModelVersion, Signature


def add_signature(
    version: ModelVersion, bundle: SignedBundle, *, manifest_digest: str
) -> Signature:
    """Keep the signature of a version; its key must be in the list, and allowed to sign."""
    signature: Signature = Signature.objects.create(
        version=version,
        manifest_digest=manifest_digest,
        key_name=bundle.key_name,
        key_version=bundle.key_version,
        key_hint=bundle.key_hint,
        algorithm=bundle.algorithm,
        public_key=bundle.public_key_pem,
        bundle=bundle.data.decode(),
        is_development=bundle.is_development,
    )
    return signature
