"""Looking at the files of ready versions again: when the rules changed, or when somebody asks.

Files are read out of the stored package one after the other, each to a place of its own that is
emptied before the next one, so that a re-scan needs the room of its largest file.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, Subquery, Value, When
from django.utils import timezone

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.database_sessions import leave_broken_session
from aegis.leases import Heartbeat, after
from aegis.problems import Conflict, Refusal, Unavailable
from imports.claims import MOST_ATTEMPTS, TakenOver
from imports.hints import hint_rescan
from imports.models import Rescan, RescanState
from imports.rescan_claims import RescanClaim, claim_rescan
from imports.scanners import Scanner, sandboxed
from imports.scanning.findings import FileFindings
from imports.scanning.reports import Report, ScanInput
from imports.scanning.ruleset import ruleset
from registry.locks import lock_version
from registry.models import ArtifactFile, ModelVersion, ScanReport, Stage, VersionState
from registry.permissions import MAINTAIN, require
from registry.readers import read_stored
from registry.scans import latest_report, record_scan
from registry.versions import require_ready

log = structlog.get_logger(__name__)

UNDER_WAY: Final = (RescanState.WAITING, RescanState.RUNNING)
AT_ONCE: Final = 20
"""How many re-scans Aegis plans by itself while others wait."""
_PAUSE: Final = timedelta(minutes=1)


@verb
def ask_for_rescan(version: ModelVersion, *, actor: User) -> Rescan:
    """Have the files of ``version`` scanned again, by the rules of now."""
    version = lock_version(version)
    require(actor, MAINTAIN, version.registered_model)
    require_ready(version)
    if Rescan.objects.filter(version=version, state__in=UNDER_WAY).exists():
        raise Conflict(
            "rescan_under_way", f"Version {version.number} is being scanned again already."
        )
    job: Rescan = Rescan.objects.create(version=version, requested_by=actor)
    record(
        "scan:asked",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={"number": version.number, "rescan": str(job.pk)},
    )
    transaction.on_commit(partial(hint_rescan, job.pk), robust=True)
    return job


def plan_rescans(*, at_once: int = AT_ONCE) -> int:
    """Plan re-scans of what was scanned by other rules or never, what is in Production first.

    Returns how many it planned; a few at a time, so that imports are not kept waiting.
    """
    room = at_once - Rescan.objects.filter(state__in=UNDER_WAY).count()
    if room <= 0:
        return 0
    latest = ScanReport.objects.filter(version=OuterRef("pk")).order_by("-id")
    recent = Rescan.objects.filter(version=OuterRef("pk")).filter(
        Q(state__in=UNDER_WAY)
        | Q(state=RescanState.FAILED, finished_at__gt=timezone.now() - timedelta(hours=6))
    )
    outdated = (
        ModelVersion.objects.filter(state=VersionState.READY, recalled_at=None)
        .annotate(by=Subquery(latest.values("ruleset")[:1]))
        .filter(Q(by=None) | ~Q(by=ruleset()))
        .exclude(Exists(recent))
        .annotate(place=Case(When(stage=Stage.PRODUCTION, then=Value(0)), default=Value(1)))
        .order_by("place", "-ready_at")[:room]
    )
    planned = Rescan.objects.bulk_create(
        [Rescan(version=version) for version in outdated],
        # Another worker may plan the same at this moment; one row of each version is enough.
        ignore_conflicts=True,
    )
    return len(planned)


def rescan(job: UUID, *, scanner: Scanner = sandboxed) -> None:
    """Claim a re-scan and bring it to its end, if nobody else has it. Safe to run twice."""
    held = claim_rescan(job)
    if held is None:
        return
    version = ModelVersion.objects.select_related("registered_model", "artifact").get(rescans=job)
    try:
        _finish(held, version, _scanned(held, version, scanner))
    except TakenOver:
        log.warning("rescan.taken_over", job=str(job))
    except Refusal as refusal:
        _wait_or_fail(held, refusal)
    except Exception:
        # A mistake of ours must not leave the job to its lease without a word.
        log.exception("rescan.broke_off", job=str(job))
        sentence = "Aegis broke off at an error of its own."
        _wait_or_fail(held, Unavailable("rescan_broke_off", sentence))


def _scanned(held: RescanClaim, version: ModelVersion, scanner: Scanner) -> Report:
    alive = Heartbeat(held, every=1.0)
    room = Path(settings.AEGIS_DATA) / "scans" / str(held.job)
    # What a worker that died left there is in the way.
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)
    try:
        files = _one_by_one(version, room, alive)
        return scanner(files, progress=lambda _path, _done: alive.beat())
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _one_by_one(version: ModelVersion, room: Path, alive: Heartbeat) -> Iterator[ScanInput]:
    """Yield each file of the package, at a place that only the one at hand takes up."""
    place = room / "file"
    for file in version.files.filter(redaction=None).order_by("path").iterator():
        _refuse_without_room(file, room)
        with place.open("wb") as sink:
            for data in read_stored(version.artifact, file):
                sink.write(data)
                alive.beat()
        yield ScanInput(file.path, file.sha256, file.size, place)


def _refuse_without_room(file: ArtifactFile, room: Path) -> None:
    if shutil.disk_usage(room).free < 2 * file.size:
        raise Unavailable(
            "no_room_to_scan",
            f"There is no room on the disk of this worker to scan {file.path}.",
            mend="Make room in the folder of data; it is tried again by itself.",
        )


@verb
def _finish(held: RescanClaim, version: ModelVersion, report: Report) -> None:
    version = lock_version(version)
    job = held.lock()
    whole = replace(report, files=(*report.files, *_of_redacted_files(version)))
    job.report = record_scan(version, actor=None, report=whole)
    job.state = RescanState.DONE
    job.error_code = job.error = ""
    job.lease_until = None
    job.finished_at = timezone.now()
    job.save()


def _of_redacted_files(version: ModelVersion) -> list[FileFindings]:
    """Return what was found before in files whose bytes are gone: a report speaks of all files."""
    paths = set(version.files.exclude(redaction=None).values_list("path", flat=True))
    report = latest_report(version) if paths else None
    found = json.loads(report.findings) if report else []
    return [FileFindings.from_json(one) for one in found if one["path"] in paths]


def _wait_or_fail(held: RescanClaim, refusal: Refusal) -> None:
    """Let go of a re-scan with the reason: to be tried again if something was away, a few times."""
    leave_broken_session()
    job = held.rows().first()
    if job is None:
        return
    is_over = not isinstance(refusal, Unavailable) or job.attempts >= MOST_ATTEMPTS
    held.rows().update(
        state=RescanState.FAILED if is_over else RescanState.WAITING,
        lease_until=None if is_over else after(_PAUSE),
        finished_at=timezone.now() if is_over else None,
        error_code=refusal.code,
        error=refusal.sentence,
    )
