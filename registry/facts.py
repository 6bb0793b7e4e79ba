"""The facts that a version may have: their names, and what their values look like."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import rfc8785
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from aegis import strict_json
from aegis.problems import Invalid
from aegis.sensitive.texts import plain_text

ENTRIES: Final = 2_000
FACT_BYTES: Final = 256 * 1024
_KEY: Final = 250
_VALUE: Final = 6_000
_LINE: Final = 200

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_CODE: Final = re.compile(r"(?:\S{1,150}@)?[0-9a-f]{7,64}")
_PYTHON: Final = re.compile(r"[0-9]{1,2}\.[0-9]{1,3}(?:\.[0-9]{1,3})?(?:[a-z0-9.+-]{0,20})")


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that the registry knows: its name, its title on pages, what its value is."""

    name: str
    title: str
    help: str
    check: Callable[[str, Any], Any]


def check_facts(facts: Any) -> dict[str, Any]:
    """Return facts by name with their values in normal form, or raise ``Invalid``."""
    if not isinstance(facts, Mapping):
        raise Invalid("facts_invalid", "Facts are an object of names and values.", field="facts")
    return {str(name): check_fact(name, value) for name, value in facts.items()}


def check_fact(name: Any, value: Any) -> Any:
    """Return the value of one fact in its normal form, or raise ``Invalid`` with its field."""
    fact = FACTS.get(name) if isinstance(name, str) else None
    if fact is None:
        raise Invalid(
            "fact_unknown",
            f"There is no fact named {str(name)[:80]!r}.",
            field="facts",
            mend=f"The facts are {', '.join(FACTS)}. Others belong into params.",
        )
    strict_json.check(value)
    result = fact.check(fact.name, value)
    if len(rfc8785.dumps(result)) > FACT_BYTES:
        raise Invalid(
            "fact_too_large", f"A fact has at most {FACT_BYTES:,} bytes as JSON.", field=name
        )
    return result


def _line(name: str, value: Any) -> str:
    return plain_text(value, field=name, limit=_LINE)


def _matching(pattern: re.Pattern[str], rule: str) -> Callable[[str, Any], str]:
    def check(name: str, value: Any) -> str:
        text = _line(name, value)
        if not pattern.fullmatch(text):
            raise _fault(name, rule)
        return text

    return check


def _licence(name: str, value: Any) -> str:
    text = _line(name, value)
    try:
        return canonicalize_license_expression(text)
    except InvalidLicenseExpression as error:
        raise Invalid(
            "licence_unknown",
            f"{text!r} is no SPDX licence expression.",
            field=name,
            mend="Write it as SPDX does, such as Apache-2.0 or MIT OR BSD-3-Clause; "
            "a licence of your own is LicenseRef- and a name.",
        ) from error


def _whole_number(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _fault(name, "a whole number of zero or more")
    return value


def _dataset(name: str, value: Any) -> dict[str, Any]:
    known = {"name", "version", "digest", "rows", "uri"}
    if not isinstance(value, Mapping) or not value.keys() <= known or "name" not in value:
        raise _fault(name, "an object with a name, and a version, digest, rows or uri")
    result: dict[str, Any] = {
        key: plain_text(value[key], field=f"{name}.{key}", limit=_LINE)
        for key in ("name", "version", "digest", "uri")
        if key in value
    }
    if "digest" in result and not _DIGEST.fullmatch(result["digest"]):
        raise _fault(f"{name}.digest", "sha256: and 64 lower-case hex digits")
    if "rows" in value:
        result["rows"] = _whole_number(f"{name}.rows", value["rows"])
    return result


def _params(name: str, value: Any) -> dict[str, Any]:
    return {
        key: item if isinstance(item, bool | int | float | None) else _param(name, key, item)
        for key, item in _entries(name, value)
    }


def _packages(name: str, value: Any) -> dict[str, str]:
    return {key: _text(f"{name}.{key}", item) for key, item in _entries(name, value)}


def _entries(name: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, Mapping) or len(value) > ENTRIES:
        raise _fault(name, f"an object with at most {ENTRIES:,} entries")
    return [(plain_text(key, field=name, limit=_KEY), item) for key, item in value.items()]


def _text(name: str, value: Any) -> str:
    return plain_text(value, field=name, limit=_VALUE, multiline=True, required=False)


def _param(name: str, key: str, value: Any) -> str:
    return plain_text(
        value, field=f"{name}.{key}", limit=_VALUE, multiline=True, required=False, name=key
    )


def _fault(name: str, rule: str) -> Invalid:
    spoken = name.replace("_", " ").capitalize()
    return Invalid("fact_invalid", f"{spoken} must be {rule}.", field=name)


FACTS: Final = {
    fact.name: fact
    for fact in (
        Fact(
            "dataset",
            "Training data",
            "An object: name, and a version or digest, rows, uri.",
            _dataset,
        ),
        Fact(
            "code_version",
            "Code",
            "The commit of the training code, or repository@commit.",
            _matching(_CODE, "a commit, or repository@commit"),
        ),
        Fact("licence", "Licence", "An SPDX expression, such as Apache-2.0.", _licence),
        Fact("framework", "Framework", "Such as scikit-learn or pytorch.", _line),
        Fact("framework_version", "Framework version", "Such as 1.7.2.", _line),
        Fact("architecture", "Architecture", "Such as LogisticRegression.", _line),
        Fact("task", "Task", "Such as classification.", _line),
        Fact("trained_by", "Trained by", "The person or team that trained it.", _line),
        Fact(
            "python",
            "Python",
            "The version it was trained with, such as 3.11.9.",
            _matching(_PYTHON, "a version such as 3.11 or 3.11.9"),
        ),
        Fact("parameter_count", "Parameters", "How many numbers it has learnt.", _whole_number),
        Fact("params", "Training parameters", "An object of names and values.", _params),
        Fact("environment", "Packages", "An object of package names and versions.", _packages),
        Fact(
            "model_signature",
            "Inputs and outputs",
            "An object of the names of inputs, outputs and parameters, and their types.",
            _packages,
        ),
        Fact("run_tags", "Tags of the run", "An object of names and words.", _params),
        Fact("base_model", "Base model", "The model it was trained from.", _line),
        Fact("source_uri", "Source", "Where the files came from.", _line),
        Fact("source_revision", "Source revision", "The commit or run they came from.", _line),
    )
}
