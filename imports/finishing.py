"""How an import ends: with its version ready, or with the reason why it failed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from aegis.audit.recording import record, verb
from imports.claims import Claim
from imports.hub_origins import note_hub_origin
from imports.models import Import, ImportState, ImportStep
from imports.scanning.reports import Report
from registry.locks import lock_version
from registry.models import ModelVersion
from registry.scans import record_scan
from registry.versions import SignedArtifact, mark_failed, mark_ready

KEPT: Final = timedelta(hours=1)
"""So long the files of a failed import lie there for a look, where that was asked for."""


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
    if job.plan is not None:
        note_hub_origin(version, job.plan["pinned"])
    now = timezone.now()
    job.steps.filter(name=ImportStep.Name.SIGN).update(
        finished_at=now, result={"key": artifact.bundle.key_name}
    )
    job.state = ImportState.DONE
    job.bytes_done = job.bytes_total
    return _ended(job)


@verb
def fail(
    held: Claim, *, code: str, reason: str, kind: str, details: Mapping[str, Any] | None = None
) -> Import:
    """Give an import up, with its version if it has one; raise ``TakenOver`` without the claim.

    ``kind`` and ``details`` are those of the refusal that ended it.
    """
    found = held.rows().select_related("version").first()
    version = lock_version(found.version) if found and found.version else None
    job = held.lock()
    if version is not None:
        mark_failed(version, actor=None, code=code, reason=reason)
    else:
        record(
            "import:failed",
            actor=None,
            about=job,
            model_id=job.registered_model_id,
            data={"number": job.number, "code": code},
            texts={"reason": reason},
        )
    job.state = ImportState.FAILED
    job.error_code, job.error, job.error_kind = code, reason, kind
    job.error_details = dict(details or {})
    if job.asked.get("keep_temp"):
        job.kept_until = timezone.now() + KEPT
    return _ended(job)


def _ended(job: Import) -> Import:
    if job.state == ImportState.DONE:
        job.error_code = job.error = ""
    job.lease_until = job.waiting_since = None
    job.finished_at = timezone.now()
    job.save()
    return job
