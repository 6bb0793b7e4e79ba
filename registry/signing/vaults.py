"""The signers of the Vault that the settings name: one connection and one sign-in per process."""

from functools import cache

from django.conf import settings

from aegis.proof.signing.refusals import SignerMisconfigured
from aegis.proof.signing.vault import Asks, VaultTransitSigner, connect
from aegis.proof.signing.vault_auth import (
    AppRoleLogin,
    Given,
    InFile,
    JwtLogin,
    Login,
    TokenLogin,
)
from aegis.settings.vault import Vault


def vault_signer(transit_name: str) -> VaultTransitSigner:
    """Return what signs with the key ``transit_name`` of the Vault; nothing is asked yet."""
    vault: Vault | None = settings.AEGIS_VAULT
    if vault is None:
        raise SignerMisconfigured(
            "signer_missing",
            f"Nothing can sign with the key {transit_name} of a Vault, since none is set.",
            mend="Set VAULT_ADDR and how Aegis signs in there, and start the workers again.",
        )
    return _signer(vault, transit_name)


@cache
def _signer(vault: Vault, transit_name: str) -> VaultTransitSigner:
    return VaultTransitSigner(_connected(vault), transit_name, mount=vault.transit_mount)


@cache
def _connected(vault: Vault) -> Asks:
    return connect(vault.address, _login(vault), namespace=vault.namespace, ca_file=vault.ca_file)


def _login(vault: Vault) -> Login:
    secret = InFile(vault.secret_file) if vault.secret_file else Given(vault.secret)
    if vault.auth == "approle":
        return AppRoleLogin(vault.role, secret, mount=vault.auth_mount)
    if vault.auth == "jwt":
        return JwtLogin(vault.role, secret, mount=vault.auth_mount)
    return TokenLogin(secret)
