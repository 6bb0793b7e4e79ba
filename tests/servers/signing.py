"""Aegis signing with a Vault, for tests of whole jobs: the stand-in's, then the real one's."""

import uuid
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from aegis.settings.vault import Vault
from registry.models import SigningKey
from registry.signing_keys import list_first_key
from tests.servers.transit import TransitStandIn
from tests.servers.vault.server import VaultServer


@pytest.fixture
def stand_in() -> Iterator[TransitStandIn]:
    """Vault's Transit engine as we stand in for it, with faults on demand."""
    with TransitStandIn().serving() as server:
        yield server


@pytest.fixture(params=["stand-in", "vault"])
def transit(request: pytest.FixtureRequest) -> TransitStandIn | VaultServer:
    """The stand-in, then the real Vault, between which a job sees no difference."""
    name = {"stand-in": "stand_in", "vault": "vault"}[request.param]
    server: TransitStandIn | VaultServer = request.getfixturevalue(name)
    return server


def sign_with(
    settings: Settings, server: TransitStandIn | VaultServer, *, token: str | None = None
) -> SigningKey:
    """Have Aegis sign with a new key of ``server``, as its environment would have it."""
    name = f"key-{uuid.uuid4().hex[:12]}"
    server.make_key(name)
    settings.AEGIS_VAULT = Vault(
        address=server.address,
        auth="token",
        role="",
        secret=server.token if token is None else token,
        secret_file=None,
        auth_mount="token",
        transit_mount="transit",
        namespace=None,
        ca_file=None,
    )
    settings.AEGIS_SIGNER = "vault"
    settings.AEGIS_SIGNING_KEY = name
    key = list_first_key()
    assert key is not None
    return key
