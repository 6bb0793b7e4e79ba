"""What characters texts may hold, and how names compare."""

import unicodedata
from typing import Final

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


def readable(text: str) -> str:
    """Return ``text`` with every character escaped that steers a terminal or cannot be written."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"\\u{ord(one):04x}" if unicodedata.category(one) in _REFUSED_CATEGORIES else one
        for one in text
    )


def name_key(name: str) -> str:
    """Return the form by which names compare: NFKC, case folded."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded)
