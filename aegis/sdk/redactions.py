"""Which files of an artifact were redacted: by signed statements, and by nothing else."""

from collections.abc import Iterable

from aegis.proof.signing.redaction import verify_redaction
from aegis.proof.signing.refusals import Unverified
from aegis.sdk.trust import TrustedKeys


def redacted_files(
    statements: Iterable[bytes], manifest_digest: str | None, trusted: TrustedKeys
) -> dict[str, str]:
    """Return path and sha256 of the files that statements take out of the artifact of a manifest.

    A statement of another artifact says nothing here. Raises ``Unverified`` for one that no
    trusted key signed, or a key that is compromised.
    """
    found = {}
    for statement in statements:
        key = trusted.of_bundle(statement)
        if key.compromised_at is not None:
            code = "key_compromised"
            raise Unverified(code, f"A redaction was signed with the bad key {key.title}.")
        said = verify_redaction(statement, public_key_pem=key.public_key_pem)
        if said.manifest_digest == manifest_digest:
            found[said.path] = said.sha256
    return found
