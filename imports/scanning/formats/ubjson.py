"""Universal Binary JSON, as XGBoost writes its models: walked to its end.

The encoding is that of https://ubjson.org/, with XGBoost's typed arrays.
"""

from typing import Final

from imports.scanning.examination import Examination, Format, LimitExceeded, Scan
from imports.scanning.formats.reading import Cursor, utf8
from imports.scanning.formats.saying import malformed, trailing
from imports.scanning.sources import Source

_WIDTHS: Final = {"i": 1, "U": 1, "I": 2, "l": 4, "L": 8, "d": 4, "D": 8, "C": 1}
_INTEGERS: Final = frozenset("iUIlL")
_EMPTY: Final = frozenset("ZTFN")
_LONGEST_TEXT: Final = 64 * 1024 * 1024
_MOST_VALUES: Final = 20_000_000
_DEPTH: Final = 100
_COUNTED: Final = -1


def recognises(source: Source) -> bool:
    """Say whether an object comes first whose first key has its length in front."""
    head = source.head
    if len(head) < 4 or head[:1] != b"{" or chr(head[1]) not in _INTEGERS:  # noqa: PLR2004
        return False
    width = _WIDTHS[chr(head[1])]
    length = int.from_bytes(head[2 : 2 + width], "big")
    key = head[2 + width : 2 + width + length]
    return 0 < length < 256 and len(key) == length and key.replace(b"_", b"").isalnum()  # noqa: PLR2004


def examine(source: Source, scan: Scan) -> Examination:
    """Walk over all values."""
    walker = _Walker(source, scan)
    walker.value(walker.mark(), 0)
    return trailing(source, walker.cursor.position, "UBJSON value")


class _Walker:
    """A reader of values, which counts them."""

    def __init__(self, source: Source, scan: Scan) -> None:
        self.cursor = Cursor(source, order=">")
        self._scan = scan
        self._source = source
        self._count = 0

    def mark(self) -> str:
        """Return the next marker."""
        return chr(self.cursor.unsigned(1))

    def value(self, mark: str, depth: int) -> None:
        """Pass over the value that a marker begins."""
        self._count += 1
        if not self._count % 1024:
            self._scan.check_time(self._source.place)
        if self._count > _MOST_VALUES:
            sentence = f"It has more than {_MOST_VALUES:,} values."
            raise LimitExceeded("too_many_values", sentence, self._source.place)
        if depth > _DEPTH:
            raise malformed(self._source, "nested_too_deep", "Values are nested too deep.")
        if mark in _WIDTHS:
            self.cursor.skip(_WIDTHS[mark])
        elif mark in "SH":
            self.cursor.skip(self._length(self.mark()))
        elif mark == "[":
            self._array(depth)
        elif mark == "{":
            self._object(depth)
        elif mark not in _EMPTY:
            raise self._refusal(mark)

    def _length(self, mark: str) -> int:
        if mark not in _INTEGERS:
            raise self._refusal(mark)
        width = _WIDTHS[mark]
        length = self.cursor.unsigned(width) if mark == "U" else self.cursor.signed(width)
        if length < 0:
            raise malformed(self._source, "length_negative", "A length is negative.")
        return length

    def _container(self) -> tuple[str, str, int]:
        """Return what follows a bracket: a marker, the type of all elements, and their count."""
        mark, kind, count = self.mark(), "", _COUNTED
        if mark == "$":
            kind = self.mark()
            mark = self.mark()
            if mark != "#":
                raise self._refusal(mark)
        if mark == "#":
            count = self._length(self.mark())
            mark = ""
        return mark, kind, count

    def _array(self, depth: int) -> None:
        mark, kind, count = self._container()
        if count != _COUNTED and kind in _WIDTHS:
            self.cursor.skip(count * _WIDTHS[kind])
        elif count != _COUNTED:
            self._check_count(count, kind)
            for _ in range(count):
                self.value(kind or self.mark(), depth + 1)
        else:
            while mark != "]":
                self.value(mark, depth + 1)
                mark = self.mark()

    def _object(self, depth: int) -> None:
        mark, kind, count = self._container()
        keys: set[str] = set()
        self._check_count(max(count, 0), "")
        left = count
        while (left > 0) if count != _COUNTED else (mark != "}"):
            key = self._key(mark or self.mark())
            if key in keys:
                raise malformed(self._source, "duplicate_key", "A key is given twice.", key)
            keys.add(key)
            self.value(kind or self.mark(), depth + 1)
            left -= 1
            mark = "" if count != _COUNTED else self.mark()

    def _check_count(self, count: int, kind: str) -> None:
        """Refuse more elements than bytes are left; those without bytes cost time as well."""
        if count > self.cursor.left or (kind in _EMPTY and count > _MOST_VALUES):
            sentence = f"A container claims {count:,} elements."
            raise malformed(self._source, "counts_too_large", sentence)

    def _key(self, mark: str) -> str:
        length = self._length(mark)
        if length > _LONGEST_TEXT:
            raise malformed(self._source, "text_too_long", "A key is too long.")
        return utf8(self.cursor.take(length), self._source, "A key")

    def _refusal(self, mark: str) -> Exception:
        sentence = f"At byte {self.cursor.position:,} stands {mark!r}, which begins no value."
        return malformed(self._source, "ubjson_unknown", sentence)


FORMAT: Final = Format("ubjson", frozenset({".ubj"}), recognises, examine)
