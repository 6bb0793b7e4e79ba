"""Clearing away what conversions left on this disk, once nobody tries them again."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from imports.converting import rooms
from imports.models import Import, ImportState
from registry.models import ModelVersion

_KEPT: Final = timedelta(days=2)
"""So long a failed one can be tried again with what was made."""
_OVER: Final = (ImportState.DONE, ImportState.CANCELLED)
_UNDER_WAY: Final = (ImportState.WAITING, ImportState.RUNNING, ImportState.PLANNED)


def sweep_rooms() -> int:
    """Remove the rooms of conversions that are over; return how many. Safe to run twice."""
    swept = 0
    before = timezone.now() - _KEPT
    for key in rooms.all_kept():
        job = Import.objects.filter(
            source=ModelVersion.Source.CONVERSION, reference__room=str(key)
        ).first()
        is_old = job is None or job.finished_at is None or job.finished_at < before
        if job is not None and job.state in _UNDER_WAY:
            continue
        if (job is not None and job.state in _OVER) or (is_old and rooms.is_quiet(key)):
            rooms.forget(key)
            swept += 1
    return swept + rooms.clear_workshops()
