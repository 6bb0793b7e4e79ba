"""Chat templates: read by Jinja's parser for what a rendering could reach, and never rendered.

Programs render templates with and without a sandbox (llama-cpp-python did without:
CVE-2024-34359), so a template that asks for Python's insides is dangerous wherever it lies.
"""

import re
from collections.abc import Iterator
from typing import Final

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser

from imports.scanning.examination import Examination, together
from imports.scanning.formats.saying import at, inconclusive, unsafe
from imports.scanning.formats.template_names import builds_text, made_names, uses
from imports.scanning.sources import Source

_LONGEST: Final = 512 * 1024
# Objects of Jinja and of web frameworks that lead to Python's globals.
_GADGETS: Final = frozenset(
    {"cycler", "joiner", "lipsum", "self", "url_for", "get_flashed_messages"}
)
_HIDDEN: Final = re.compile(r"__[a-z]|[a-z]__")
_REACHING_FILTERS: Final = frozenset({"attr"})
_ATTRIBUTE_FILTERS: Final = frozenset(
    {"groupby", "map", "max", "min", "rejectattr", "selectattr", "sort", "sum", "unique", "join"}
)
_FORMATTING: Final = frozenset({"format", "format_map"})


class _Generation(Extension):
    """The tag that Hugging Face's templates mark the assistant's words with."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Return what stands between the tags."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _environment() -> jinja2.Environment:
    # Nothing is rendered, so there is nothing to escape.
    return jinja2.Environment(autoescape=True, extensions=[loopcontrols, _Generation])


def examine_template(text: str, source: Source, inner: str = "") -> Examination:
    """Say what a template could reach when somebody renders it."""
    place = at(source, inner)
    if len(text) > _LONGEST:
        sentence = f"The template has {len(text):,} characters; at most {_LONGEST:,} are read."
        return inconclusive("template_too_long", sentence, place)
    try:
        tree = _environment().parse(text)
        made = made_names(tree)
        return together(_examine_node(node, made, place) for node in tree.find_all(nodes.Node))
    except jinja2.TemplateError as error:
        sentence = f"The template cannot be parsed: {error}."
        return inconclusive("template_malformed", sentence, place)
    except (RecursionError, MemoryError, ValueError, OverflowError):
        return inconclusive("template_too_deep", "The template is nested too deep.", place)


def _examine_node(node: nodes.Node, made: frozenset[str], place: str) -> Examination:
    for sentence in _dangers(node):
        where = f"{place}, line {node.lineno}" if place else f"line {node.lineno}"
        return unsafe("template_reaches_python", sentence, where, is_dangerous=True)
    for sentence in _doubts(node, made):
        where = f"{place}, line {node.lineno}" if place else f"line {node.lineno}"
        return inconclusive("template_unclear", sentence, where)
    return Examination()


def _dangers(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        yield f"The template asks an object for {node.attr}."
    elif isinstance(node, nodes.Getattr) and node.attr in _FORMATTING:
        yield from _formatting(node)
    elif isinstance(node, nodes.Name) and node.name in _GADGETS:
        yield f"The template uses {node.name}, which leads to Python's globals."
    elif isinstance(node, nodes.Name) and node.name.startswith("__"):
        yield f"The template uses the name {node.name}."
    elif isinstance(node, nodes.Const) and isinstance(node.value, str) and _is_hidden(node.value):
        yield f"The template holds {node.value[:80]!r}, by which Python's insides are named."
    elif isinstance(node, nodes.Keyword) and _HIDDEN.search(node.key):
        yield f"The template uses the name {node.key}."
    elif isinstance(node, nodes.Filter) and node.name in _REACHING_FILTERS:
        yield "The template asks an object for an attribute by the filter attr."


def _is_hidden(text: str) -> bool:
    """Say whether a text without spaces is, or may be a part of, a name such as ``__class__``."""
    return bool(_HIDDEN.search(text)) and not re.search(r"\s", text)


def _formatting(node: nodes.Getattr) -> Iterator[str]:
    if not isinstance(node.node, nodes.Const):
        yield f"The template calls {node.attr} of a text that it makes itself."
    elif "{" in str(node.node.value) and re.search(r"\{[^}]*[._\[]", str(node.node.value)):
        yield f"The template reaches into an object by {node.attr}."


def _doubts(node: nodes.Node, made: frozenset[str]) -> Iterator[str]:
    if isinstance(node, nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends):
        yield "The template takes in another one, which is not here."
    elif isinstance(node, nodes.Getitem) and (builds_text(node.arg) or uses(node.arg, made)):
        yield "The template puts together the name that it asks an object for."
    elif isinstance(node, nodes.Filter) and node.name in _ATTRIBUTE_FILTERS:
        for argument in _attribute_arguments(node):
            if not isinstance(argument, nodes.Const):
                yield f"The template computes the attribute for the filter {node.name}."


def _attribute_arguments(node: nodes.Filter) -> Iterator[nodes.Expr]:
    if node.name in {"selectattr", "rejectattr", "groupby"}:
        yield from node.args[:1]
    yield from (pair.value for pair in node.kwargs if pair.key == "attribute")
