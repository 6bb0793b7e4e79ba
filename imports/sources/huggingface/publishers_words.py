"""Words of publishers that are shown as they are: on one line, bounded, or not at all."""

from aegis.problems import Invalid
from aegis.sensitive.texts import plain_text
from aegis.text import refused_character


def fit(words: str, *, limit: int, name: str = "") -> str:
    """Return ``words`` as a line of at most ``limit`` characters, or nothing if it may not be kept.

    Invisible characters are dropped; a text that holds a secret is not kept. ``name`` is what
    the words are the value of.
    """
    # Much longer ones are cut first, so that they cost no more than they are worth.
    seen = "".join(character for character in words[: 4 * limit] if _is_seen(character))
    line = " ".join(seen.split())
    if len(line) > limit:
        line = f"{line[: limit - 1].rstrip()}…"
    try:
        return plain_text(line, field="text", limit=limit, required=False, name=name)
    except Invalid:
        return ""


def _is_seen(character: str) -> bool:
    return character.isspace() or not refused_character(character)
