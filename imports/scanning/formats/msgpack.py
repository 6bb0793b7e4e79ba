"""MessagePack, as Flax writes weights: walked to its end, with Flax's extensions alone.

The encoding is that of https://github.com/msgpack/msgpack/blob/master/spec.md.
"""

from typing import Final

from imports.scanning.examination import Examination, Format, LimitExceeded, Scan
from imports.scanning.formats.reading import Cursor
from imports.scanning.formats.saying import malformed, trailing
from imports.scanning.sources import Source

# 1: an array, 2: a complex number, 3: a scalar of NumPy (flax.serialization).
_EXTENSIONS: Final = frozenset({1, 2, 3})
_MAP16, _MAP32 = 0xDE, 0xDF
_FIXED: Final = {
    0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8,
    0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8,
}  # fmt: skip
_SIZED: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_FIXED_EXTENSIONS: Final = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_SIZED_EXTENSIONS: Final = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_ARRAYS: Final = {0xDC: 2, 0xDD: 4}
_MAPS: Final = {_MAP16: 2, _MAP32: 4}
_MOST_VALUES: Final = 20_000_000
_DEPTH: Final = 100


def recognises(source: Source) -> bool:
    """Say whether a map comes first whose first key is a text of word characters."""
    head = source.head
    if not head:
        return False
    start = {_MAP16: 3, _MAP32: 5}.get(head[0], 1 if 0x81 <= head[0] <= 0x8F else 0)  # noqa: PLR2004
    if not start or len(head) < start + 2:
        return False
    mark = head[start]
    if 0xA1 <= mark <= 0xBF:  # noqa: PLR2004 -- a short text.
        key = head[start + 1 : start + 1 + (mark & 0x1F)]
    elif mark == 0xD9:  # noqa: PLR2004 -- a text with a byte of length.
        key = head[start + 2 : start + 2 + head[start + 1]]
    else:
        return False
    return bool(key) and all(byte in _WORD for byte in key)


_WORD: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./ ")


def examine(source: Source, scan: Scan) -> Examination:
    """Walk over all values."""
    cursor = Cursor(source, order=">")
    # How many values are still to come at each level.
    open_values = [1]
    count = 0
    while open_values:
        if not open_values[-1]:
            open_values.pop()
            continue
        open_values[-1] -= 1
        count += 1
        if not count % 1024:
            scan.check_time(source.place)
        if count > _MOST_VALUES:
            sentence = f"It has more than {_MOST_VALUES:,} values."
            raise LimitExceeded("too_many_values", sentence, source.place)
        inside = _value(cursor)
        if inside and len(open_values) >= _DEPTH:
            raise malformed(source, "nested_too_deep", "Values are nested too deep.")
        open_values.append(inside)
    return trailing(source, cursor.position, "MessagePack value")


def _value(cursor: Cursor) -> int:
    """Pass over the head of a value, and over all of it if nothing lies inside.

    Return how many values lie inside.
    """
    mark = cursor.unsigned(1)
    if mark < 0x80 or mark >= 0xE0 or mark in _FIXED:  # noqa: PLR2004 -- small numbers.
        cursor.skip(_FIXED.get(mark, 0))
    elif mark <= 0x8F:  # noqa: PLR2004 -- a small map.
        return 2 * (mark & 0x0F)
    elif mark <= 0x9F:  # noqa: PLR2004 -- a small array.
        return mark & 0x0F
    elif mark <= 0xBF:  # noqa: PLR2004 -- a short text.
        cursor.skip(mark & 0x1F)
    elif mark in _SIZED:
        cursor.skip(cursor.unsigned(_SIZED[mark]))
    elif mark in _ARRAYS:
        return cursor.unsigned(_ARRAYS[mark])
    elif mark in _MAPS:
        return 2 * cursor.unsigned(_MAPS[mark])
    else:
        _extension(cursor, mark)
    return 0


def _extension(cursor: Cursor, mark: int) -> None:
    if mark in _FIXED_EXTENSIONS:
        length = _FIXED_EXTENSIONS[mark]
    elif mark in _SIZED_EXTENSIONS:
        length = cursor.unsigned(_SIZED_EXTENSIONS[mark])
    else:
        raise malformed(cursor.source, "msgpack_unknown", "A byte begins no value.")
    kind = cursor.signed(1)
    if kind not in _EXTENSIONS:
        sentence = f"The extension {kind} is not known here."
        raise malformed(cursor.source, "msgpack_extension", sentence)
    cursor.skip(length)


FORMAT: Final = Format("msgpack", frozenset({".msgpack"}), recognises, examine)
