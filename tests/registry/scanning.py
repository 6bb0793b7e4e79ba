"""Reports of scans for tests: every file of a version is data only but for those that are named."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from aegis.proof.manifest import Manifest
from imports.scanning import engine
from imports.scanning.findings import FileFindings, Finding
from imports.scanning.reports import Report, ScanInput
from imports.scanning.ruleset import ruleset
from imports.scanning.sandbox import Progress
from imports.scanning.verdicts import Verdict
from registry.models import ModelVersion, ScanReport
from registry.scans import record_scan

RULESET: Final = "aegis-1 test"
UNKNOWN: Final = Finding("unknown_global", "It imports acme.Gate, which is not listed.", "byte 41")
DANGEROUS: Final = Finding(
    "dangerous_global", "It calls posix.system, which runs a program.", "byte 6703", True
)


def of_manifest(manifest: Manifest, *named: FileFindings, ruleset: str = RULESET) -> Report:
    """Return a report about the files of a manifest."""
    by_path = {found.path: found for found in named}
    clean = (
        FileFindings(entry.path, entry.sha256, entry.size, "json", Verdict.DATA)
        for entry in manifest.files
    )
    return Report(ruleset, tuple(by_path.get(found.path, found) for found in clean))


def here(files: Iterable[ScanInput], *, progress: Progress) -> Report:
    """Scan files by the real engine without its process, which takes a second to begin."""
    found = []
    for given in files:
        with given.filename_on_disk.open("rb") as stream:
            path, size, sha256 = given.path, given.size, given.sha256
            found.append(engine.scan_file(stream, path=path, size=size, sha256=sha256))
        progress(path, size)
    return Report(ruleset(), tuple(found))


def of_version(version: ModelVersion, *named: FileFindings, ruleset: str = RULESET) -> Report:
    """Return a report about the files of a ready version."""
    return of_manifest(manifest_of(version), *named, ruleset=ruleset)


def manifest_of(version: ModelVersion) -> Manifest:
    """Return the manifest of a version that has its artifact."""
    return Manifest.parse(version.artifact.manifest.encode())


def file(version: ModelVersion, path: str = "config.json") -> FileFindings:
    """Return a file of the version as data only."""
    entry = manifest_of(version).entry(path)
    assert entry is not None
    return FileFindings(path, entry.sha256, entry.size, "json", Verdict.DATA)


def unknown(version: ModelVersion, path: str = "config.json") -> FileFindings:
    """Return a file as a pickle with a global that is not on the list: two people can waive it."""
    return replace(
        file(version, path),
        format="pickle",
        verdict=Verdict.UNSAFE,
        findings=(UNKNOWN,),
        globals=("acme.Gate", "numpy.ndarray"),
    )


def dangerous(version: ModelVersion, path: str = "config.json") -> FileFindings:
    """Return a file as a pickle that runs a program: nobody can waive it."""
    return replace(
        file(version, path),
        format="pickle",
        verdict=Verdict.UNSAFE,
        findings=(DANGEROUS, UNKNOWN),
        globals=("acme.Gate", "posix.system"),
    )


def unreadable(version: ModelVersion, path: str = "config.json") -> FileFindings:
    """Return a file as one that could not be read to its end."""
    finding = Finding("truncated", "The archive ends too early.", "byte 99")
    return replace(
        file(version, path), format="zip", verdict=Verdict.INCONCLUSIVE, findings=(finding,)
    )


def rescan(version: ModelVersion, *named: FileFindings, ruleset: str = RULESET) -> ScanReport:
    """Record a scan of a ready version, and bring ``version`` up to date."""
    report = record_scan(version, actor=None, report=of_version(version, *named, ruleset=ruleset))
    version.refresh_from_db()
    return report
