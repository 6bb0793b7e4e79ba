"""How an import ends: with its version ready, or with the reason why it failed."""

from django.utils import timezone

from aegis.audit.recording import verb
from imports.claims import Claim
from imports.models import Import, ImportState, ImportStep
from imports.scanning.reports import Report
from registry.locks import lock_version
from registry.models import ModelVersion
from registry.scans import record_scan
from registry.versions import SignedArtifact, mark_failed, mark_ready


@verb
def finish(
    held: Claim, version: ModelVersion, *, artifact: SignedArtifact, report: Report
) -> Import:
    """Make the version ready, in quarantine if the scan says so, and end its import.

    Raises ``TakenOver`` without the claim.
    """
    version = lock_version(version)
    job = held.lock()
    record_scan(version, actor=None, report=report)
    mark_ready(version, actor=None, artifact=artifact)
    now = timezone.now()
    job.steps.filter(name=ImportStep.Name.SIGN).update(
        finished_at=now, result={"key": artifact.bundle.key_name}
    )
    job.state = ImportState.DONE
    job.bytes_done = job.bytes_total
    return _ended(job)


@verb
def fail(held: Claim, version: ModelVersion, *, code: str, reason: str) -> Import:
    """Give the version up with its import; raise ``TakenOver`` without the claim."""
    version = lock_version(version)
    job = held.lock()
    mark_failed(version, actor=None, code=code, reason=reason)
    job.state = ImportState.FAILED
    job.error_code, job.error = code, reason
    return _ended(job)


def _ended(job: Import) -> Import:
    if job.state == ImportState.DONE:
        job.error_code = job.error = ""
    job.lease_until = job.waiting_since = None
    job.finished_at = timezone.now()
    job.save()
    return job
