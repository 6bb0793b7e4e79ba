"""Licences as the hub writes them, as SPDX expressions."""

import re
from typing import Final

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from imports.sources.huggingface.front_matter import HubCard
from imports.sources.huggingface.publishers_words import fit

_NAME: Final = re.compile(r"[^A-Za-z0-9.-]+")
_LENGTH: Final = 100
_LINK: Final = 300
_OWN: Final = "other"


def licence_of(card: HubCard) -> str:
    """Return the licence that a card names; one that SPDX does not know is a ``LicenseRef-``.

    Nothing where the card names none, several, or one of its own without a name.
    """
    word = card.word("license", "licence")
    if word.lower() == _OWN:
        word = card.word("license_name")
        return _reference(word) if word else ""
    try:
        return canonicalize_license_expression(word) if word else ""
    except InvalidLicenseExpression:
        return _reference(word)


def terms_of(card: HubCard) -> str:
    """Return where the terms of a licence of the publishers' own are, if the card says so."""
    return fit(card.word("license_link"), limit=_LINK)


def _reference(word: str) -> str:
    name = _NAME.sub("-", word).strip("-.")[:_LENGTH]
    return f"LicenseRef-{name}" if name else ""
