"""What a reference to a repository of the hub looks like, before the hub is asked."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from aegis.problems import Invalid
from aegis.text import refused_character
from imports.sources.patterns import check_patterns

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
            include=_patterns("include", given),
            exclude=_patterns("exclude", given),
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


def _patterns(name: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    return check_patterns(name, given.get(name), code="hub_patterns_invalid")
