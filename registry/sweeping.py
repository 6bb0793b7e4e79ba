"""Clearing away what was begun and never finished: uploads, temporary files, unnamed documents."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from registry import documents
from registry.models import Evidence, Upload, VersionState
from registry.storage.configured import artifact_store
from registry.uploads import upload_folder

ABANDONED: Final = timedelta(days=1)
"""After this long without a word nobody is writing any more."""
KEPT_FOR_RETRY: Final = timedelta(days=7)
"""The bytes of a failed version wait this long for somebody to have it tried again."""


def sweep() -> int:
    """Clear away what is abandoned, and return how many things that were. Safe to run twice."""
    expire_uploads()
    return sweep_uploads() + sweep_documents() + artifact_store().sweep(ABANDONED)


def expire_uploads() -> int:
    """Discard the uploads that have expired, and return how many there were."""
    expired = Upload.objects.filter(state=Upload.State.OPEN, expires_at__lte=timezone.now())
    return expired.update(state=Upload.State.DISCARDED)


def sweep_uploads() -> int:
    """Remove the bytes of uploads that nobody needs, and return of how many uploads."""
    folder = upload_folder()
    quiet = set(folder.idle_for(ABANDONED))
    long_quiet = set(folder.idle_for(KEPT_FOR_RETRY))
    needed = Q(state=Upload.State.OPEN) | Q(version__state=VersionState.PENDING)
    to_be_kept = set(Upload.objects.filter(needed, pk__in=quiet).values_list("pk", flat=True))
    to_be_kept |= _failed(quiet - long_quiet)
    for upload in quiet - to_be_kept:
        folder.discard(upload)
    return len(quiet - to_be_kept)


def sweep_documents() -> int:
    """Remove stored documents that no row names, and return how many there were."""
    known = Evidence.objects.values_list("key", flat=True)
    removed = 0
    for key in documents.orphans(known.iterator(), older_than=ABANDONED):
        documents.remove(key)
        removed += 1
    return removed


def _failed(uploads: set[UUID]) -> set[UUID]:
    failed = Upload.objects.filter(pk__in=uploads, version__state=VersionState.FAILED)
    return set(failed.values_list("pk", flat=True))
