from collections.abc import Iterator

import pytest

from tests.aegis.proof.signing.vaults import Signing
from tests.servers.transit import TransitStandIn


@pytest.fixture
def stand_in() -> Iterator[TransitStandIn]:
    with TransitStandIn().serving() as server:
        yield server


@pytest.fixture(params=["stand-in", "vault"])
def signing(request: pytest.FixtureRequest) -> Signing:
    """A server with a key: the stand-in, then the real Vault, which must behave alike."""
    name = {"stand-in": "stand_in", "vault": "vault"}[request.param]
    found = Signing(request.getfixturevalue(name))
    found.server.make_key(found.key)
    return found
