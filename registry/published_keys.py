"""The list of public keys as it is published, for whoever verifies without an account."""

import json
from typing import Any, Final

from aegis.text import refused_character
from registry.models import SigningKey, SigningKeyVersion

FORMAT: Final = 1
"""Raised when a field changes its meaning; fields may be added without."""


def keys_document() -> dict[str, Any]:
    """Return every version of every key ever listed, the keys by name, each one's oldest first."""
    rows = SigningKeyVersion.objects.select_related("key").order_by(
        "key__name", "first_seen_at", "pk"
    )
    return {"format": FORMAT, "keys": [published(row) for row in rows]}


def keys_text() -> str:
    """Return the list as it is published."""
    return json.dumps(keys_document(), indent=2) + "\n"


def published(row: SigningKeyVersion) -> dict[str, Any]:
    """Return one public key as verifiers read it; the reason of a compromise stays inside."""
    return {
        "name": row.key.name,
        "version": row.version,
        "hint": row.hint,
        "algorithm": row.algorithm,
        "public_key": row.public_key,
        "is_development": row.key.is_development,
        "is_verify_only": row.key.is_verify_only,
        "first_seen_at": _instant(row.first_seen_at),
        "state": state_of(row),
        "retired_at": _instant(row.key.retired_at),
        "compromised_at": _instant(row.compromised_at),
    }


def state_of(row: SigningKeyVersion) -> str:
    """Return ``compromised``, ``retired`` (signs nothing new, what it signed is good) or active."""
    if row.is_compromised:
        return "compromised"
    return "retired" if row.key.retired_at is not None else "active"


def find_key(name: str) -> SigningKey | None:
    """Return the key of that name with its teams and versions."""
    if refused_character(name):
        return None
    found: SigningKey | None = (
        SigningKey.objects.prefetch_related("teams", "versions__key").filter(name=name).first()
    )
    return found


def _instant(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None
