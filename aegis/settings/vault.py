"""Which Vault signs, and how Aegis signs in to it; none without ``VAULT_ADDR``."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from aegis.settings import env

WAYS = ("token", "approle", "jwt")


@dataclass(frozen=True, slots=True)
class Vault:
    """A Vault and what belongs to signing in to it. A secret is given, or lies in a file.

    ``secret`` is a token, the secret id of an AppRole, or a JWT; ``role`` a role id or the name
    of a role for JWTs.
    """

    address: str
    auth: str
    role: str
    secret: str = field(repr=False)
    secret_file: Path | None
    auth_mount: str
    transit_mount: str
    namespace: str | None
    ca_file: str | None


def read() -> Vault | None:
    """Read the environment. Raises ``ImproperlyConfigured`` for a value that cannot be right."""
    address = env.optional("VAULT_ADDR")
    auth = env.choice("AEGIS_VAULT_AUTH", "token", among=WAYS)
    if address is None:
        return None
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ImproperlyConfigured(
            "VAULT_ADDR must be an address such as https://vault.example:8200."
        )
    if parts.username or parts.password:
        raise ImproperlyConfigured("VAULT_ADDR must hold no name or password.")
    role, secret, file = {
        "token": ("", "VAULT_TOKEN", "AEGIS_VAULT_TOKEN_FILE"),
        "approle": ("AEGIS_VAULT_ROLE_ID", "AEGIS_VAULT_SECRET_ID", "AEGIS_VAULT_SECRET_ID_FILE"),
        "jwt": ("AEGIS_VAULT_JWT_ROLE", "AEGIS_VAULT_JWT", "AEGIS_VAULT_JWT_FILE"),
    }[auth]
    return Vault(
        address=address.rstrip("/"),
        auth=auth,
        role=(env.optional(role) or "") if role else "",
        secret=env.optional(secret) or "",
        secret_file=env.path(file, Path()) if env.optional(file) else None,
        auth_mount=env.text("AEGIS_VAULT_AUTH_MOUNT", auth),
        transit_mount=env.text("AEGIS_VAULT_TRANSIT_MOUNT", "transit"),
        namespace=env.optional("VAULT_NAMESPACE"),
        ca_file=env.optional("VAULT_CACERT"),
    )


def missing(vault: Vault) -> list[str]:
    """Return what must be set for Aegis to sign in; each entry names the variables."""
    wanted = []
    if vault.auth == "approle" and not vault.role:
        wanted.append("AEGIS_VAULT_ROLE_ID")
    if vault.auth == "jwt" and not vault.role:
        wanted.append("AEGIS_VAULT_JWT_ROLE")
    if not vault.secret and vault.secret_file is None:
        wanted.append(
            {
                "token": "VAULT_TOKEN or AEGIS_VAULT_TOKEN_FILE",
                "approle": "AEGIS_VAULT_SECRET_ID_FILE or AEGIS_VAULT_SECRET_ID",
                "jwt": "AEGIS_VAULT_JWT_FILE or AEGIS_VAULT_JWT",
            }[vault.auth]
        )
    return wanted


def is_in_the_clear(vault: Vault) -> bool:
    """Say whether the token would travel over a network without TLS."""
    parts = urlsplit(vault.address)
    return parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}
