"""Clearing away what ended imports left: what was downloaded can be fetched again.

Files that somebody uploaded stay for as long as an import of theirs may be tried again; the
registry's sweep sees to those. A cancelled import is never tried again, so nothing of it stays.
"""

from datetime import timedelta
from typing import Final

import structlog
from django.db.models import Q
from django.utils import timezone

from aegis.problems import Refusal
from imports.models import Import, ImportState
from imports.sources.configured import KINDS
from registry.models import ModelVersion, Upload
from registry.storage.configured import artifact_store
from registry.storage.protocol import index_key, package_key
from registry.uploads import upload_folder

log = structlog.get_logger(__name__)

_QUIET: Final = timedelta(minutes=2)
"""After this nobody who lost an import writes to its files any more."""
_LOOKED_AT: Final = timedelta(days=2)


def clear_away(job: Import) -> None:
    """Remove what a failed import has downloaded, unless it is kept for a look.

    Of a cancelled one its package goes as well; raises ``Unavailable`` if the store is.
    """
    if job.version is None:
        return
    if job.state == ImportState.CANCELLED:
        _clear_all(job.version)
    elif job.plan is None:  # Uploaded files have no plan.
        return
    elif job.kept_until is None or job.kept_until <= timezone.now():
        upload_folder().discard(Upload.objects.get(version=job.version).pk)


def clear_up_after(job: Import) -> None:
    """Remove what a worker wrote for an import that was over before the worker knew."""
    if job.state == ImportState.CANCELLED:
        _try_to_clear_away(job)
    elif job.state == ImportState.DONE and job.version is not None:
        upload_folder().discard(Upload.objects.get(version=job.version).pk)


def _clear_all(version: ModelVersion) -> None:
    """Remove what was stored of a version that will never be, and last what it came from."""
    upload = Upload.objects.get(version=version).pk
    if not upload_folder().has(upload):
        return
    key = package_key(version.registered_model.name, version.number)
    artifact_store().remove(key)
    artifact_store().remove(index_key(key))
    upload_folder().discard(upload)


def forget(job: Import) -> None:
    """Throw away what the source of an import keeps on this side, now that it has ended well."""
    if job.source in KINDS:
        KINDS[job.source].forget(job.reference)


def sweep_ended() -> int:
    """Clear away what ended imports left behind; return how many were looked at."""
    now = timezone.now()
    ended = Import.objects.filter(
        Q(state=ImportState.CANCELLED) | Q(state=ImportState.FAILED, plan__isnull=False),
        finished_at__lte=now - _QUIET,
        finished_at__gte=now - _LOOKED_AT,
        version__isnull=False,
    )
    found = list(ended.select_related("version__registered_model"))
    for job in found:
        _try_to_clear_away(job)
    return len(found)


def _try_to_clear_away(job: Import) -> None:
    try:
        clear_away(job)
    except Refusal as refusal:
        # The next round tries again; the others are not to wait for it.
        log.warning("imports.not_cleared_away", job=str(job.pk), code=refusal.code)
