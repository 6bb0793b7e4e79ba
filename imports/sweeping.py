"""Clearing away what ended imports have downloaded: it can be fetched again.

Files that somebody uploaded stay for as long as an import of theirs may be tried again; the
registry's sweep sees to those.
"""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from imports.models import Import, ImportState
from imports.sources.configured import KINDS
from registry.models import Upload
from registry.uploads import upload_folder

_QUIET: Final = timedelta(minutes=2)
"""After this nobody who lost an import writes to its files any more."""
_LOOKED_AT: Final = timedelta(days=2)


def clear_away(job: Import) -> None:
    """Remove what a failed or cancelled import has downloaded, unless it is kept for a look."""
    if job.plan is None or job.version is None:  # Uploaded files have no plan.
        return
    if job.kept_until is None or job.kept_until <= timezone.now():
        upload_folder().discard(Upload.objects.get(version=job.version).pk)


def forget(job: Import) -> None:
    """Throw away what the source of an import keeps on this side, now that it has ended well."""
    if job.source in KINDS:
        KINDS[job.source].forget(job.reference)


def sweep_ended() -> int:
    """Clear away what ended imports left behind; return how many were looked at."""
    now = timezone.now()
    ended = Import.objects.filter(
        state__in=[ImportState.FAILED, ImportState.CANCELLED],
        finished_at__lte=now - _QUIET,
        finished_at__gte=now - _LOOKED_AT,
        version__isnull=False,
        plan__isnull=False,
    )
    found = list(ended.select_related("version"))
    for job in found:
        clear_away(job)
    return len(found)
