"""Noting at its origin what became of an imported version: that it is here, and its stage.

The note is owed: it is written after the version is ready and again after each move, whenever the
source answers. A version is none the less ready while it is owed.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from aegis.problems import Refusal, Unavailable
from imports.models import Import, ImportState, ImportStep
from imports.sources.configured import kind_of
from imports.sources.protocol import Plan, Source
from registry.addresses import version_path
from registry.models import ModelVersion

log = structlog.get_logger(__name__)

PREFIX: Final = "aegis.registry."
_PAUSES: Final = (
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(hours=6),
)


def owed_notes(now: datetime) -> QuerySet[ImportStep]:
    """Return the notes that are to be written now, the longest owed first."""
    owed: QuerySet[ImportStep] = ImportStep.objects.filter(
        Q(result__try_after__isnull=True) | Q(result__try_after__lte=now.isoformat()),
        name=ImportStep.Name.ANNOTATE,
        finished_at=None,
        job__state=ImportState.DONE,
        job__version__isnull=False,
    )
    return owed.order_by(F("started_at").asc(nulls_first=True), "pk")


def owe_note(version: UUID) -> bool:
    """Have the note about a version written anew; say whether its origin keeps any."""
    notes = ImportStep.objects.filter(name=ImportStep.Name.ANNOTATE, job__version=version)
    return notes.update(finished_at=None, result={}) > 0


def write_note(job: Import, *, source: Source | None = None) -> bool:
    """Write the note of ``job``; say whether it is written. Safe to run twice, and at any time.

    A source that is away is asked again later; one that refuses is not, and the step says why.
    """
    step = job.steps.get(name=ImportStep.Name.ANNOTATE)
    plan = Plan.from_json(job.plan or {})
    tags = note_of(job.made)
    try:
        (source or kind_of(job.source).connect(job.reference)).annotate(plan, tags)
    except Unavailable as away:
        _try_later(step, away)
        return False
    except Refusal as refusal:
        log.warning("imports.note_refused", job=str(job.pk), code=refusal.code)
        _settle(step, {"code": refusal.code, "reason": refusal.in_full})
        return False
    # A move that was made meanwhile owes another note.
    _settle(step, {"tags": tags}, only_if=note_of(ModelVersion.objects.get(pk=job.made.pk)) == tags)
    return True


def note_of(version: ModelVersion) -> dict[str, str]:
    """Return what is noted of a ready version, as tags of the names ``aegis.registry.*``."""
    signature = version.signatures.order_by("-signed_at").first()
    model = version.registered_model
    noted = {
        "model": model.name,
        "version": str(version.number),
        "uri": f"models:/{model.name}/{version.number}",
        "digest": f"sha256:{version.digest}",
        "signature_key": f"{signature.key_name}:v{signature.key_version}" if signature else "",
        "url": settings.AEGIS_BASE_URL + version_path(version),
        "imported_at": version.ready_at.isoformat() if version.ready_at else "",
        "stage": version.stage,
    }
    return {PREFIX + name: value for name, value in noted.items()}


def _try_later(step: ImportStep, away: Unavailable) -> None:
    tries = int(step.result.get("tries", 0)) + 1
    pause = _PAUSES[min(tries, len(_PAUSES)) - 1]
    ImportStep.objects.filter(pk=step.pk, finished_at=None).update(
        started_at=step.started_at or timezone.now(),
        result={
            "tries": tries,
            "try_after": (timezone.now() + pause).isoformat(),
            "code": away.code,
            "reason": away.in_full,
        },
    )


def _settle(step: ImportStep, result: dict[str, object], *, only_if: bool = True) -> None:
    now = timezone.now()
    if only_if:
        ImportStep.objects.filter(pk=step.pk).update(
            started_at=step.started_at or now, finished_at=now, result=result
        )
