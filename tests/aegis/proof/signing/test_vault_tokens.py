from types import SimpleNamespace
from typing import Any

import pytest
from hvac import exceptions

from aegis.proof.signing.vault_auth import Lease
from aegis.proof.signing.vault_tokens import Tokens


class CountedLogin:
    """Signs in as often as it is asked; each token is to be renewed at once."""

    is_repeatable = True

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, client: Any) -> Lease:  # noqa: ARG002 -- The protocol's.
        self.count += 1
        return Lease.of(f"token-{self.count}", seconds=1e-9, is_renewable=True)

    def secret(self) -> str:
        return "a-secret-id"


@pytest.mark.parametrize(
    "refusal",
    [
        exceptions.Forbidden("permission denied"),
        exceptions.InvalidRequest("lease is not renewable"),
        # As Vault 1.21 says it in the moment between the two.
        exceptions.InternalServerError("past the max TTL, cannot renew"),
    ],
)
def test_a_token_that_is_renewed_no_more_is_replaced_whatever_vault_calls_that(
    refusal: exceptions.VaultError,
) -> None:
    def refuse() -> None:
        raise refusal

    client = SimpleNamespace(
        token="", auth=SimpleNamespace(token=SimpleNamespace(renew_self=refuse))
    )
    tokens = Tokens(CountedLogin())

    assert tokens.current(lambda: client) == "token-1"
    assert tokens.current(lambda: client) == "token-2"
