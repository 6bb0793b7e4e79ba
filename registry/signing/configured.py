"""Which key of the list signs for a registered model, and the signer that holds it."""

from collections.abc import Iterable

from django.conf import settings

from aegis.problems import Conflict, Invalid, Refusal
from aegis.proof.signing.signer import Signer
from registry.addresses import key_path
from registry.key_versions import compromised, retired, verify_only
from registry.models import ModelVersion, RegisteredModel, SigningKey
from registry.signing.development import KEY_NAME, DevelopmentSigner
from registry.signing.listed import ListedSigner
from registry.signing.vaults import vault_signer


def signer_of(key: SigningKey) -> ListedSigner:
    """Return what signs with ``key``, in its name; ``Conflict`` for a key to verify only."""
    if key.is_verify_only:
        raise verify_only(key)
    if key.is_development:
        return ListedSigner(key, _development(key))
    return ListedSigner(key, vault_signer(key.transit_name))


def configured_signer() -> Signer:
    """Return the signer of the default key, for statements that are about no one model."""
    return signer_of(default_key())


def default_key() -> SigningKey:
    """Return the key that signs where nobody names one, or raise ``Conflict``."""
    key: SigningKey | None = SigningKey.objects.filter(is_default=True).first()
    if key is None:
        raise Conflict(
            "signing_key_missing",
            "No signing key is the default, so nothing says what to sign with.",
            mend="An administrator makes one the default.",
            url=key_path(""),
        )
    return key


def key_for(model: RegisteredModel, *, name: str | None = None) -> SigningKey:
    """Return the key ``name`` if it may sign for ``model``; without a name the default.

    Where the default may not and exactly one other may, that one is it. Raises ``Invalid`` for
    a name that is not listed, ``Conflict`` with the code of why a key may not sign.
    """
    listed = _listed()
    if name:
        return _allowed(_named(name, listed), model)
    default = next((key for key in listed if key.is_default), None)
    others = [key for key in listed if why_not(key, model) is None]
    if default in others or len(others) != 1:
        return _allowed(default or default_key(), model)
    return others[0]


def keys_for(model: RegisteredModel) -> list[SigningKey]:
    """Return the keys that may sign for ``model`` now, the default first."""
    return [key for key in _listed() if why_not(key, model) is None]


def statement_key(version: ModelVersion) -> SigningKey:
    """Return the key for a statement about a ready version: its own if that may sign still."""
    newest = (
        version.signatures.filter(manifest_digest=version.digest).order_by("-signed_at").first()
    )
    named = [key for key in _listed() if newest is not None and key.name == newest.key_name]
    if named and why_not(named[0], version.registered_model) is None:
        return named[0]
    return key_for(version.registered_model)


def why_not(key: SigningKey, model: RegisteredModel) -> Refusal | None:
    """Return the refusal to sign here for ``model`` with ``key``, or None where it may."""
    return verify_only(key) if key.is_verify_only else why_not_brought(key, model)


def why_not_brought(key: SigningKey, model: RegisteredModel) -> Refusal | None:
    """Return the refusal of what was signed elsewhere for ``model`` with ``key``, or None."""
    newest = max(key.versions.all(), key=lambda one: (one.first_seen_at, one.pk), default=None)
    teams = {team.pk: team.name for team in key.teams.all()}
    if key.retired_at is not None:
        return retired(key)
    if newest is not None and newest.is_compromised:
        return compromised(newest)
    if key.is_development and settings.AEGIS_PRODUCTION:
        return _refusal(key, "development", "is a development key, which proves nothing here")
    if teams and model.team_id not in teams:
        whom = ", ".join(sorted(teams.values()))
        return _refusal(key, "not_for_team", f"signs for {whom}, not for {model.team}")
    if model.risk_tier not in key.risk_tiers:
        tiers = " and ".join(str(tier) for tier in sorted(key.risk_tiers))
        return _refusal(key, "not_for_tier", f"signs in tier {tiers}, not in {model.risk_tier}")
    return None


def _listed() -> list[SigningKey]:
    rows = SigningKey.objects.order_by("-is_default", "name")
    return list(rows.prefetch_related("teams", "versions"))


def _named(name: str, listed: Iterable[SigningKey]) -> SigningKey:
    for key in listed:
        if key.name == name:
            return key
    raise Invalid(
        "signing_key_unknown",
        f"No signing key of the list is named {name[:120]!a}.",
        field="sign_key",
        mend="The page of signing keys lists them; an administrator adds one.",
        url=key_path(""),
    )


def _allowed(key: SigningKey, model: RegisteredModel) -> SigningKey:
    if refusal := why_not(key, model):
        raise refusal
    return key


def _refusal(key: SigningKey, code: str, sentence: str) -> Conflict:
    return Conflict(
        f"signing_key_{code}",
        f"The signing key {key} {sentence}.",
        mend="Choose another key, or ask an administrator who may use this one.",
        url=key_path(""),
        details={"key": key.name},
    )


def _development(key: SigningKey) -> DevelopmentSigner:
    # The first one had no name in the list yet when its file got this name.
    name = "development" if key.name == KEY_NAME else f"development-{key.name}"
    return DevelopmentSigner(settings.AEGIS_DATA / "keys" / f"{name}.pem")
