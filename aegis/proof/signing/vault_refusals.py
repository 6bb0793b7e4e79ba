"""What Vault's answers mean: for each a code that stays, a sentence, and what an operator mends."""

from collections.abc import Sequence
from typing import Any, Final

import hvac.exceptions
import requests
from urllib3.exceptions import ProtocolError

from aegis.problems import Refusal
from aegis.proof.signing.refusals import SignerAway, SignerMisconfigured
from aegis.proof.signing.vault_transport import TooMuch, is_redirect, status_of

_LONGEST_QUOTE: Final = 200
_NO_ACTIVE_NODE: Final = "active cluster node not found"
_NO_MOUNT: Final = "no handler for route"


def refusal_of(error: Exception, *, url: str, secrets: Sequence[str] = ()) -> Refusal:
    """Return what an exception of the connection or of Vault means, without repeating secrets."""
    if isinstance(error, requests.RequestException):
        return _of_connection(error, url=url)
    if isinstance(error, OSError):
        return _unreadable_authority()
    return _of_vault(error, quote(error, secrets), url=url)


def _of_vault(error: Exception, said: str, *, url: str) -> Refusal:
    if isinstance(error, hvac.exceptions.VaultNotInitialized) or "sealed" in said.lower():
        return SignerAway(
            "signer_sealed", "Vault is sealed, so it signs nothing.", mend="Unseal Vault."
        )
    if _NO_ACTIVE_NODE in said:
        sentence = f"The Vault at {url} is on standby and knows no active node."
        return SignerAway("signer_standby", sentence)
    if isinstance(error, hvac.exceptions.RateLimitExceeded):
        return SignerAway("signer_slow", "Vault asks to be asked less often.")
    if isinstance(error, hvac.exceptions.BadGateway | hvac.exceptions.VaultDown):
        return SignerAway("signer_unreachable", f"Vault is not available behind {url}.")
    if _NO_MOUNT in said:
        return SignerMisconfigured(
            "signer_mount_unknown",
            f"Vault has nothing at the path that Aegis asks: {said}",
            mend="Enable the secrets engine or sign-in method there, or set the path it has.",
        )
    return SignerAway("signer_failed", f"Vault failed to answer: {said or 'without a reason'}.")


def unreadable(answer: Any, *, url: str) -> Refusal:
    """Return what an answer means that is no JSON object."""
    if is_redirect(answer):
        return SignerMisconfigured(
            "signer_redirected",
            f"Vault at {url} sends the request to another address, which Aegis does not follow.",
            mend="Set VAULT_ADDR to the address that answers itself.",
        )
    status = status_of(answer)
    about = f" (status {status.value})" if status else ""
    return SignerAway("signer_failed", f"What answers at {url} does not answer as Vault{about}.")


def forbidden(*, doing: str, capability: str, path: str) -> Refusal:
    """Return the refusal for a token that lacks the right to do something."""
    return SignerMisconfigured(
        "signer_forbidden",
        f"Vault does not let Aegis {doing}: its policy lacks `{capability}` on `{path}`.",
        mend=f"Give Aegis's policy in Vault `{capability}` on `{path}`.",
        details={"path": path, "capability": capability},
    )


def login_refused(said: str) -> Refusal:
    """Return the refusal for a way to sign in that Vault does not accept, with what it said."""
    return SignerMisconfigured(
        "signer_login_failed",
        f"Vault does not let Aegis sign in{f': {said}' if said else ''}.",
        mend="Look at how Aegis signs in to Vault: AEGIS_VAULT_AUTH and what belongs to it.",
    )


def token_unknown() -> Refusal:
    """Return the refusal for a token that ended and that Aegis cannot replace."""
    return SignerMisconfigured(
        "signer_login_failed",
        "Vault does not know Aegis's token any more.",
        mend="Give Aegis a token that is good: VAULT_TOKEN, or a file that is kept fresh.",
    )


def quote(error: Exception, secrets: Sequence[str] = ()) -> str:
    """Return what Vault said, on one line and without ``secrets``, in case it repeats them."""
    said = getattr(error, "errors", None)
    if not isinstance(said, list):
        said = [getattr(error, "text", None) or ""]
    text = " ".join(" ".join(str(part) for part in said).split())
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    plain = "".join(character for character in text if character.isprintable())
    return plain[:_LONGEST_QUOTE].strip()


def was_reset(error: requests.RequestException) -> bool:
    """Say whether a connection that stood was cut, as happens to one that was kept open."""
    return any(isinstance(cause, ProtocolError) for cause in error.args)


def _of_connection(error: requests.RequestException, *, url: str) -> Refusal:
    if isinstance(error, requests.exceptions.SSLError):
        return SignerMisconfigured(
            "signer_untrusted",
            f"The certificate of Vault at {url} cannot be trusted.",
            mend="Set VAULT_CACERT to a file with the authority's certificate.",
        )
    if isinstance(error, requests.ReadTimeout):
        return SignerAway("signer_slow", f"Vault at {url} did not answer within 5 seconds.")
    if isinstance(error, TooMuch):
        return SignerAway("signer_failed", f"What answers at {url} sends more than Vault would.")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return SignerMisconfigured(
            "signer_misconfigured",
            f"{url} is no address of a Vault.",
            mend="Set VAULT_ADDR to an address such as https://vault.example:8200.",
        )
    return SignerAway("signer_unreachable", f"Vault does not answer at {url}.")


def _unreadable_authority() -> Refusal:
    # The library of requests looks for the file before it connects, and raises a plain OSError.
    return SignerMisconfigured(
        "signer_misconfigured",
        "The file of VAULT_CACERT cannot be read.",
        mend="Set VAULT_CACERT to a file with the authority's certificate.",
    )
