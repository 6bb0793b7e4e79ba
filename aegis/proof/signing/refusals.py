"""What is wrong with a signature, as a refusal whose code says which check failed."""

from aegis.problems import Conflict


class Unverified(Conflict):
    """A signature does not hold for what it is presented for."""


def malformed(reason: str) -> Unverified:
    """Refuse a bundle that cannot be read."""
    return Unverified("signature_malformed", f"The signature cannot be read: {reason}.")
