"""A signed-in connection to Vault, for many threads: limits, one retry, and refusals that speak.

Imported only where a Vault is used, since it needs hvac.
"""

import threading
from collections.abc import Callable
from typing import Any

import requests
from hvac import exceptions

from aegis.problems import Refusal
from aegis.proof.signing.vault import Question
from aegis.proof.signing.vault_auth import Login, StrangeAnswer
from aegis.proof.signing.vault_refusals import (
    forbidden,
    login_refused,
    quote,
    refusal_of,
    token_unknown,
    unreadable,
    was_reset,
)
from aegis.proof.signing.vault_tokens import Tokens
from aegis.proof.signing.vault_transport import client

_REFUSED = (exceptions.InvalidRequest, exceptions.Forbidden, exceptions.Unauthorized)
_FAILED = (exceptions.VaultError, requests.RequestException, OSError)


class VaultClient:
    """Asks one Vault, as ``login`` signs in. Threads share the token, each has its connection."""

    def __init__(
        self, url: str, login: Login, *, namespace: str | None, ca_file: str | None
    ) -> None:
        self.url = url.rstrip("/")
        self._namespace = namespace
        self._ca_file = ca_file
        self._tokens = Tokens(login)
        self._of_thread = threading.local()

    def __repr__(self) -> str:
        return f"<VaultClient of {self.url}>"

    def ask(self, question: Question, act: Callable[[Any], Any]) -> dict[str, Any]:
        """Return the JSON object that ``act`` gets over an hvac client, or raise a refusal."""
        is_last = False
        while True:
            token = self._sign_in()
            connection = self._connection()
            connection.token = token
            try:
                return self._object(_twice_if_cut(lambda: act(connection)))  # noqa: B023 -- At once.
            except exceptions.Forbidden as error:
                # A token that ended is refused like one without the right, so another one is tried.
                can_change = self._tokens.forget(token) and not is_last
                if not can_change:
                    raise _lacking(question, error) from None
                is_last = True
            except _FAILED as error:
                raise self._meaning(error, question, token) from None

    def _sign_in(self) -> str:
        try:
            return self._tokens.current(self._anonymous)
        except _REFUSED as error:
            raise login_refused(quote(error, self._tokens.secrets())) from None
        except StrangeAnswer as strange:
            raise unreadable(strange.answer, url=self.url) from None
        except _FAILED as error:
            secrets = self._tokens.secrets()
            raise refusal_of(error, url=self.url, secrets=secrets) from None

    def _meaning(self, error: Exception, question: Question, token: str) -> Refusal:
        if isinstance(error, exceptions.InvalidPath) and question.unknown and not quote(error):
            return question.unknown
        return refusal_of(error, url=self.url, secrets=[token])

    def _object(self, answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict):
            raise unreadable(answer, url=self.url)
        return answer

    def _connection(self) -> Any:
        if not hasattr(self._of_thread, "client"):
            self._of_thread.client = self._anonymous()
        return self._of_thread.client

    def _anonymous(self) -> Any:
        return client(self.url, namespace=self._namespace, ca_file=self._ca_file)


def _lacking(question: Question, error: Exception) -> Refusal:
    said = quote(error)
    if "invalid token" in said or "bad token" in said:
        return token_unknown()
    return forbidden(doing=question.doing, capability=question.capability, path=question.path)


def _twice_if_cut(act: Callable[[], Any]) -> Any:
    """Do it, and once more if the connection, kept open since the last time, turns out cut."""
    try:
        return act()
    except requests.RequestException as error:
        if not was_reset(error):
            raise
    return act()
