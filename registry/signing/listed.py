"""A signer by its name in the list of signing keys."""

from collections.abc import Sequence
from dataclasses import replace

from aegis.proof.signing.signer import PublicKey, SignatureResult, Signer, sign
from aegis.proof.signing.vault import VaultTransitSigner
from registry.key_versions import version_that_signed
from registry.models import SigningKey


class ListedSigner:
    """Sign with ``signer`` in the name of ``key``, and note the versions that it signs with.

    It hands out no signature of a version that is compromised, or whose public key changed.
    """

    def __init__(self, key: SigningKey, signer: Signer) -> None:
        self._key = key
        self._signer = signer

    @property
    def is_development(self) -> bool:
        """Whether its signatures prove nothing."""
        return self._signer.is_development

    @property
    def deletion_allowed(self) -> bool:
        """Whether the key could be deleted where it is kept, as it was when it was last shown."""
        return isinstance(self._signer, VaultTransitSigner) and self._signer.deletion_allowed

    def sign(self, signed: bytes) -> SignatureResult:
        """Sign, or raise ``Unavailable``, or ``Conflict`` with the code of what is wrong."""
        # Verified first: nothing is noted on the word of a signer whose answer does not hold.
        answer = replace(sign(self._signer, signed), key_name=self._key.name)
        shown = PublicKey(
            answer.key_name, answer.key_version, answer.public_key_pem, answer.algorithm
        )
        version_that_signed(self._key, shown=shown)
        return answer

    def public_keys(self) -> Sequence[PublicKey]:
        """Return all versions of the key, the newest last."""
        return [replace(shown, key_name=self._key.name) for shown in self._signer.public_keys()]
