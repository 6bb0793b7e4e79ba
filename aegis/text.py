"""Rules that every text from outside keeps before it reaches a table, a log or a page."""

import unicodedata
from typing import Final

from aegis.problems import Invalid

# Controls, invisible format characters (bidirectional overrides among them) and lone surrogates:
# PostgreSQL stores no NUL, UTF-8 no surrogate, and the rest makes a text read as another one.
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Joiners are letters' business in several scripts and in emoji.
_JOINERS: Final = frozenset("\u200c\u200d")


def refused_character(text: str, *, allowed: str = "") -> str | None:
    """Return the name of the first character of ``text`` that no text may hold, as ``U+0000``."""
    for character in text:
        if character in allowed or character in _JOINERS:
            continue
        if unicodedata.category(character) in _REFUSED_CATEGORIES:
            return f"U+{ord(character):04X}"
    return None


def plain_text(
    value: object,
    *,
    field: str,
    limit: int,
    multiline: bool = False,
    required: bool = True,
) -> str:
    """Return ``value`` as composed (NFC) text without outer white space, or refuse it.

    ``limit`` counts characters. Line ends become line feeds; without
    ``multiline`` they are refused.
    """
    if not isinstance(value, str):
        raise Invalid("text_wrong_type", f"{_spoken(field)} must be text.", field=field)
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    character = refused_character(text, allowed="\n\t" if multiline else "")
    if character:
        raise Invalid(
            "text_control_character",
            f"{_spoken(field)} holds the character {character}, which is not allowed here.",
            field=field,
            mend="Remove the character and send it again.",
        )
    if required and not text:
        raise Invalid("text_empty", f"{_spoken(field)} must not be empty.", field=field)
    if len(text) > limit:
        raise Invalid(
            "text_too_long",
            f"{_spoken(field)} has {len(text):,} characters; at most {limit:,} are allowed.",
            field=field,
        )
    return text


def _spoken(field: str) -> str:
    return field.replace("_", " ").capitalize()


def name_key(name: str) -> str:
    """Return the form by which names compare: NFKC, case folded."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded)
