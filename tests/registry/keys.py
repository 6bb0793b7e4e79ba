"""What tests of signing keys begin with."""

from django.utils import timezone

from registry.compromises import mark_compromised
from registry.models import SigningKey, SigningKeyVersion
from registry.signing_keys import add_key
from registry.watching_keys import note_all
from tests.cast import Cast

REASON = "The laptop of an operator was stolen."


def new_key(cast: Cast, name: str, **further: object) -> SigningKey:
    """List a development key and have its public key noted."""
    key = add_key(actor=cast.ada, name=name, provider="development", **further)  # type: ignore[arg-type]  # What a test says.
    note_all()
    return key


def compromise(
    key: SigningKey, cast: Cast, *, version: str | None = None
) -> list[SigningKeyVersion]:
    """Mark a key as compromised, just after a sign-in."""
    note_all()
    return mark_compromised(
        key, actor=cast.ada, authenticated_at=timezone.now(), reason=REASON, version=version
    )
