"""Reading the run of an imported version back, to see whether its tags still name the version.

A worker asks the tracking server, since nothing on the path of a request waits for one.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.leases import Lease
from aegis.problems import Conflict, Refusal
from imports.annotating import PREFIX, note_of
from imports.hints import hint_reading
from imports.models import Import, ReadingState, RunReading
from imports.sources.configured import KINDS, kind_of
from imports.sources.protocol import Plan, Source
from registry.locks import lock_version
from registry.models import ModelVersion
from registry.permissions import VIEW, require
from registry.versions import require_ready

log = structlog.get_logger(__name__)

PAUSE: Final = timedelta(minutes=1)
"""A version's run is read no more often than this."""
_DIGEST: Final = f"{PREFIX}digest"


class Verdict(StrEnum):
    """What the tags of a run say of a version; the values are those of the API."""

    AGREES = "agrees"
    OUTDATED = "outdated"
    OTHER = "other"
    SILENT = "silent"
    UNREAD = "unread"


class Held(Lease[RunReading]):
    """A worker's hold on a reading."""

    length = timedelta(minutes=2)

    @classmethod
    def unfinished(cls) -> QuerySet[RunReading]:
        """Return the readings that were asked for and not made yet."""
        found: QuerySet[RunReading] = RunReading.objects.filter(state=ReadingState.WAITING)
        return found


@verb
def ask_for_reading(version: ModelVersion, *, actor: User) -> RunReading:
    """Have the run of ``version`` read back; one that is asked for already is returned.

    ``Conflict`` where there is no run, and within a minute of the last time.
    """
    version = lock_version(version)
    require(actor, VIEW, version.registered_model)
    require_ready(version)
    if not keeps_notes(version):
        raise Conflict(
            "no_run_to_read",
            f"Version {version.number} comes from no run, so there is nothing to read back.",
        )
    reading: RunReading | None = RunReading.objects.filter(version=version).first()
    now = timezone.now()
    if reading is not None and reading.state == ReadingState.WAITING:
        return reading
    if reading is not None and reading.asked_at > now - PAUSE:
        raise _too_soon(reading.asked_at + PAUSE - now)
    reading = reading or RunReading(version=version)
    reading.state, reading.asked_by, reading.asked_at = ReadingState.WAITING, actor, now
    reading.lease_until = None
    reading.save()
    record(
        "version:reading_asked",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={"number": version.number},
    )
    transaction.on_commit(partial(hint_reading, reading.pk), robust=True)
    return reading


def keeps_notes(version: ModelVersion) -> bool:
    """Say whether the origin of ``version`` keeps notes that can be read back."""
    kind = KINDS.get(version.source)
    return kind is not None and kind.keeps_notes


def read(key: UUID, *, source: Source | None = None) -> None:
    """Make a reading that was asked for, if nobody else does. Safe to run twice."""
    held = Held.claim(RunReading.objects.filter(pk=key))
    if held is None:
        return
    found = RunReading.objects.select_related("version__registered_model")
    version = found.get(pk=key).version
    job = Import.objects.get(version=version)
    try:
        source = source or kind_of(job.source).connect(job.reference)
        tags = source.read_back(Plan.from_json(job.plan or {}))
    except Refusal as refusal:
        _fail(held, refusal)
    except Exception:
        # A mistake of ours must not leave the reading to its lease without a word.
        log.exception("reading.broke_off", version=str(version.pk))
        _fail(held, Refusal("reading_broke_off", "Aegis broke off at an error of its own."))
    else:
        _keep(held, version, tags)


def waiting_readings() -> QuerySet[RunReading]:
    """Return the readings that nobody makes, the longest asked for first."""
    return Held.free().order_by("asked_at")


def verdict_of(reading: RunReading) -> Verdict:
    """Return what was read last, beside what should be there."""
    if reading.read_at is None:
        return Verdict.UNREAD
    digest = next((tag for tag in reading.tags if tag["name"] == _DIGEST), None)
    if digest is None or digest["found"] is None:
        return Verdict.SILENT
    if digest["found"] != digest["expected"]:
        return Verdict.OTHER
    agree = all(tag["found"] == tag["expected"] for tag in reading.tags)
    return Verdict.AGREES if agree else Verdict.OUTDATED


def _keep(held: Held, version: ModelVersion, tags: Mapping[str, str]) -> None:
    lines: list[dict[str, Any]] = [
        {"name": name, "expected": expected, "found": tags.get(name)}
        for name, expected in note_of(version).items()
    ]
    held.rows().update(
        state=ReadingState.DONE,
        lease_until=None,
        read_at=timezone.now(),
        tags=lines,
        error_code="",
        error="",
        failing_since=None,
    )


def _fail(held: Held, refusal: Refusal) -> None:
    log.warning("reading.failed", reading=str(held.job), code=refusal.code)
    since = held.rows().values_list("failing_since", flat=True).first()
    held.rows().update(
        state=ReadingState.FAILED,
        lease_until=None,
        error_code=refusal.code,
        error=refusal.in_full,
        failing_since=since or timezone.now(),
    )


def _too_soon(left: timedelta) -> Conflict:
    seconds = max(1, round(left.total_seconds()))
    return Conflict(
        "reading_too_soon",
        "The run was read a moment ago.",
        mend=f"Ask again in {seconds} second{'' if seconds == 1 else 's'}.",
        details={"retry_after": seconds},
    )
