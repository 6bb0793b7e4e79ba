"""Tables of names as people read them: a module, a colon, its names."""

from collections.abc import Mapping

Table = Mapping[str, frozenset[str]]


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def table(text: str) -> Table:
    """Return the table that ``module: name name`` lines and their indented continuations give."""
    modules: dict[str, frozenset[str]] = {}
    module = ""
    for line in text.strip().splitlines():
        head, colon, names = line.strip().partition(":")
        if colon:
            module = head
        modules[module] = modules.get(module, frozenset()) | frozenset(
            (names if colon else head).split()
        )
    return modules
