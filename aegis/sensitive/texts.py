"""Rules that every text from outside keeps before it reaches a table, a log or a page."""

import unicodedata

from aegis.problems import Invalid
from aegis.sensitive.secrets import refuse_secrets
from aegis.text import refused_character


def plain_text(
    value: object,
    *,
    field: str,
    limit: int,
    multiline: bool = False,
    required: bool = True,
    name: str = "",
) -> str:
    """Return ``value`` as composed (NFC) text without outer white space, or refuse it.

    ``limit`` counts characters. Line ends become line feeds; without ``multiline`` they are
    refused. A secret is refused with its kind and line; ``name`` is what the text is the value
    of, such as a parameter's, where that may tell that it is one.
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
    refuse_secrets(text, field=field, name=name)
    return text


def _spoken(field: str) -> str:
    return field.replace("_", " ").capitalize()
