"""A Vault, real or stood in for, as the tests of the signer use one."""

import uuid
from dataclasses import dataclass, field

from aegis.proof.signing.vault import VaultTransitSigner, connect
from aegis.proof.signing.vault_auth import Given, TokenLogin
from tests.servers.transit import TransitStandIn
from tests.servers.vault.server import VaultServer


@dataclass(frozen=True, slots=True)
class Signing:
    """A server with a key of this test alone."""

    server: VaultServer | TransitStandIn
    key: str = field(default_factory=lambda: f"key-{uuid.uuid4().hex[:12]}")

    def signer(self, token: str | None = None, key: str | None = None) -> VaultTransitSigner:
        """Return a new signer that has asked nothing yet."""
        login = TokenLogin(Given(self.server.token if token is None else token))
        return VaultTransitSigner(connect(self.server.address, login), key or self.key)
