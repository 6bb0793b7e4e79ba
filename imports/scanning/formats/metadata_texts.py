"""Texts in the metadata of tensor files: templates among them are read as templates."""

from imports.scanning.examination import Examination, Malformed, Scan
from imports.scanning.formats.chat_templates import examine_template
from imports.scanning.formats.json_meaning import examine_value
from imports.scanning.formats.json_reading import read_any_json
from imports.scanning.sources import Source


def examine_metadata(key: str, text: str, source: Source, scan: Scan) -> Examination:
    """Say what is in one text of the metadata: a template, a configuration as JSON, or words."""
    scan.check_time(source.place)
    if "chat_template" in key or "{%" in text:
        return examine_template(text, source, key)
    if text.lstrip()[:1] in {"{", "["}:
        return _examine_json(key, text, source)
    return Examination()


def _examine_json(key: str, text: str, source: Source) -> Examination:
    """Examine a text that is JSON; one that is not means nothing to a reader of JSON."""
    try:
        value = read_any_json(text, source, key)
    except Malformed:
        return Examination()
    return examine_value(value, source, key)
