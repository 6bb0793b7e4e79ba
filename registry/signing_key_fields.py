"""What names, texts and limits of signing keys may look like."""

import re
from collections.abc import Iterable
from typing import Final

from aegis.problems import Invalid
from aegis.sensitive.texts import plain_text
from registry.models import RegisteredModel, SigningKey

EVERY_TIER: Final = tuple(RegisteredModel.RiskTier.values)
DEVELOPMENT_DESCRIPTION: Final = (
    "Made by Aegis in a file of its data folder. Whoever reads the folder can sign, so its "
    "signatures prove nothing."
)
RESERVED: Final = "new"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")


def name(value: object, *, field: str = "name") -> str:
    """Return the name of a key, in the list or in Vault, or refuse it."""
    text = plain_text(value, field=field, limit=120)
    if not _NAME.fullmatch(text):
        raise Invalid(
            "signing_key_name_form",
            "The name of a key has letters, digits, dots, dashes and underscores, and begins with "
            "a letter or digit.",
            field=field,
        )
    if text == RESERVED:
        raise Invalid("signing_key_name_reserved", f"{RESERVED} is a page.", field=field)
    return text


def provider(value: object) -> str:
    """Return where a key lies, or refuse it."""
    if value not in SigningKey.Provider.values:
        raise Invalid(
            "signing_key_provider",
            f"A key is one of {', '.join(SigningKey.Provider.values)}.",
            field="provider",
        )
    return str(value)


def transit_name(value: object, *, provider: str) -> str:
    """Return the name of a key in Vault Transit; a development key has none."""
    if provider == SigningKey.Provider.DEVELOPMENT:
        return ""
    return name(value, field="transit_name")


def description(value: object) -> str:
    """Return what people read about a key."""
    return plain_text(value, field="description", limit=2_000, multiline=True, required=False)


def risk_tiers(values: Iterable[object]) -> list[int]:
    """Return the risk tiers that a key signs in, at least one."""
    chosen = list(values)
    if not chosen or any(type(one) is not int or one not in EVERY_TIER for one in chosen):
        raise Invalid(
            "signing_key_tiers",
            "A key signs in at least one of the risk tiers 1, 2 and 3.",
            field="risk_tiers",
        )
    return sorted({tier for tier in EVERY_TIER if tier in chosen})
