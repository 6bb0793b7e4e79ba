"""Markdown that people wrote, as HTML that is safe on our pages."""

from typing import Final

import nh3
from markdown_it import MarkdownIt

_TAGS: Final = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "a"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
    *("h3", "h4", "h5", "h6"),
}
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES: Final = {"http", "https", "mailto"}

# Raw HTML is shown as the text that it is. Images would tell another host who is reading.
_MARKDOWN: Final = (
    MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    .enable(["table", "strikethrough"])
    .disable("image")
)

# A page has its own h1 and h2; those of a section come below them.
_LOWERED: Final = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}


def to_html(text: str) -> str:
    """Return the HTML of a Markdown text: no raw HTML, images, classes, styles or ids.

    Links open http, https and mail addresses only, and carry ``rel="noopener noreferrer
    nofollow"``. The answer may be marked safe in a template.
    """
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        token.tag = _LOWERED.get(token.tag, token.tag)
        # Alignment of a table's columns comes as a style, which the pages' CSP refuses.
        token.attrs.pop("style", None)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(
        str(html),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
