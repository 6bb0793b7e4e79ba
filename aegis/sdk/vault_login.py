"""How a client signs in to Vault, by what its environment holds: a token, or a CI job's identity.

``VAULT_TOKEN`` is taken where it is set. A CI job without one names the role ``VAULT_AUTH_ROLE``
of Vault's JWT method (mounted at ``VAULT_AUTH_PATH``, ``jwt`` if left out) and shows the identity
that its runner vouches for: the one in ``VAULT_ID_TOKEN``, as GitLab's ``id_tokens`` put it there,
or the one that GitHub Actions hands out to jobs with ``id-token: write``, for the audience
``VAULT_ID_TOKEN_AUDIENCE`` if that is set.
"""

import os
from typing import Final

import httpx

from aegis.problems import Invalid
from aegis.proof.signing.vault_auth import Given, JwtLogin, Login, TokenLogin
from aegis.sdk.errors import Unreachable

_SECONDS: Final = 20.0


def is_vault_named() -> bool:
    """Say whether the environment names a Vault and a way to sign in to it."""
    ways = ("VAULT_TOKEN", "VAULT_AUTH_ROLE")
    return bool(os.environ.get("VAULT_ADDR")) and any(map(os.environ.get, ways))


def vault_login() -> Login:
    """Return how to sign in to the Vault of the environment, or raise ``Invalid``."""
    if token := os.environ.get("VAULT_TOKEN"):
        return TokenLogin(Given(token))
    role = os.environ.get("VAULT_AUTH_ROLE")
    identity = os.environ.get("VAULT_ID_TOKEN") or (_of_github() if role else None)
    if not role or not identity:
        raise Invalid(
            "vault_not_configured",
            "Signing with Vault needs its address and a way to sign in.",
            mend="Set VAULT_ADDR with VAULT_TOKEN, or in a CI job with VAULT_AUTH_ROLE and the "
            "job's identity in VAULT_ID_TOKEN; or sign with a key file.",
        )
    return JwtLogin(role, Given(identity), mount=os.environ.get("VAULT_AUTH_PATH") or "jwt")


def _of_github() -> str | None:
    """Ask the runner of GitHub Actions for the identity of this job, where it is one."""
    address = os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL")
    bearer = os.environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if not address or not bearer:
        return None
    audience = os.environ.get("VAULT_ID_TOKEN_AUDIENCE")
    try:
        answer = httpx.get(
            httpx.URL(address).copy_merge_params({"audience": audience} if audience else {}),
            headers={"Authorization": f"Bearer {bearer}"},
            timeout=_SECONDS,
        )
        answer.raise_for_status()
        found = answer.json()["value"]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        raise Unreachable(
            "ci_identity_missing",
            "The runner of GitHub Actions gave out no identity of this job.",
            mend="Give the job `permissions: id-token: write`.",
        ) from error
    return str(found)
