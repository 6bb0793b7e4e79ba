"""YAML: parsed to events by a parser that builds nothing, then read as plain values.

A tag such as ``!!python/object/apply`` makes an unsafe loader call what it names.
"""

import re
from typing import Any, Final

import yaml

from imports.scanning.examination import Examination, Format, Scan, together
from imports.scanning.formats.json_meaning import examine_value
from imports.scanning.formats.saying import at, inconclusive, malformed, unsafe
from imports.scanning.limits import MEBIBYTE
from imports.scanning.sources import Source

_LARGEST: Final = 16 * MEBIBYTE
_MOST_ALIASES: Final = 1_000
_MOST_EVENTS: Final = 2_000_000
_DEPTH: Final = 100
_EXTENSIONS: Final = frozenset({".yaml", ".yml"})
_NAMES: Final = frozenset({"MLmodel"})
_CORE: Final = "tag:yaml.org,2002:"
_PLAIN: Final = frozenset(
    {"binary", "bool", "float", "int", "map", "merge", "null", "omap", "pairs", "seq", "set",
     "str", "timestamp", "value"}
)  # fmt: skip
# In a text of another name: a directive, a document's start, or a tag of Python's.
_OPENING: Final = re.compile(
    rb"\A(?:\s*#[^\n]*\n)*\s*(?:%YAML|%TAG|---(?:\s*\n(?:[\w'\"]+:|- )| [^-\n]))"
)
_UNKNOWN_DIRECTIVE: Final = re.compile(rb"^%(?!YAML\s|TAG\s)[^\n]*", re.MULTILINE)
# A tag may be spelled with escapes, in full, or by a prefix of the author's.
_PYTHON_TAG: Final = re.compile(rb"!!(?:python/|[^\s]*%)|!<|^%TAG\s", re.MULTILINE)


def recognises(source: Source) -> bool:
    """Say whether the text is YAML by its name, its first line, or a tag of Python's in it."""
    if not source.size:
        return False
    if source.extension in _EXTENSIONS or source.name in _NAMES:
        return True
    if _OPENING.match(source.head):
        return not _is_front_matter(source.head)
    data = source.read_at(0, _LARGEST)
    if b"!" not in data and b"%" not in data:
        return False
    return bool(_PYTHON_TAG.search(data)) and _parses(data)


def _is_front_matter(head: bytes) -> bool:
    """Say whether a Markdown file with a block of YAML in front is what this is."""
    return len(re.findall(rb"^---\s*$", head, re.MULTILINE)) > 1 and b"\n#" in head


def _without_directives(data: bytes) -> bytes:
    """Return a text as PyYAML's own parser sees it, which passes over directives it knows not."""
    return _UNKNOWN_DIRECTIVE.sub(b"", data)


def _parses(data: bytes) -> bool:
    try:
        for _ in yaml.parse(_without_directives(data), Loader=_LOADER):
            pass
    except (yaml.YAMLError, ValueError, RecursionError):
        return False
    return True


def examine(source: Source, scan: Scan) -> Examination:
    """Look at every tag; then at the values, if nothing but plain ones are there."""
    if source.size > _LARGEST:
        sentence = f"The YAML has {source.size:,} bytes; at most {_LARGEST:,} are read."
        raise malformed(source, "yaml_too_large", sentence)
    data = _without_directives(source.read_at(0, source.size))
    try:
        found = _examine_tags(data, source, scan)
        return found if found.findings else _examine_values(data, source)
    except (yaml.YAMLError, ValueError, OverflowError, TypeError) as error:
        sentence = f"This cannot be read as YAML: {str(error)[:300]}."
        raise malformed(source, "yaml_malformed", sentence) from error


def _examine_tags(data: bytes, source: Source, scan: Scan) -> Examination:
    found: list[Examination] = []
    depth = aliases = 0
    for count, event in enumerate(yaml.parse(data, Loader=_LOADER)):
        if not count % 1024:
            scan.check_time(source.place)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > _DEPTH or aliases > _MOST_ALIASES or count > _MOST_EVENTS:
            sentence = "The YAML is too deep, too long or has too many aliases."
            raise malformed(source, "yaml_too_deep", sentence)
        tag = getattr(event, "tag", None)
        if tag is not None and len(found) < scan.limits.findings:
            found.append(_examine_tag(str(tag), at(source, _line(event))))
    return together(found)


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}" if event.start_mark else ""


def _examine_tag(tag: str, place: str) -> Examination:
    kind = tag.removeprefix(_CORE)
    if (tag.startswith(_CORE) and kind in _PLAIN) or tag == "!":
        return Examination()
    if "python" in tag:
        sentence = f"The tag {tag} makes an unsafe loader of YAML build a Python object."
        return unsafe("yaml_python_tag", sentence, place, is_dangerous=True)
    sentence = f"The tag {tag} means something to some loader that is not known here."
    return inconclusive("yaml_tag_unknown", sentence, place)


def _examine_values(data: bytes, source: Source) -> Examination:
    if b"<<" in data and data.count(b"*") > 20:  # noqa: PLR2004 -- merges of merges grow quickly.
        return inconclusive("yaml_merges", "The YAML merges many aliases.", source.place)
    documents: list[Any] = list(yaml.load_all(data, Loader=_SAFE_LOADER))
    return together(examine_value(each, source) for each in documents)


# libyaml's parser where PyYAML was built with it: the same events, twenty times as fast.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SAFE_LOADER: Final = _LOADER

FORMAT: Final = Format("yaml", _EXTENSIONS, recognises, examine, is_text=True)
