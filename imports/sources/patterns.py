"""Patterns of paths, by which whoever imports says which files come along and which stay behind."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from aegis.problems import Invalid
from aegis.text import refused_character

MOST: Final = 50
NOT_INCLUDED: Final = "no include pattern"
EXCLUDED: Final = "exclude"
"""The rules by which a file stays behind; one that was excluded names the pattern."""

_LENGTH: Final = 200


def check_patterns(name: str, value: Any, *, code: str) -> tuple[str, ...]:
    """Return include or exclude patterns in their normal form, or raise ``Invalid`` of ``code``."""
    given = [value] if isinstance(value, str) else value or []
    if not isinstance(given, list | tuple) or len(given) > MOST:
        raise _refusal(name, f"There are at most {MOST} {name} patterns, in a list.", code)
    patterns = []
    for pattern in given:
        if not isinstance(pattern, str) or refused_character(pattern):
            raise _refusal(name, "A pattern is a line of text.", code)
        if not 0 < len(pattern.strip()) <= _LENGTH:
            raise _refusal(name, f"A pattern has 1 to {_LENGTH} characters.", code)
        patterns.append(pattern.strip())
    return tuple(dict.fromkeys(patterns))


def rule_of(path: str, *, include: Sequence[str], exclude: Sequence[str]) -> str:
    """Return the rule by which patterns leave a file behind, or nothing; exclude wins."""
    for pattern in matching(path, exclude):
        return f"{EXCLUDED} {pattern}"
    return NOT_INCLUDED if include and not any(matching(path, include)) else ""


def matching(path: str, patterns: Sequence[str]) -> Iterator[str]:
    """Yield the patterns that match a path, as huggingface_hub reads them."""
    for pattern in patterns:
        if fnmatchcase(path, f"{pattern}*" if pattern.endswith("/") else pattern):
            yield pattern


def _refusal(name: str, sentence: str, code: str) -> Invalid:
    return Invalid(
        code,
        sentence,
        field=name,
        mend="A pattern is a path with * and ?, such as *.safetensors or onnx/*.",
    )
