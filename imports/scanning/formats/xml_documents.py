"""XML, with PMML and SVG: streamed through expat, without a document type or an entity."""

import html
import re
from typing import Final
from xml.parsers import expat

from imports.scanning.examination import Examination, Format, Scan, together
from imports.scanning.formats.saying import at, malformed, unsafe
from imports.scanning.limits import MEBIBYTE
from imports.scanning.sources import Source

_OPENING: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml\s|<!DOCTYPE\s+(?!html)|<(?:svg|PMML|net)[\s>])"
)
_EXTENSIONS: Final = frozenset({".pmml", ".svg", ".xml"})
_PAGES: Final = frozenset({".htm", ".html"})
_DEPTH: Final = 200
_HTML: Final = re.compile(rb"(?i)\A(?:\xef\xbb\xbf)?\s*(?:<!DOCTYPE\s+html|<html[\s>])")
_ACTIVE: Final = frozenset({"script", "foreignobject", "iframe", "embed", "object", "handler"})
_SCRIPT: Final = re.compile(r"^[\s\x00-\x20]*(?:javascript|vbscript|data:text/html)", re.IGNORECASE)
_SCRIPT_IN_HTML: Final = re.compile(
    r"(?i)<(?:script|iframe|object|embed|applet|base)[\s>/]|<meta\s[^>]*refresh"
    r"|[\s/\"']on\w+\s*=|j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t\s*:|srcdoc\s*="
)


def recognises(source: Source) -> bool:
    """Say whether a declaration or a known element comes first, or the name claims so."""
    return bool(_OPENING.match(source.head)) or (
        source.extension in _EXTENSIONS and source.size > 0 and not recognises_html(source)
    )


def examine(source: Source, scan: Scan) -> Examination:
    """Parse the document and look at each element."""
    checker = _Checker(source)
    stream = source.rewound()
    try:
        while chunk := stream.read(MEBIBYTE):
            scan.check_time(source.place)
            checker.parser.Parse(chunk, False)  # noqa: FBT003 -- expat takes no names.
        checker.parser.Parse(b"", True)  # noqa: FBT003 -- as above.
    except (expat.ExpatError, ValueError) as error:
        sentence = f"This is no well-formed XML: {error}."
        raise malformed(source, "xml_malformed", sentence) from error
    return together(checker.found[: scan.limits.findings])


class _Checker:
    """Expat's parser with handlers that refuse what XML has besides elements."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._depth = 0
        self.found: list[Examination] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse
        self.parser.ProcessingInstructionHandler = self._instruction

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH:
            raise malformed(self._source, "nested_too_deep", "The XML is nested too deep.")
        local = name.rsplit(" ", 1)[-1].lower()
        if local in _ACTIVE:
            self._say(f"The element {local} holds or loads something that runs.")
        for key, value in attributes.items():
            short = key.rsplit(" ", 1)[-1].lower()
            if short.startswith("on") or _SCRIPT.match(value):
                self._say(f"The attribute {short} of {local} runs a script.")

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _say(self, sentence: str) -> None:
        place = at(self._source, f"line {self.parser.CurrentLineNumber}")
        if len(self.found) < 1_000:  # noqa: PLR2004 -- nobody reads more.
            self.found.append(unsafe("script", sentence, place))

    def _refuse(self, *_arguments: object) -> int:
        sentence = "The XML declares a document type or an entity, which can lead out of the file."
        raise malformed(self._source, "xml_document_type", sentence)

    def _instruction(self, target: str, _data: str) -> None:
        if target.lower() == "xml-stylesheet":
            self._say("A style sheet is loaded, which can hold a script.")


def recognises_html(source: Source) -> bool:
    """Say whether a page of HTML comes first, or the name claims so."""
    return bool(_HTML.match(source.head)) or (source.extension in _PAGES and source.size > 0)


def examine_html(source: Source, scan: Scan) -> Examination:
    """Say whether the page runs anything when a browser shows it."""
    data = source.read_at(0, min(source.size, scan.limits.structure_bytes))
    if len(data) < source.size:
        raise malformed(source, "html_too_large", "The page is too large to be read whole.")
    # Browsers read entities in attributes, and pass over spaces within `java script:`.
    plain = html.unescape(data.decode("utf-8"))
    if _SCRIPT_IN_HTML.search(plain):
        return unsafe("script", "The page holds a script.", source.place)
    return Examination()


FORMAT: Final = Format("xml", _EXTENSIONS, recognises, examine, is_text=True)
HTML: Final = Format("html", _PAGES, recognises_html, examine_html, is_text=True)
