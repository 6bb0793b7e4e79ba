"""Scan reports: what was found in the files of a version, and what follows from it."""

import hashlib
from collections.abc import Iterable

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict
from aegis.proof.manifest import FileEntry, Manifest
from registry.locks import lock_version
from registry.models import ModelVersion, Quarantine, ScanReport, ScanVerdict
from registry.quarantine import lift, open_quarantine, quarantine
from registry.scan_coverage import uncovered_paths
from registry.scan_findings import GRAVEST_FIRST, ScannedFile, ScanResult, canonical, files_of
from registry.scan_findings import sentence_of as why_blocked
from registry.versions import require_not_failed


@verb
def record_scan(version: ModelVersion, *, actor: User | None, report: ScanResult) -> ScanReport:
    """Keep what a scan found in all files of ``version``, and hold it back if that blocks it.

    A version that nothing blocks any more leaves its quarantine. Raises ``Conflict`` for a
    report about other files than those of the version.
    """
    version = lock_version(version)
    require_not_failed(version)
    manifest = Manifest.of(FileEntry(file.path, file.size, file.sha256) for file in report.files)
    _guard_files(version, manifest)
    former = latest_report(version)
    kept = _kept(version, manifest, report)
    record(
        "version:scanned",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={
            "number": version.number,
            "digest": kept.manifest_digest,
            "ruleset": kept.ruleset,
            "verdict": str(kept.verdict),
            "findings": kept.findings_digest,
            "files": kept.file_count,
            "changed": former is None or former.findings_digest != kept.findings_digest,
        },
    )
    settle_scan(version, because=f"The scan by {kept.ruleset} found nothing that blocks it.")
    return kept


@verb
def settle_scan(version: ModelVersion, *, because: str, why: str = "") -> None:
    """Hold ``version`` back where its latest scan blocks it, and let it go where it does not.

    ``because`` says what mended it, should it be let go; ``why`` goes before the sentence that
    says what blocks it, should it be held back.
    """
    version = lock_version(version)
    blocking = set(uncovered_paths(version))
    held = open_quarantine(version, Quarantine.Cause.SCAN)
    if blocking and held is None:
        report = latest_report(version)
        assert report is not None
        files = [file for file in files_of(report) if file.path in blocking]
        quarantine(version, cause=Quarantine.Cause.SCAN, sentence=why + why_blocked(files))
    elif held is not None and not blocking:
        lift(version, cause=Quarantine.Cause.SCAN, sentence=because)


def latest_report(version: ModelVersion) -> ScanReport | None:
    """Return the report that counts, or None for a version that was never scanned."""
    report: ScanReport | None = ScanReport.objects.filter(version=version).order_by("-id").first()
    return report


def _guard_files(version: ModelVersion, manifest: Manifest) -> None:
    if version.is_ready and version.digest != manifest.digest:
        raise Conflict(
            "scan_of_other_files",
            f"The scan is about other files than those of version {version.number}.",
        )


def _kept(version: ModelVersion, manifest: Manifest, report: ScanResult) -> ScanReport:
    findings = canonical(report)
    files = [ScannedFile.read(file.to_json()) for file in report.files]
    kept: ScanReport = ScanReport.objects.create(
        version=version,
        manifest_digest=manifest.digest,
        ruleset=report.ruleset,
        verdict=_worst(file.verdict for file in files),
        findings=findings,
        findings_digest=hashlib.sha256(findings.encode()).hexdigest(),
        file_count=len(files),
        global_count=len({name for file in files for name in file.globals}),
    )
    return kept


def _worst(verdicts: Iterable[str]) -> ScanVerdict:
    return ScanVerdict(min(verdicts, key=GRAVEST_FIRST.index))
