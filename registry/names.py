"""The rules for names: of registered models, version labels and aliases, and for refs to a version.

All names compare by their key, so that two of them never differ only by case or
Unicode form. A ref resolves as a number, a stage, an alias, a label, in this order.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from aegis.problems import Invalid, NotFound
from aegis.text import name_key, refused_character

# The MLflow names; pages say Development for None.
STAGES: Final = ("None", "Staging", "Production", "Archived")
SYSTEM_ALIASES: Final = frozenset({"production", "staging"})
FREE_ALIAS_PATTERNS: Final = ("dev-*", "exp-*")
LARGEST_NUMBER: Final = 2**31 - 1

# The pages have an address of this name where a model's would be.
RESERVED_MODEL_NAMES: Final = frozenset({"new"})

_MODEL_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
# What MLflow clients accept as an alias, in ASCII.
_ALIAS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_NUMBER: Final = re.compile(r"[vV]?([0-9]+)")
_PATCH_LABEL: Final = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")
_STAGE_WORDS: Final = {
    **{stage.casefold(): stage for stage in STAGES},
    "development": "None",
}


class RefKind(StrEnum):
    """How a ref names a version."""

    NUMBER = "number"
    STAGE = "stage"
    LATEST = "latest"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Ref:
    """A parsed ref. ``NAME`` is looked up as an alias first and then as a label, by ``key``."""

    kind: RefKind
    text: str
    key: str
    number: int | None = None
    stage: str | None = None


def check_model_name(name: object) -> str:
    """Return a valid registered model's name or raise ``Invalid``; it is not trimmed or changed."""
    text = _checked(
        name,
        _MODEL_NAME,
        field="name",
        what="A registered model's name",
        rule="letters, digits, dots, hyphens and underscores, begins with a letter or digit",
    )
    if name_key(text) in RESERVED_MODEL_NAMES:
        raise Invalid(
            "name_reserved",
            f"No registered model can be called {text}, because pages use that word.",
            field="name",
            mend="Choose another one.",
        )
    return text


def check_label(label: object) -> str:
    """Return a valid version label or raise ``Invalid``; whether it is taken is not known here."""
    text = _checked(
        label,
        _LABEL,
        field="label",
        what="A version label",
        rule="letters, digits, dots, plus signs, hyphens and underscores, "
        "begins with a letter or digit",
    )
    _refuse_reserved(text, field="label", what="A version label")
    return text


def check_alias(alias: object) -> str:
    """Return a valid alias that a person may set or raise ``Invalid``."""
    text = _checked(
        alias,
        _ALIAS,
        field="alias",
        what="An alias",
        rule="letters, digits, hyphens and underscores, begins with a letter or digit",
    )
    if text.casefold() in SYSTEM_ALIASES:
        raise Invalid(
            "alias_reserved",
            f"The alias {text.casefold()} follows the stage of that name and is moved by it alone.",
            field="alias",
            mend="Ask for a promotion to that stage.",
        )
    _refuse_reserved(text, field="alias", what="An alias")
    return text


def is_free_alias(alias: str, patterns: Iterable[str] = FREE_ALIAS_PATTERNS) -> bool:
    """Say whether an alias matches a pattern that no policy governs."""
    key = name_key(alias)
    return any(fnmatchcase(key, name_key(pattern)) for pattern in patterns)


def parse_ref(ref: object) -> Ref:
    """Return what a ref names: a number, a stage in any case, ``latest``, or an alias or label.

    ``Invalid`` if nothing could have that name, ``NotFound`` for a number beyond all numbers.
    """
    if not isinstance(ref, str) or not _LABEL.fullmatch(ref):
        raise Invalid(
            "ref_invalid",
            "A version is named by its number, its stage, an alias or its label.",
            field="ref",
        )
    key = name_key(ref)
    if match := _NUMBER.fullmatch(ref):
        digits = match[1].lstrip("0") or "0"
        if len(digits) > len(str(LARGEST_NUMBER)) or int(digits) > LARGEST_NUMBER:
            raise NotFound("version_not_found", f"There is no version {ref}.")
        return Ref(RefKind.NUMBER, ref, key, number=int(digits))
    if key in _STAGE_WORDS:
        return Ref(RefKind.STAGE, ref, key, stage=_STAGE_WORDS[key])
    if key == "latest":
        return Ref(RefKind.LATEST, ref, key)
    return Ref(RefKind.NAME, ref, key)


def next_label(taken: Iterable[str]) -> str:
    """Return the patch label after the highest ``major.minor.patch`` that is taken, or 1.0.0."""
    numbers = [
        tuple(int(part) for part in match.groups())
        for label in taken
        if (match := _PATCH_LABEL.fullmatch(label))
    ]
    if not numbers:
        return "1.0.0"
    major, minor, patch = max(numbers)
    return f"{major}.{minor}.{patch + 1}"


def _checked(value: object, pattern: re.Pattern[str], *, field: str, what: str, rule: str) -> str:
    if not isinstance(value, str):
        raise Invalid(f"{field}_invalid", f"{what} must be text.", field=field)
    if not value.strip():
        raise Invalid(f"{field}_empty", f"{what} must not be empty.", field=field)
    character = refused_character(value)
    if character:
        raise Invalid(
            f"{field}_control_character",
            f"{what} must not hold the character {character}.",
            field=field,
        )
    if not pattern.fullmatch(value):
        raise Invalid(
            f"{field}_invalid",
            f"{what} is made of {rule}, and has at most 128 characters.",
            field=field,
        )
    return value


def _refuse_reserved(text: str, *, field: str, what: str) -> None:
    key = name_key(text)
    if _NUMBER.fullmatch(text):
        reason = "would read as a version number"
    elif key in _STAGE_WORDS:
        reason = "is the name of a stage"
    elif key == "latest":
        reason = "always means the newest version"
    else:
        return
    raise Invalid(
        f"{field}_reserved",
        f"{what} cannot be {text}, because that {reason}.",
        field=field,
        mend="Choose another one.",
    )
