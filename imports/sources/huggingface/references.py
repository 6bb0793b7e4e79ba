"""What a reference to a repository of the hub looks like, before the hub is asked."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from aegis.problems import Invalid
from aegis.text import refused_character

PATTERNS: Final = 50
_PATTERN_LENGTH: Final = 200
_REVISION_LENGTH: Final = 255
_REPO_LENGTH: Final = 96
_KEYS: Final = frozenset({"repo", "revision", "include", "exclude"})

# As huggingface_hub.utils.validate_repo_id has it.
_NAME: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?"
_REPO: Final = re.compile(rf"(?:{_NAME}/)?{_NAME}")
# What Git takes for no name of a branch (git-check-ref-format).
_NO_REVISION: Final = re.compile(r"[\s~^:?*\[\\]|\.\.|@\{|//|^[/-]|[/.]$|\.lock$")
_OF_A_PAGE: Final = re.compile(r"https?://[^/]+/(?P<repo>[^/?#]+/[^/?#]+)")


@dataclass(frozen=True, slots=True)
class Reference:
    """A repository at a revision, and which of its files are wanted."""

    repo: str
    revision: str = "main"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Reference":
        """Return the reference that ``given`` writes, or raise ``Invalid`` with its field."""
        unknown = sorted(str(key) for key in given.keys() - _KEYS)
        if unknown:
            raise Invalid(
                "reference_invalid",
                f"A repository of the hub has no {unknown[0][:80]!a}.",
                mend="It has a repo, and a revision, include and exclude patterns if wanted.",
            )
        return cls(
            repo=_repo(given.get("repo")),
            revision=_revision(given.get("revision") or "main"),
            include=_patterns("include", given.get("include")),
            exclude=_patterns("exclude", given.get("exclude")),
        )


def check_reference(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a reference to the hub in its normal form, as JSON, or raise ``Invalid``."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(Reference.read(given)).items()
    }


def _repo(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if page := _OF_A_PAGE.match(text):
        raise _no_repo(text, f"Of that address, {page['repo']!a} would be the name.")
    is_one = (
        _REPO.fullmatch(text)
        and len(text) <= _REPO_LENGTH
        and not ("--" in text or ".." in text or text.endswith(".git"))
    )
    if not is_one:
        raise _no_repo(text, "It is written as its page says it, such as google/flan-t5-small.")
    return text


def _no_repo(text: str, mend: str) -> Invalid:
    sentence = (
        f"{text[:120]!a} is no name of a repository."
        if text
        else "Which repository of the hub is to be imported?"
    )
    return Invalid("hub_repo_invalid", sentence, field="repo", mend=mend)


def _revision(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if (
        not text
        or len(text) > _REVISION_LENGTH
        or refused_character(text)
        or _NO_REVISION.search(text)
    ):
        raise Invalid(
            "hub_revision_invalid",
            "This is no name of a revision.",
            field="revision",
            mend="A revision is a branch, a tag, or a commit of 40 hex digits.",
        )
    return text


def _patterns(name: str, value: Any) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value or []
    if not isinstance(given, list | tuple) or len(given) > PATTERNS:
        raise _no_patterns(name, f"There are at most {PATTERNS} {name} patterns, in a list.")
    patterns = []
    for pattern in given:
        if not isinstance(pattern, str) or refused_character(pattern):
            raise _no_patterns(name, "A pattern is a line of text.")
        if not 0 < len(pattern.strip()) <= _PATTERN_LENGTH:
            raise _no_patterns(name, f"A pattern has 1 to {_PATTERN_LENGTH} characters.")
        patterns.append(pattern.strip())
    return tuple(dict.fromkeys(patterns))


def _no_patterns(name: str, sentence: str) -> Invalid:
    return Invalid(
        "hub_patterns_invalid",
        sentence,
        field=name,
        mend="A pattern is a path with * and ?, such as *.safetensors or onnx/*.",
    )
