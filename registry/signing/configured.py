"""The signer that the settings name."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from aegis.proof.signing.signer import Signer
from registry.signing.development import DevelopmentSigner


def configured_signer() -> Signer:
    """Return the signer of ``AEGIS_SIGNER``."""
    if settings.AEGIS_SIGNER != "development":
        raise ImproperlyConfigured(
            "Unset VAULT_ADDR: this release signs with the local development signer only."
        )
    return DevelopmentSigner(settings.AEGIS_DATA / "keys" / "development.pem")
