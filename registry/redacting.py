"""Carrying out redactions: what a worker does until the bytes are gone, and says so, signed.

Each step may be broken off anywhere and is done again: a package is written under a key that no
row names yet, one transaction makes it the version's, and only then the former one is removed.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db.models import QuerySet
from django.utils import timezone

from aegis.audit.recording import record, verb
from aegis.leases import Lease, TakenOver, after
from aegis.problems import Refusal
from registry import documents
from registry.locks import lock_version
from registry.models import (
    Artifact,
    ArtifactFile,
    Evidence,
    PackageRewrite,
    Redaction,
    RedactionJob,
    RedactionKind,
)
from registry.redacted_packages import Written, write_without
from registry.storage.configured import artifact_store
from registry.storage.protocol import index_key

log = structlog.get_logger(__name__)

PAUSE: Final = timedelta(minutes=1)
"""What did not answer is asked again after this."""
_BATCH: Final = 1_000


class Hold(Lease[RedactionJob]):
    """A worker's hold on the job of a redaction."""

    length = timedelta(minutes=30)

    @classmethod
    def unfinished(cls) -> QuerySet[RedactionJob]:
        """Return the jobs whose bytes are still in the store."""
        return RedactionJob.objects.filter(finished_at=None)


def due_jobs() -> QuerySet[RedactionJob]:
    """Return the jobs that a worker may take now, the oldest first."""
    return Hold.free().order_by("redaction__decision__decided_at", "pk")


def run_job(key: UUID) -> bool:
    """Carry out one redaction, and say whether its bytes are gone now. Safe to run twice.

    What goes wrong leaves the job waiting with the reason: a redaction is never given up.
    """
    hold = _take(key)
    if hold is None:
        return False
    redaction = Redaction.objects.select_related("version__registered_model").get(pk=key)
    try:
        _remove_bytes(hold, redaction)
        _finish(hold, redaction)
    except TakenOver:
        log.warning("redaction.taken_over", redaction=str(key))
        return False
    except Refusal as refusal:
        log.warning("redaction.waits", redaction=str(key), code=refusal.code)
        hold.rows().update(
            lease_until=after(PAUSE), error_code=refusal.code, error=refusal.sentence
        )
        return False
    return True


def _take(key: UUID) -> Hold | None:
    if not due_jobs().filter(pk=key).exists() or _waits_for_another(key):
        return None
    return Hold.claim(RedactionJob.objects.filter(pk=key))


def _waits_for_another(key: UUID) -> bool:
    """Say whether another file of the version is to be redacted first: one package at a time."""
    redaction = Redaction.objects.select_related("decision").get(pk=key)
    if redaction.kind != RedactionKind.FILE:
        return False
    earlier = RedactionJob.objects.filter(
        finished_at=None,
        redaction__version=redaction.version_id,
        redaction__kind=RedactionKind.FILE,
        redaction__decision__decided_at__lt=redaction.decision.decided_at,
    )
    return bool(earlier.exists())


def _remove_bytes(hold: Hold, redaction: Redaction) -> None:
    if redaction.kind == RedactionKind.EVIDENCE:
        documents.remove(Evidence.objects.get(pk=redaction.target).key)
        return
    rewrite = PackageRewrite.objects.filter(redaction=redaction).first()
    if rewrite is None:
        artifact = Artifact.objects.get(version=redaction.version_id)
        rewrite = _put_in_place(hold, redaction, write_without(redaction, artifact))
    artifact_store().remove(rewrite.former_key)
    artifact_store().remove(index_key(rewrite.former_key))


@verb
def _put_in_place(hold: Hold, redaction: Redaction, written: Written) -> PackageRewrite:
    """Make a package that was written anew the version's."""
    version = lock_version(redaction.version)
    hold.lock()
    former = Artifact.objects.get(version=version)
    rewrite: PackageRewrite = PackageRewrite.objects.create(
        redaction=redaction,
        former_key=former.key,
        key=written.key,
        layout=written.layout,
        sha256=written.sha256,
        size=written.size,
    )
    Artifact.objects.filter(pk=former.pk).update(
        key=written.key,
        layout=written.layout,
        sha256=written.sha256,
        size=written.size,
        rewrite=rewrite,
    )
    _place_files(rewrite, written)
    record(
        "redaction:package_written",
        actor=None,
        about=redaction,
        model_id=version.registered_model_id,
        data={"version": version.number, "former": former.sha256, "package": written.sha256},
    )
    return rewrite


def _place_files(rewrite: PackageRewrite, written: Written) -> None:
    paths = [file.path for file in written.index.files]
    rows = ArtifactFile.objects.filter(version=rewrite.redaction.version_id, path__in=paths)
    files = list(rows)
    for file in files:
        place = written.index.place(file.path)
        file.offset, file.members, file.rewrite = place.offset, list(place.members), rewrite
    ArtifactFile.objects.bulk_update(files, ["offset", "members", "rewrite"], batch_size=_BATCH)


@verb
def _finish(hold: Hold, redaction: Redaction) -> None:
    version = lock_version(redaction.version)
    hold.lock()
    hold.rows().update(finished_at=timezone.now(), lease_until=None, error_code="", error="")
    record(
        "redaction:finished",
        actor=None,
        about=redaction,
        model_id=version.registered_model_id,
        data={"version": version.number, "kind": redaction.kind},
    )
