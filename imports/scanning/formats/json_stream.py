"""JSON that is too large to be read whole: checked token by token, with its keys looked at.

What an object means is not worked out here. A document with a key that some loader acts on is
inconclusive, one without is data.
"""

import re
from collections.abc import Iterator
from typing import Final

from imports.scanning.examination import Examination, LimitExceeded, Scan
from imports.scanning.formats.json_reading import DEPTH
from imports.scanning.formats.saying import inconclusive, malformed
from imports.scanning.limits import MEBIBYTE
from imports.scanning.sources import Source

_CHUNK: Final = 4 * MEBIBYTE
_LONGEST_TOKEN: Final = 64 * MEBIBYTE
_MARGIN: Final = 64
_MOST_KEYS: Final = 5_000_000
_NUMBER: Final = rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
# Runs of numbers, which weights consist of, are one token.
_TOKEN: Final = re.compile(
    rb"[ \t\r\n]*+(?:(?P<numbers>"
    + _NUMBER
    + rb"(?:[ \t\r\n]*+,[ \t\r\n]*+"
    + _NUMBER
    + rb"){0,10000}+)"
    rb'|(?P<text>"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+")'
    rb"|(?P<word>true|false|null|NaN|-?Infinity)"
    rb"|(?P<mark>[\[\]{},:]))"
)
_ACTING: Final = frozenset(
    {b"class_name", b"function_type", b"auto_map", b"trust_remote_code", b"custom_pipelines",
     b"chat_template", b"_target_", b"flavors", b"nbformat", b"__loader__"}
)  # fmt: skip


def examine_stream(source: Source, scan: Scan) -> Examination:
    """Check the grammar of the whole document and the keys of all objects."""
    found: set[str] = set()
    checker = _Grammar(source)
    for kind, text in _tokens(source, scan):
        key = checker.take(kind, text)
        if key is not None and (key in _ACTING or key.startswith(b"py/") or b"\\" in key):
            found.add(key[:100].decode("utf-8", "replace"))
    checker.finish()
    if found:
        names = ", ".join(sorted(found)[:10])
        sentence = f"The document is too large to be read whole, and has the keys {names}."
        return inconclusive("json_too_large", sentence, source.place)
    return Examination()


def _tokens(source: Source, scan: Scan) -> Iterator[tuple[str, bytes]]:
    stream, buffer, at_end = source.rewound(), b"", False
    while True:
        scan.check_time(source.place)
        position = 0
        while match := _TOKEN.match(buffer, position):
            # A token near the end of the buffer may go on in the next chunk, like `1.` and `5`.
            if match.end() > len(buffer) - _MARGIN and not at_end:
                break
            position = match.end()
            yield str(match.lastgroup), match[str(match.lastgroup)]
        buffer = buffer[position:]
        if at_end:
            break
        if len(buffer) > _LONGEST_TOKEN:
            raise malformed(source, "json_malformed", "The document is no JSON, or not readable.")
        chunk = stream.read(_CHUNK)
        at_end = not chunk
        buffer += chunk
    if buffer.strip(b" \t\r\n"):
        raise malformed(source, "json_malformed", "The document is no JSON.")


class _Grammar:
    """Which token may follow, and which keys the open objects have."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._open: list[set[bytes] | None] = []
        self._keys = 0
        # What may come: a "value", a "first" value or end, a "key", a "first key" or end, a
        # "colon", what stands "behind" a value, or the "end".
        self._expected = "value"

    def take(self, kind: str, text: bytes) -> bytes | None:
        """Take the next token, and return it if it is a key."""
        if kind == "mark":
            self._mark(text)
            return None
        if kind == "text" and self._expected in {"key", "first key"}:
            return self._key(text[1:-1])
        is_run = b"," in text if kind == "numbers" else False
        if self._expected not in {"value", "first"} or (is_run and not self._in_list):
            raise self._refusal()
        self._expected = self._behind
        return None

    def finish(self) -> None:
        """Refuse a document that ends too early."""
        if self._expected != "end":
            raise self._refusal()

    @property
    def _in_list(self) -> bool:
        return bool(self._open) and self._open[-1] is None

    @property
    def _behind(self) -> str:
        return "behind" if self._open else "end"

    def _mark(self, text: bytes) -> None:
        if text in b"[{":
            self._begin(text)
        elif text in b"]}":
            self._end(text)
        elif text == b":" and self._expected == "colon":
            self._expected = "value"
        elif text == b"," and self._expected == "behind":
            self._expected = "value" if self._in_list else "key"
        else:
            raise self._refusal()

    def _begin(self, text: bytes) -> None:
        if self._expected not in {"value", "first"} or len(self._open) >= DEPTH:
            raise self._refusal()
        self._open.append(None if text == b"[" else set())
        self._expected = "first" if text == b"[" else "first key"

    def _end(self, text: bytes) -> None:
        empty = "first" if text == b"]" else "first key"
        if self._expected not in {"behind", empty} or self._in_list != (text == b"]"):
            raise self._refusal()
        keys = self._open.pop()
        self._keys -= len(keys or ())
        self._expected = self._behind

    def _key(self, key: bytes) -> bytes:
        keys = self._open[-1]
        if keys is None or key in keys:
            raise self._refusal()
        keys.add(key)
        self._keys += 1
        if self._keys > _MOST_KEYS:
            sentence = f"The document has more than {_MOST_KEYS:,} keys at once."
            raise LimitExceeded("too_many_keys", sentence, self._source.place)
        self._expected = "colon"
        return key

    def _refusal(self) -> Exception:
        sentence = "The document is no JSON, too deep, or gives a key twice."
        return malformed(self._source, "json_malformed", sentence)
