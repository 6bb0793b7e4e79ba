"""How Aegis signs in to Vault: with a token, an AppRole, or the token of a CI job or of OIDC.

Nothing here shows a secret: not in ``repr``, not in an error, not in what Vault is quoted with.
"""

from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol

from aegis.proof.signing.refusals import SignerMisconfigured

_LOGIN_MEND: Final = "Look at how Aegis signs in to Vault: AEGIS_VAULT_AUTH and what belongs to it."
_NEVER: Final = float("inf")


class StrangeAnswer(Exception):  # noqa: N818 -- What came, for the client to name.
    """What answered to signing in is no answer of Vault's."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer


class Secret(Protocol):
    """Where a secret is read each time that it is needed, so that a new one takes effect."""

    def __call__(self) -> str:
        """Return the secret. Raises ``SignerMisconfigured``."""


@dataclass(frozen=True, slots=True)
class Given:
    """A secret that was handed over."""

    value: str = field(repr=False)

    def __call__(self) -> str:
        """Return it."""
        return self.value


@dataclass(frozen=True, slots=True)
class InFile:
    """A secret that lies in a file, where something else may renew it."""

    path: Path

    def __call__(self) -> str:
        """Read it."""
        try:
            found = self.path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise self._unusable("cannot be read") from error
        if not found or len(found.split()) > 1:
            raise self._unusable("holds no single word")
        return found

    def _unusable(self, why: str) -> SignerMisconfigured:
        return SignerMisconfigured(
            "signer_login_failed",
            f"Aegis cannot sign in to Vault: the file {self.path} {why}.",
            mend=_LOGIN_MEND,
        )


@dataclass(frozen=True, slots=True)
class Lease:
    """A token of Vault and how long it lasts; times are of ``monotonic``."""

    token: str = field(repr=False)
    renew_at: float = _NEVER
    is_renewable: bool = False
    seconds: float = _NEVER

    @classmethod
    def of(cls, token: str, *, seconds: float, is_renewable: bool) -> "Lease":
        """Return a lease that begins now; one of no seconds does not end."""
        if seconds <= 0:
            return cls(token)
        return cls(token, monotonic() + seconds / 2, is_renewable, seconds)


class Login(Protocol):
    """A way to get a token, by showing a ``secret``."""

    @property
    def secret(self) -> Secret:
        """Return where the secret is read."""

    def __call__(self, client: Any) -> Lease:
        """Sign in over an hvac client without a token.

        Raises ``StrangeAnswer``, and what hvac and ``Secret`` raise.
        """

    @property
    def is_repeatable(self) -> bool:
        """Say whether signing in again gives another token."""


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """A token that somebody else got, by hand or by Vault's agent."""

    secret: Secret

    @property
    def is_repeatable(self) -> bool:
        """Only a file can hold another token by now."""
        return isinstance(self.secret, InFile)

    def __call__(self, client: Any) -> Lease:
        """Ask Vault how long the token lasts."""
        token = self.secret()
        client.token = token
        found = _part(client.auth.token.lookup_self(), "data")
        return Lease.of(token, seconds=_seconds(found, "ttl"), is_renewable=_renewable(found))


@dataclass(frozen=True, slots=True)
class AppRoleLogin:
    """A role id with a secret id."""

    role_id: str
    secret: Secret
    mount: str = "approle"
    is_repeatable: bool = True

    def __call__(self, client: Any) -> Lease:
        """Exchange the pair for a token."""
        answer = client.auth.approle.login(
            role_id=self.role_id,
            secret_id=self.secret(),
            use_token=False,
            mount_point=self.mount,
        )
        return granted(answer)


@dataclass(frozen=True, slots=True)
class JwtLogin:
    """A signed token (JWT) of a CI job or of an OIDC provider, and the role that it is for."""

    role: str
    secret: Secret
    mount: str = "jwt"
    is_repeatable: bool = True

    def __call__(self, client: Any) -> Lease:
        """Exchange the JWT for a token."""
        answer = client.auth.jwt.jwt_login(
            role=self.role, jwt=self.secret(), use_token=False, path=self.mount
        )
        return granted(answer)


def granted(answer: Any) -> Lease:
    """Return the lease in Vault's answer to signing in or renewing."""
    found = _part(answer, "auth")
    token = found.get("client_token")
    if not isinstance(token, str) or not token:
        raise StrangeAnswer(answer)
    return Lease.of(
        token, seconds=_seconds(found, "lease_duration"), is_renewable=_renewable(found)
    )


def _part(answer: Any, name: str) -> dict[str, Any]:
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, dict):
        raise StrangeAnswer(answer)
    return found


def _seconds(found: dict[str, Any], name: str) -> float:
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StrangeAnswer(found)
    return float(value)


def _renewable(found: dict[str, Any]) -> bool:
    return found.get("renewable") is True
