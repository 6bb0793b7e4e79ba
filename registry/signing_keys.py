"""The list of signing keys that administrators keep: add, edit, choose the default, retire."""

from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from aegis.accounts.models import Team, User
from aegis.accounts.permits import require_administrator
from aegis.accounts.registry_roles import lock_roles
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Invalid
from aegis.proof.signing.signer import PublicKey
from registry import pasted_keys
from registry import signing_key_fields as fields
from registry.key_versions import compromised, list_version, verify_only
from registry.models import SigningKey, SigningKeyVersion
from registry.pasted_keys import Pasted
from registry.signing.development import KEY_NAME

ACT: Final = "keep the list of signing keys"


@verb
def add_key(
    *,
    actor: User,
    name: str,
    provider: str,
    transit_name: str = "",
    description: str = "",
    teams: Iterable[Team] = (),
    risk_tiers: Iterable[int] = fields.EVERY_TIER,
    public_keys: Iterable[Pasted] = (),
) -> SigningKey:
    """List a key, which signs for everybody where it has no ``teams``.

    A worker asks the signer for its public keys afterwards; one to verify only comes with its
    ``public_keys``. Without a ``transit_name`` a key in Vault has its own name there.
    """
    lock_roles()
    require_administrator(actor, ACT)
    checked = fields.name(name)
    kind = fields.provider(provider)
    if SigningKey.objects.filter(name=checked).exists():
        raise Conflict("signing_key_taken", f"There is a signing key {checked} already.")
    key = SigningKey.objects.create(
        name=checked,
        provider=kind,
        transit_name=fields.transit_name(transit_name or checked, provider=kind),
        description=fields.description(description),
        risk_tiers=fields.risk_tiers(risk_tiers),
        created_by=actor,
    )
    key.teams.set(teams)
    _record("signing_key:added", key, actor)
    _give(key, _expected(key, public_keys), actor)
    transaction.on_commit(_hint, robust=True)
    return key


@verb
def give_public_key(key: SigningKey, *, actor: User, pasted: Pasted) -> SigningKeyVersion:
    """Add the next version of a key to verify only, such as after it was rotated elsewhere.

    Raises ``Invalid`` as ``pasted_keys.read`` does, and ``Conflict``: ``signing_key_listed``,
    ``signing_key_version_order``, ``signing_key_shown`` for a key whose signer is asked.
    """
    key = _locked(key)
    require_administrator(actor, ACT)
    (given,) = _give(key, _expected(key, [pasted]), actor)
    return given


@verb
def edit_key(
    key: SigningKey,
    *,
    actor: User,
    description: str,
    teams: Iterable[Team],
    risk_tiers: Iterable[int],
) -> SigningKey:
    """Change what a key says of itself and whom it signs for from now on."""
    key = _locked(key)
    require_administrator(actor, ACT)
    key.description = fields.description(description)
    key.risk_tiers = fields.risk_tiers(risk_tiers)
    key.save(update_fields=["description", "risk_tiers"])
    key.teams.set(teams)
    _record("signing_key:edited", key, actor)
    return key


@verb
def make_default(key: SigningKey, *, actor: User) -> SigningKey:
    """Have ``key`` sign wherever nobody names one; the former default only loses its place."""
    lock_roles()
    key = _locked(key)
    require_administrator(actor, ACT)
    _refuse_unusable(key)
    if not key.is_default:
        _become_default(key, actor)
    return key


@verb
def retire(key: SigningKey, *, actor: User) -> SigningKey:
    """Let a key sign nothing new; what it signed stays good."""
    key = _locked(key)
    require_administrator(actor, ACT)
    if key.is_default:
        raise Conflict(
            "signing_key_is_default",
            f"{key} is the default, so it cannot be retired.",
            mend="Make another key the default first.",
        )
    if key.retired_at is None:
        key.retired_at = timezone.now()
        key.save(update_fields=["retired_at"])
        _record("signing_key:retired", key, actor)
    return key


@verb
def reinstate(key: SigningKey, *, actor: User) -> SigningKey:
    """Let a retired key sign again."""
    key = _locked(key)
    require_administrator(actor, ACT)
    if key.retired_at is not None:
        key.retired_at = None
        key.save(update_fields=["retired_at"])
        _record("signing_key:reinstated", key, actor)
    return key


@verb
def list_first_key() -> SigningKey | None:
    """List the key that the settings name and make it the default, if that is to be done still.

    It is where no key is the default, and where a development key is although Vault is set up.
    """
    lock_roles()
    is_vault = settings.AEGIS_SIGNER == "vault"
    default = SigningKey.objects.filter(is_default=True).first()
    if default is not None and not (is_vault and default.is_development):
        return None
    name = settings.AEGIS_SIGNING_KEY if is_vault else KEY_NAME
    key, is_new = SigningKey.objects.get_or_create(
        name=name,
        defaults={
            "provider": "vault" if is_vault else "development",
            "transit_name": name if is_vault else "",
            "description": "" if is_vault else fields.DEVELOPMENT_DESCRIPTION,
            "risk_tiers": list(fields.EVERY_TIER),
        },
    )
    if is_new:
        _record("signing_key:added", key, None)
    if key.retired_at is not None or key.is_verify_only:
        return None
    _become_default(key, None)
    return key


def _locked(key: SigningKey) -> SigningKey:
    locked: SigningKey = SigningKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    return locked


def _become_default(key: SigningKey, actor: User | None) -> None:
    SigningKey.objects.filter(is_default=True).update(is_default=False)
    key.is_default = True
    key.save(update_fields=["is_default"])
    _record("signing_key:made_default", key, actor)


def _expected(key: SigningKey, given: Iterable[Pasted]) -> list[PublicKey]:
    """Read the public keys that are given for ``key``, the oldest first, or refuse them."""
    read = [pasted_keys.read(one, key_name=key.name) for one in given]
    if read and not key.is_verify_only:
        raise Conflict(
            "signing_key_shown",
            f"The signer of {key} is asked for its public keys, so nobody else gives them.",
            mend="Leave the public key out, or list the key to verify only.",
        )
    if not read and key.is_verify_only:
        raise Invalid(
            "public_key_missing",
            "A key to verify only is listed with its public key, as PEM.",
            field="public_key",
        )
    return sorted(read, key=lambda one: int(one.key_version))


def _give(key: SigningKey, given: Iterable[PublicKey], actor: User) -> list[SigningKeyVersion]:
    made: list[SigningKeyVersion] = []
    newest = max((int(one.version) for one in key.versions.all()), default=0)
    for one in given:
        if int(one.key_version) <= newest:
            raise Conflict(
                "signing_key_version_order",
                f"Version {newest} of {key} is listed, so the next one has a higher number than "
                f"{one.key_version}. What is listed never changes.",
                mend="Give the number that the signer gave the key when it was rotated.",
            )
        made.append(list_version(key, one, given_by=actor))
        newest = int(one.key_version)
    return made


def _refuse_unusable(key: SigningKey) -> None:
    if key.is_verify_only:
        raise verify_only(key)
    newest = key.versions.order_by("first_seen_at", "pk").last()
    if newest is not None and newest.is_compromised:
        raise compromised(newest)
    if key.retired_at is not None:
        raise Conflict(
            "signing_key_retired",
            f"{key} is retired, so it cannot be the default.",
            mend="Reinstate it first, or choose another key.",
        )


def _record(action: str, key: SigningKey, actor: User | None) -> None:
    data: dict[str, Any] = {"key": key.name}
    if action in {"signing_key:added", "signing_key:edited"}:
        data |= {
            "provider": str(key.provider),
            "transit_name": key.transit_name,
            "teams": sorted(str(pk) for pk in key.teams.values_list("pk", flat=True)),
            "risk_tiers": sorted(key.risk_tiers),
        }
    record(action, actor=actor, about=key, data=data, texts={"description": key.description})


def _hint() -> None:
    from registry.tasks import hint_noting  # noqa: PLC0415 -- Tasks are found by Celery first.

    hint_noting()
