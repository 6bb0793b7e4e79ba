"""JSON and JSON Lines: strictly read, then looked through for what loaders act on."""

import re
from typing import Final

from imports.scanning.examination import Examination, Format, Malformed, Scan, together
from imports.scanning.formats.json_meaning import examine_value
from imports.scanning.formats.json_reading import read_any_json
from imports.scanning.formats.json_stream import examine_stream
from imports.scanning.formats.saying import malformed
from imports.scanning.limits import MEBIBYTE
from imports.scanning.sources import Source

# Beyond this a document is read as a stream of tokens: an object in memory takes up to ten times
# its text.
_LARGEST: Final = 48 * MEBIBYTE
_LONGEST_LINE: Final = 16 * MEBIBYTE
_EXTENSIONS: Final = frozenset({".json", ".jsonl", ".ndjson", ".ipynb", ".webmanifest", ".geojson"})
# A brace with a key or nothing in it; brackets with a value or nothing in them. `[[name]]` of
# TOML, `[section]` of INI and `{%` of templates are none of these.
_OPENING: Final = re.compile(
    rb'\s*(?:\{\s*["}]|\[[\[\s]*(?:[{"\-0-9\]]|(?:true|false|null|NaN|-?Infinity)\b))'
)


def recognises(source: Source) -> bool:
    """Say whether an object or a list of JSON comes first, or the name claims so.

    A text that begins with pages of spaces hides its beginning, and is read as JSON for it.
    """
    if not source.head.strip():
        return source.size > len(source.head)
    return bool(_OPENING.match(source.head)) or source.extension in _EXTENSIONS


def examine(source: Source, scan: Scan) -> Examination:
    """Examine the document, or each line of one that is JSON Lines."""
    if source.size > _LARGEST:
        return examine_stream(source, scan)
    try:
        return examine_value(read_any_json(source.read_at(0, source.size), source), source)
    except Malformed as end:
        if end.finding.code != "json_malformed" or not _has_lines(source):
            raise
    return _examine_lines(source, scan)


def _has_lines(source: Source) -> bool:
    """Say whether the first line is a value by itself."""
    first = source.read_at(0, _LONGEST_LINE).strip().split(b"\n", 1)
    if len(first) == 1:
        return False
    try:
        read_any_json(first[0], source)
    except Malformed:
        return False
    return True


def _examine_lines(source: Source, scan: Scan) -> Examination:
    stream, found, number = source.rewound(), [], 0
    while line := stream.readline(_LONGEST_LINE):
        number += 1
        scan.check_time(source.place)
        if len(line) == _LONGEST_LINE:
            raise malformed(source, "line_too_long", "A line is too long.", f"line {number}")
        if line.strip():
            said = examine_value(read_any_json(line, source, f"line {number}"), source)
            if said.findings:
                found.append(said)
    return together(found[: scan.limits.findings])


FORMAT: Final = Format("json", _EXTENSIONS, recognises, examine, is_text=True)
