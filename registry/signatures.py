"""The signatures of versions, as rows."""

from django.db.models import F, QuerySet

from aegis.proof.signing.bundle import SignedBundle
from registry.compromises import of_key
from registry.models import BroughtSignature, ModelVersion, Signature


def add_signature(
    version: ModelVersion,
    bundle: SignedBundle,
    *,
    manifest_digest: str,
    brought: BroughtSignature | None = None,
) -> Signature:
    """Keep the signature of a version; its key must be in the list, and allowed to sign.

    ``brought`` is what it came as, where whoever brought the version in had it made.
    """
    signature: Signature = Signature.objects.create(
        version=version,
        manifest_digest=manifest_digest,
        algorithm=bundle.algorithm,
        bundle=bundle.data.decode(),
        brought=brought,
        **bundle.key_fields,
    )
    return signature


def signatures_of(version: ModelVersion) -> QuerySet[Signature]:
    """Return the signatures over a version's files, the one that counts first, without bundles.

    Each has ``compromised_at`` of its key, and ``brought_by``: who brought it with the version,
    None for one that Aegis asked for.
    """
    found: QuerySet[Signature] = (
        Signature.objects.filter(version=version, manifest_digest=version.digest)
        .annotate(compromised_at=of_key(), brought_by=F("brought__upload__owner__username"))
        .defer("bundle")
        .order_by("-signed_at", "-id")
    )
    return found
