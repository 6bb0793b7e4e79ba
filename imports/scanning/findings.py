"""What is found in a file, and how it is written down."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

from aegis.problems import Invalid
from aegis.text import refused_character
from imports.scanning.verdicts import Verdict

_LONGEST_PLACE: Final = 1_000
_LONGEST_SENTENCE: Final = 1_000


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that a person should know about a file.

    ``place`` is where in the file: ``archive!member`` for members, then what the format knows.
    ``is_dangerous`` makes a waiver impossible.
    """

    code: str
    sentence: str
    place: str = ""
    is_dangerous: bool = False

    @classmethod
    def of(cls, code: str, sentence: str, place: str = "", *, is_dangerous: bool = False) -> Self:
        """Return a finding whose texts may come from the file: made short and printable."""
        return cls(
            code=code,
            sentence=printable(sentence, _LONGEST_SENTENCE),
            place=printable(place, _LONGEST_PLACE),
            is_dangerous=is_dangerous,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the finding as JSON holds it."""
        return {
            "code": self.code,
            "sentence": self.sentence,
            "place": self.place,
            "is_dangerous": self.is_dangerous,
        }

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Return the finding that ``to_json`` wrote, or raise ``Invalid``."""
        _check_shape(value, {"code": str, "sentence": str, "place": str, "is_dangerous": bool})
        return cls(**value)


@dataclass(frozen=True, slots=True)
class FileFindings:
    """What a scan says of one file: ``globals`` are the names that its pickles import, sorted."""

    path: str
    sha256: str
    size: int
    format: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    globals: tuple[str, ...] = ()
    members: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the findings as JSON holds them."""
        return {
            "path": self.path,
            "sha256": self.sha256,
            "size": self.size,
            "format": self.format,
            "verdict": self.verdict.value,
            "findings": [finding.to_json() for finding in self.findings],
            "globals": list(self.globals),
            "members": self.members,
        }

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Return the findings that ``to_json`` wrote, or raise ``Invalid``."""
        _check_shape(value, _SHAPE_OF_FILE)
        if value["verdict"] not in set(Verdict):
            raise _misshapen("verdict")
        if not all(isinstance(name, str) for name in value["globals"]):
            raise _misshapen("globals")
        return cls(
            path=value["path"],
            sha256=value["sha256"],
            size=value["size"],
            format=value["format"],
            verdict=Verdict(value["verdict"]),
            findings=tuple(Finding.from_json(finding) for finding in value["findings"]),
            globals=tuple(value["globals"]),
            members=value["members"],
        )


def tidy(findings: Iterable[Finding], limit: int) -> tuple[Finding, ...]:
    """Return the findings sorted and each once, the dangerous first, and at most ``limit``."""
    unique = sorted(set(findings), key=lambda each: (not each.is_dangerous, each))
    if len(unique) <= limit:
        return tuple(unique)
    more = f"{len(unique) - limit:,} more findings are not listed."
    return (*unique[:limit], Finding("more_findings", more))


def printable(text: str, limit: int) -> str:
    """Return a text of unknown origin without characters that a page must not show, and short."""
    if refused_character(text):
        text = "".join("\ufffd" if refused_character(each) else each for each in text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


_SHAPE_OF_FILE: Final[dict[str, type]] = {
    "path": str,
    "sha256": str,
    "size": int,
    "format": str,
    "verdict": str,
    "findings": list,
    "globals": list,
    "members": int,
}


def _check_shape(value: Any, shape: dict[str, type]) -> None:
    if not isinstance(value, dict) or set(value) != set(shape):
        raise _misshapen("its fields")
    for name, kind in shape.items():
        # A bool is an int to Python, and is none here.
        if type(value[name]) is not kind:
            raise _misshapen(name)


def _misshapen(name: str) -> Invalid:
    return Invalid("scan_findings_misshapen", f"Findings of a scan are misshapen: {name}.")
