"""What a scan of many files is given, and what it reports."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from imports.scanning.findings import FileFindings
from imports.scanning.verdicts import Verdict, worst


@dataclass(frozen=True, slots=True)
class ScanInput:
    """One file of a version: what it is called there, and where its bytes lie on this disk."""

    path: str
    sha256: str
    size: int
    filename_on_disk: Path


@dataclass(frozen=True, slots=True)
class Report:
    """What a scan says of all files of a version, by which rules, and how it was walled in.

    ``isolation`` names the walls that were in force around the process that read the files, such
    as ``network`` and ``memory``.
    """

    ruleset: str
    files: tuple[FileFindings, ...]
    isolation: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON holds it."""
        return {
            "ruleset": self.ruleset,
            "files": [found.to_json() for found in self.files],
            "isolation": list(self.isolation),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return the report that ``to_json`` wrote, or raise ``Invalid``."""
        files = tuple(FileFindings.from_json(found) for found in value["files"])
        return cls(value["ruleset"], files, tuple(value["isolation"]))

    @property
    def verdict(self) -> Verdict:
        """Return the worst verdict of the files."""
        return worst(each.verdict for each in self.files)
