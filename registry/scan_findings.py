"""What a scan found, as the registry keeps it: canonical JSON, and records read from it.

The keys are those of the scanner's ``FileFindings``; the database's triggers read some of them.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import rfc8785

from registry.models import ScanReport, ScanVerdict

BLOCKING: Final = frozenset({ScanVerdict.UNSAFE.value, ScanVerdict.INCONCLUSIVE.value})
"""The verdicts over which nothing is given out without a waiver."""
PICKLES: Final = frozenset({"pickle", "pytorch"})
"""The formats that run code when they are loaded, as scans name them."""
SKOPS: Final = "skops"
GRAVEST_FIRST: Final = tuple(reversed(ScanVerdict.values))


class FileResult(Protocol):
    """What a scanner says of one file."""

    @property
    def path(self) -> str:
        """The file's path in the version."""

    @property
    def size(self) -> int:
        """Its bytes."""

    @property
    def sha256(self) -> str:
        """The hex SHA-256 of the bytes that were scanned."""

    def to_json(self) -> dict[str, Any]:
        """Return all that was found in it."""


class ScanResult(Protocol):
    """What a scanner says of all files of a version."""

    @property
    def ruleset(self) -> str:
        """The rules and the engine that it went by."""

    @property
    def files(self) -> Sequence[FileResult]:
        """Every file of the version."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a person should know about a file, and where in it."""

    code: str
    sentence: str
    place: str
    is_dangerous: bool


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """What the scan says of one file; ``globals`` are the names that its pickles import."""

    path: str
    sha256: str
    size: int
    format: str
    verdict: str
    findings: tuple[Finding, ...]
    globals: tuple[str, ...]
    members: int

    @classmethod
    def read(cls, value: dict[str, Any]) -> "ScannedFile":
        """Return the record of a file as the report's JSON holds it."""
        findings = tuple(Finding(**finding) for finding in value["findings"])
        return cls(**{**value, "findings": findings, "globals": tuple(value["globals"])})

    @property
    def blocks(self) -> bool:
        """Say whether its version is given out only under a waiver of this file."""
        return self.verdict in BLOCKING

    @property
    def is_dangerous(self) -> bool:
        """Say whether it does what nobody can waive."""
        return any(finding.is_dangerous for finding in self.findings)

    @property
    def can_be_waived(self) -> bool:
        """Say whether two people can take it as it is."""
        return self.blocks and not self.is_dangerous

    @property
    def is_pickle(self) -> bool:
        """Say whether loading it runs the code that it names.

        skops builds the types that it names by loaders of its own, after asking for trust.
        """
        if self.format == SKOPS:
            return False
        return bool(self.globals) or bool(PICKLES & set(self.format.split("+")))

    @property
    def reason(self) -> str:
        """Return the gravest finding as a sentence."""
        grave = sorted(self.findings, key=lambda finding: not finding.is_dangerous)
        if grave:
            return grave[0].sentence
        return "It could not be read to its end." if self.blocks else "Nothing was found in it."


def canonical(result: ScanResult) -> str:
    """Return the findings of all files, by path, as canonical JSON (RFC 8785)."""
    files = sorted(result.files, key=lambda file: file.path.encode())
    return rfc8785.dumps([file.to_json() for file in files]).decode()


def files_of(report: ScanReport) -> list[ScannedFile]:
    """Return what the report says of each file, the gravest first."""
    return gravest_first(ScannedFile.read(value) for value in json.loads(report.findings))


def gravest_first(files: Iterable[ScannedFile]) -> list[ScannedFile]:
    """Return files by verdict, then by path."""
    return sorted(files, key=lambda file: (GRAVEST_FIRST.index(file.verdict), file.path))


def sentence_of(files: Sequence[ScannedFile]) -> str:
    """Say why files block their version, by the first of them and how many more there are."""
    first = files[0]
    more = len(files) - 1
    also = f" {more} more {'file blocks' if more == 1 else 'files block'} it too." if more else ""
    return f"{first.path}: {first.reason}{also}"
