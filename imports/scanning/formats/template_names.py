"""Names in a template that may hold a text which stands nowhere in it, such as ``'_' ~ 'x'``.

Jinja falls back from an item to an attribute, so ``x[name]`` with such a name reaches anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jinja2 import nodes

_TEXT_FILTERS: Final = frozenset(
    {"capitalize", "center", "e", "escape", "forceescape", "format", "indent", "join", "lower",
     "pprint", "replace", "string", "striptags", "title", "tojson", "trim", "truncate", "upper",
     "urlencode", "urlize", "wordwrap", "xmlattr"}
)  # fmt: skip
# Methods that give back what they were given, or a part of it.
_HARMLESS_METHODS: Final = frozenset(
    {"append", "count", "endswith", "find", "get", "index", "items", "keys", "lstrip", "rsplit",
     "rstrip", "split", "startswith", "strip", "values"}
)  # fmt: skip
_HARMLESS_FUNCTIONS: Final = frozenset({"dict", "namespace", "raise_exception", "range"})
# What a macro is given beyond its parameters, and the neighbours of a loop's item.
_UNKNOWN: Final = frozenset({"kwargs", "loop.nextitem", "loop.previtem", "varargs"})
_ROUNDS: Final = 20


@dataclass(frozen=True, slots=True)
class _Binding:
    """Names, and the expression whose value they get; without one it is a text made on the spot."""

    names: tuple[str, ...]
    value: nodes.Node | None


def builds_text(value: nodes.Node) -> bool:
    """Say whether an expression could make a text that stands nowhere in the template."""
    return any(_builds(each) for each in (value, *value.find_all(nodes.Expr)))


def _builds(each: nodes.Node) -> bool:
    if isinstance(each, nodes.Add):
        return any(
            isinstance(side, nodes.Const) and isinstance(side.value, str)
            for side in (each.left, each.right)
        )
    if isinstance(each, nodes.Filter):
        return each.name in _TEXT_FILTERS or (each.name == "map" and _maps_to_text(each))
    if isinstance(each, nodes.Call):
        return _calls_for_text(each.node)
    if isinstance(each, nodes.Slice):
        return not (each.step is None or _is_backwards(each.step))
    return isinstance(each, nodes.Concat | nodes.Mod | nodes.Mul)


def _maps_to_text(each: nodes.Filter) -> bool:
    """Say whether ``map`` applies a filter that makes texts, or one that is not named."""
    first = each.args[0] if each.args else None
    return first is not None and not (
        isinstance(first, nodes.Const) and first.value not in _TEXT_FILTERS
    )


def _calls_for_text(called: nodes.Node) -> bool:
    if isinstance(called, nodes.Getattr):
        return called.attr not in _HARMLESS_METHODS
    return not _is_harmless(called)


def _is_harmless(called: nodes.Node) -> bool:
    return isinstance(called, nodes.Name) and called.name in _HARMLESS_FUNCTIONS


def _is_backwards(step: nodes.Expr) -> bool:
    """Say whether a slice goes by one, forwards or backwards, so that it leaves nothing out."""
    inner = step.node if isinstance(step, nodes.Neg) else step
    return isinstance(inner, nodes.Const) and inner.value in {1, -1}


def made_names(tree: nodes.Template) -> frozenset[str]:
    """Return the names that may hold such a text; those in a namespace as ``space.name``."""
    bindings = list(_bindings(tree))
    made = set(_UNKNOWN)
    for _ in range(_ROUNDS):
        before = len(made)
        for each in bindings:
            if each.value is None or builds_text(each.value) or uses(each.value, made):
                made.update(each.names)
        if len(made) == before:
            break
    return frozenset(made)


def uses(value: nodes.Node, names: set[str] | frozenset[str]) -> bool:
    """Say whether one of ``names`` stands in an expression."""
    inside = (value, *value.find_all(nodes.Expr))
    return any(_name(each) in names for each in inside)


def _name(each: nodes.Node) -> str | None:
    if isinstance(each, nodes.Name):
        return str(each.name)
    if isinstance(each, nodes.NSRef):
        return f"{each.name}.{each.attr}"
    if isinstance(each, nodes.Getattr) and isinstance(each.node, nodes.Name):
        return f"{each.node.name}.{each.attr}"
    return None


def _bindings(tree: nodes.Template) -> Iterator[_Binding]:
    for each in tree.find_all(nodes.Assign):
        if _is_namespace(each.node):
            continue
        yield _Binding(_targets(each.target), each.node)
    for block in tree.find_all(nodes.AssignBlock):
        yield _Binding(_targets(block.target), None)
    for loop in tree.find_all(nodes.For):
        yield _Binding(_targets(loop.target), loop.iter)
    for scope in tree.find_all(nodes.With):
        for target, value in zip(scope.targets, scope.values, strict=False):
            yield _Binding(_targets(target), value)
    yield from _namespaces(tree)
    yield from _parameters(tree)


def _is_namespace(value: nodes.Node) -> bool:
    return (
        isinstance(value, nodes.Call)
        and isinstance(value.node, nodes.Name)
        and value.node.name == "namespace"
        and not value.args
    )


def _namespaces(tree: nodes.Template) -> Iterator[_Binding]:
    for each in tree.find_all(nodes.Assign):
        if _is_namespace(each.node) and isinstance(each.node, nodes.Call):
            for name in _targets(each.target):
                for pair in each.node.kwargs:
                    yield _Binding((f"{name}.{pair.key}",), pair.value)


def _parameters(tree: nodes.Template) -> Iterator[_Binding]:
    """Yield what the parameters of macros get, from every call that might be one of a macro."""
    calls = [each for each in tree.find_all(nodes.Call) if not _is_harmless(each.node)]
    macros: list[nodes.Macro | nodes.CallBlock] = [
        *tree.find_all(nodes.Macro),
        *tree.find_all(nodes.CallBlock),
    ]
    for macro in macros:
        names = [str(argument.name) for argument in macro.args]
        for call in calls:
            for name, value in zip(names, call.args, strict=False):
                yield _Binding((name,), value)
            for pair in call.kwargs:
                if pair.key in names:
                    yield _Binding((pair.key,), pair.value)


def _targets(target: nodes.Node) -> tuple[str, ...]:
    inside = (target, *target.find_all((nodes.Name, nodes.NSRef)))
    return tuple(name for each in inside if (name := _name(each)) is not None)
