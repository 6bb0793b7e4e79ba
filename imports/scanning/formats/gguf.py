"""GGUF, versions 2 and 3: metadata and tensor infos read entry by entry, tensors never.

The layout is that of https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from dataclasses import dataclass
from math import prod
from typing import Any, Final

from imports.scanning.examination import Examination, Format, LimitExceeded, Scan, together
from imports.scanning.formats.chat_templates import examine_template
from imports.scanning.formats.gguf_types import BLOCKS
from imports.scanning.formats.reading import Cursor, utf8
from imports.scanning.formats.saying import malformed, trailing
from imports.scanning.sources import Source

_MAGIC: Final = b"GGUF"
_VERSIONS: Final = frozenset({2, 3})
_STRING: Final = 8
_ARRAY: Final = 9
_BOOL: Final = 7
_WIDTHS: Final = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_LONGEST_KEY: Final = 65_535
_LONGEST_NAME: Final = 256
_MOST_ENTRIES: Final = 100_000
_MOST_TENSORS: Final = 1_000_000
_MOST_ELEMENTS: Final = 20_000_000
_MOST_DIMENSIONS: Final = 4
_DEEPEST_ARRAY: Final = 4
_ALIGNMENT: Final = 32
_LARGEST_ALIGNMENT: Final = 1 << 20


@dataclass(slots=True)
class _Metadata:
    """What the metadata says that matters here, and how many elements were read for it."""

    alignment: int = _ALIGNMENT
    elements: int = 0


def recognises(source: Source) -> bool:
    """Say whether the magic comes first."""
    return source.head.startswith(_MAGIC)


def examine(source: Source, scan: Scan) -> Examination:
    """Hold metadata, tensors and the file's size against one another."""
    cursor = Cursor(source, len(_MAGIC))
    version = cursor.unsigned(4)
    if version not in _VERSIONS:
        raise malformed(source, "version_unknown", f"GGUF version {version} is not known here.")
    tensors, entries = cursor.unpack("QQ")
    if tensors > _MOST_TENSORS or entries > _MOST_ENTRIES:
        sentence = f"It claims {tensors:,} tensors and {entries:,} entries of metadata."
        raise malformed(source, "counts_too_large", sentence)
    metadata = _Metadata()
    keys: set[str] = set()
    found = together([_entry(cursor, metadata, keys, scan) for _ in range(entries)])
    spans = _spans(cursor, tensors, metadata, scan)
    start = -(-cursor.position // metadata.alignment) * metadata.alignment
    return found + _check_layout(source, start, spans, metadata.alignment)


def _entry(cursor: Cursor, metadata: _Metadata, keys: set[str], scan: Scan) -> Examination:
    """Read one entry of the metadata, and examine it if it is a template."""
    scan.check_time(cursor.source.place)
    key = _string(cursor, _LONGEST_KEY, "A key of the metadata")
    if key in keys:
        raise malformed(
            cursor.source, "duplicate_key", "A key of the metadata is given twice.", key
        )
    keys.add(key)
    value = _value(cursor, cursor.unsigned(4), metadata, keep="chat_template" in key)
    if key == "general.alignment":
        if not isinstance(value, int) or not 8 <= value <= _LARGEST_ALIGNMENT or value % 8:  # noqa: PLR2004
            raise malformed(cursor.source, "alignment", "The alignment is no multiple of 8.", key)
        metadata.alignment = value
    texts = value if isinstance(value, list) else [value]
    return together(
        examine_template(text, cursor.source, key)
        for text in texts
        if isinstance(text, str) and ("{%" in text or "chat_template" in key)
    )


def _string(cursor: Cursor, limit: int, what: str) -> str:
    length = cursor.unsigned(8)
    if length > limit:
        sentence = f"{what} claims {length:,} bytes; at most {limit:,} are read."
        raise malformed(cursor.source, "text_too_long", sentence)
    return utf8(cursor.take(length), cursor.source, what)


def _value(cursor: Cursor, kind: int, metadata: _Metadata, *, keep: bool, depth: int = 0) -> Any:
    """Read a value and return it if it is one that is asked for later."""
    metadata.elements += 1
    if kind == _STRING:
        return _string(cursor, 64 * 1024 * 1024, "A text of the metadata")
    if kind == _ARRAY:
        return _array(cursor, metadata, keep=keep, depth=depth)
    width = _WIDTHS.get(kind)
    if width is None:
        sentence = f"The type {kind} of a metadata value is unknown."
        raise malformed(cursor.source, "metadata_type_unknown", sentence)
    number = cursor.unsigned(width)
    if kind == _BOOL and number > 1:
        raise malformed(cursor.source, "bool_out_of_range", "A truth value is neither 0 nor 1.")
    return number


def _array(cursor: Cursor, metadata: _Metadata, *, keep: bool, depth: int) -> list[Any]:
    kind, count = cursor.unsigned(4), cursor.unsigned(8)
    if depth >= _DEEPEST_ARRAY:
        raise malformed(cursor.source, "nested_too_deep", "Arrays are nested too deep.")
    if kind in _WIDTHS:
        cursor.skip(count * _WIDTHS[kind])
        return []
    values = []
    for _ in range(count):
        if metadata.elements > _MOST_ELEMENTS:
            sentence = f"The metadata has more than {_MOST_ELEMENTS:,} elements."
            raise LimitExceeded("too_many_elements", sentence, cursor.source.place)
        value = _value(cursor, kind, metadata, keep=keep, depth=depth + 1)
        if keep or (isinstance(value, str) and "{%" in value):
            values.append(value)
    return values


def _spans(
    cursor: Cursor, count: int, metadata: _Metadata, scan: Scan
) -> list[tuple[int, int, str]]:
    """Return offset, size and name of each tensor, in the order of their offsets."""
    spans, names = [], set()
    for _ in range(count):
        scan.check_time(cursor.source.place)
        name = _string(cursor, _LONGEST_NAME, "A tensor's name")
        if name in names:
            raise malformed(cursor.source, "duplicate_tensor", "A tensor is listed twice.", name)
        names.add(name)
        spans.append(_span(cursor, name, metadata.alignment))
    return sorted(spans)


def _span(cursor: Cursor, name: str, alignment: int) -> tuple[int, int, str]:
    dimensions = cursor.unsigned(4)
    if dimensions > _MOST_DIMENSIONS:
        sentence = f"The tensor claims {dimensions:,} dimensions."
        raise malformed(cursor.source, "tensor_shape", sentence, name)
    shape = cursor.unpack("Q" * dimensions)
    kind, offset = cursor.unsigned(4), cursor.unsigned(8)
    if kind not in BLOCKS:
        sentence = f"The tensor's type {kind} is unknown."
        raise malformed(cursor.source, "tensor_type_unknown", sentence, name)
    values, width = BLOCKS[kind]
    count = prod(shape)
    if count >= 2**63 or (shape and shape[0] % values):
        sentence = f"The shape {list(shape)} does not fit the tensor's type."
        raise malformed(cursor.source, "tensor_shape", sentence, name)
    if offset % alignment:
        sentence = f"The tensor begins at {offset:,}, which is not aligned to {alignment}."
        raise malformed(cursor.source, "tensor_not_aligned", sentence, name)
    return offset, count // values * width, name


def _check_layout(
    source: Source, start: int, spans: list[tuple[int, int, str]], alignment: int
) -> Examination:
    """Refuse tensors that overlap or leave the file, and say what lies between and behind them."""
    position = 0
    for offset, size, name in spans:
        if offset < position:
            raise malformed(source, "tensors_overlap", "The tensor overlaps another one.", name)
        if offset - position >= alignment:
            raise malformed(source, "tensors_leave_hole", "A hole lies before the tensor.", name)
        if start + offset + size > source.size:
            raise malformed(source, "tensor_out_of_bounds", "The tensor leaves the file.", name)
        position = offset + size
    end = start + position
    if not spans or source.size - end < alignment:
        # The writer pads the last tensor, and the header where no tensor follows it.
        padding = source.read_at(min(end, source.size), alignment)
        if not padding.strip(b"\0") and source.size - end < alignment:
            return Examination()
    return trailing(source, end, "tensors")


FORMAT: Final = Format("gguf", frozenset({".gguf"}), recognises, examine)
