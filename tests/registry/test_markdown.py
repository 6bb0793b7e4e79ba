import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.markdown import to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and `code`", "<p><strong>bold</strong> and <code>code</code></p>"),
        ("# One\n\n## Two", "<h3>One</h3>\n<h4>Two</h4>"),
        ("Title\n=====", "<h3>Title</h3>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c", '<ol start="3">\n<li>c</li>\n</ol>'),
        ("~~no~~", "<p><s>no</s></p>"),
        (
            "[docs](https://example.org/a?b=1&c=2)",
            (
                '<p><a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">'
                "docs</a></p>"
            ),
        ),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("```python\nx = 1\n```", "<pre><code>x = 1\n</code></pre>"),
    ],
)
def test_markdown_becomes_html(text: str, html: str) -> None:
    assert to_html(text).strip() == html


def test_a_table_has_no_styles() -> None:
    html = to_html("| a | b |\n|:--|--:|\n| 1 | 2 |")
    assert "<td>1</td>" in html
    assert "style" not in html


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(html)
    return parser.found


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    '[x](https://a "onmouseover=alert(1)")',
    '[x](https://a"onclick="alert(1))',
    "![x](https://tracker.example/pixel.gif)",
    "![x](javascript:alert(1))",
    "[![x](https://tracker.example/p.gif)](https://a)",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{display:none}</style>",
    "<iframe src=//evil></iframe>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '<div class="panel" id="decide">',
    "[x]: javascript:alert(1)\n\n[x]",
    "``` onclick=alert(1)\nx\n```",
]
SAFE = re.compile(r"(?:https?://|mailto:|[/#?]|[^:]*$)", re.IGNORECASE)


def refuse_unsafe(html: str) -> None:
    for tag, attributes in elements(html):
        assert tag not in {"script", "img", "style", "iframe", "div", "form", "input", "svg"}
        assert attributes.keys() <= {"href", "title", "rel", "start"}
        if tag == "a" and "href" in attributes:
            assert SAFE.match(attributes["href"] or "")
            assert attributes["rel"] == "noopener noreferrer nofollow"


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_acts_or_loads_comes_through(attack: str) -> None:
    refuse_unsafe(to_html(attack))


@given(st.lists(st.sampled_from([*ATTACKS, "`", "*", "\n", "\n\n", "> ", "- ", "<", "[", "|"])))
def test_no_mixture_of_attacks_comes_through(parts: list[str]) -> None:
    refuse_unsafe(to_html("".join(parts)))


def test_deep_nesting_is_no_error() -> None:
    assert to_html("> " * 5_000 + "x")
    assert to_html("[" * 20_000)
    assert to_html("*a " * 6_000)
