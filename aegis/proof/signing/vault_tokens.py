"""The token by which Aegis is signed in to Vault: got once for all threads, and kept good."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from hvac import exceptions

from aegis.proof.signing.vault_auth import Lease, Login, granted


class Tokens:
    """The token that all threads of a process share: got once, renewed at half of its time."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._lock = threading.Lock()
        self._lease: Lease | None = None

    def __repr__(self) -> str:
        return f"<Tokens by {type(self._login).__name__}>"

    def current(self, anonymous: Callable[[], Any]) -> str:
        """Return a token that is good, signing in over a client of ``anonymous`` if need be."""
        with self._lock:
            if self._lease is None:
                self._lease = self._login(anonymous())
            elif monotonic() >= self._lease.renew_at:
                self._lease = self._renewed(self._lease, anonymous)
            return self._lease.token

    def secrets(self) -> list[str]:
        """Return what nobody may see, to be taken out of what Vault says."""
        lease = self._lease
        return [self._login.secret(), *([lease.token] if lease else [])]

    def forget(self, token: str) -> bool:
        """Forget a token that Vault took no more, and say whether another can be had."""
        with self._lock:
            if self._lease is not None and self._lease.token == token:
                self._lease = None
            return self._login.is_repeatable

    def _renewed(self, lease: Lease, anonymous: Callable[[], Any]) -> Lease:
        client = anonymous()
        if lease.is_renewable:
            client.token = lease.token
            renewed = _renew(client)
            # Near the end of its longest life a token is renewed for less and less.
            if renewed and (renewed.seconds > lease.seconds / 2 or not self._login.is_repeatable):
                return renewed
            client.token = ""
        return self._login(client)


def _renew(client: Any) -> Lease | None:
    try:
        return granted(client.auth.token.renew_self())
    except (exceptions.Forbidden, exceptions.InvalidRequest, exceptions.InternalServerError):
        # In the last moment of its longest life Vault says so with a 500; whoever signs in anew
        # hears soon enough if it was another fault.
        return None
