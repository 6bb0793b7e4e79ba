"""What is wrong with a signature, as a refusal whose code says which check failed."""

from aegis.problems import Conflict, Unavailable


class Unverified(Conflict):
    """A signature does not hold for what it is presented for."""


def malformed(reason: str) -> Unverified:
    """Refuse a bundle that cannot be read."""
    return Unverified("signature_malformed", f"The signature cannot be read: {reason}.")


class SignerAway(Unavailable):
    """The signer gives no usable answer now. What waits for it goes on by itself."""


class SignerMisconfigured(Unavailable):
    """The signer answers and will not sign until an operator mends what ``mend`` says."""


class KeyUnfit(Conflict):
    """The key may not sign, and never will: what is wrong with it cannot be taken back in Vault."""
