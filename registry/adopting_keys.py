"""Adopt the keys of signatures that are older than the list of signing keys.

Migrations call this, so it works on their historical models and names no others.
"""

from typing import Any

from aegis.proof.signing.keys import algorithm

EVERY_TIER = (1, 2, 3)


def adopt(apps: Any, signatures: Any) -> None:
    """List every public key that one of ``signatures`` was made with, as of its first one.

    A key that had another public key under the same number before gets its hint behind it.
    """
    key_versions = apps.get_model("registry", "SigningKeyVersion").objects.using(signatures.db)
    firsts = signatures.order_by("key_hint", "signed_at").distinct("key_hint")
    for signature in sorted(firsts, key=lambda one: one.signed_at):
        if key_versions.filter(hint=signature.key_hint).exists():
            continue
        key = _key(apps, signature, signatures.db)
        version = signature.key_version
        if key_versions.filter(key=key, version=version).exists():
            version = f"{version[:11]}-{signature.key_hint[:8]}"
        key_versions.create(
            key=key,
            version=version,
            public_key=signature.public_key,
            hint=signature.key_hint,
            algorithm=algorithm(signature.public_key),
            first_seen_at=signature.signed_at,
        )


def _key(apps: Any, signature: Any, database: str) -> Any:
    provider = "development" if signature.is_development else "vault"
    keys = apps.get_model("registry", "SigningKey").objects.using(database)
    key, _ = keys.get_or_create(
        name=signature.key_name,
        defaults={
            "provider": provider,
            "transit_name": "" if signature.is_development else signature.key_name,
            "risk_tiers": list(EVERY_TIER),
        },
    )
    return key
