"""Find secrets and personal data in a stream of UTF-8, with flat memory."""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from aegis.sensitive.found import Found
from aegis.sensitive.personal_data import find_personal_data
from aegis.sensitive.secrets import MOST, OVERLAP, find_secrets

_PART: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FoundInText:
    """What a text holds, in the order of its lines, at most ``MOST`` of each."""

    secrets: tuple[Found, ...]
    personal: tuple[Found, ...]


def find_in_text(
    read: Callable[[int], bytes], *, watch: Callable[[], object] = lambda: None
) -> FoundInText:
    """Return what is found in the bytes that ``read`` gives until it gives none.

    ``watch`` is called now and then, and may raise to end it. Raises ``UnicodeDecodeError`` for
    what is no UTF-8.
    """
    secrets: dict[Found, None] = {}
    personal: dict[Found, None] = {}
    for before, text in _parts(read):
        watch()
        secrets |= dict.fromkeys(Found(before + one.line, one.kind) for one in find_secrets(text))
        personal |= dict.fromkeys(
            Found(before + one.line, one.kind) for one in find_personal_data(text)
        )
        if len(secrets) >= MOST:
            break
    return FoundInText(tuple(secrets)[:MOST], tuple(personal)[:MOST])


def _parts(read: Callable[[int], bytes]) -> Iterator[tuple[int, str]]:
    """Yield whole lines, together of about a mebibyte, with the count of those before them.

    A line that is longer comes in several parts, which overlap.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    before, text = 0, ""
    while data := read(_PART):
        text += decoder.decode(data)
        lines, newline, rest = text.rpartition("\n")
        part = lines + newline or text
        yield before, part
        before += part.count("\n")
        text = rest if newline else text[-OVERLAP:]
    text += decoder.decode(b"", final=True)
    if text:
        yield before, text
