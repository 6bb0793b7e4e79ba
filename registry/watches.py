"""Which packages are to be verified when, and who is at it."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Now
from django.utils import timezone

from aegis.leases import Lease
from registry.models import Artifact, ModelVersion, PackageWatch, VersionState

PAUSE: Final = timedelta(minutes=5)
"""What is away is asked again after this."""
DAILY: Final = timedelta(days=1)
WEEKLY: Final = timedelta(days=7)
SMALL: Final = 100 * 1024**3
"""Up to so many bytes of packages the whole store is read every day, unless the settings say."""
_BATCH: Final = 1000


class Held(Lease[PackageWatch]):
    """A worker's hold on the watch of a version."""

    length = timedelta(minutes=2)

    @classmethod
    def unfinished(cls) -> QuerySet[PackageWatch]:
        """Return all watches: nothing is verified for good."""
        found: QuerySet[PackageWatch] = PackageWatch.objects.all()
        return found

    @classmethod
    def under_way(cls) -> QuerySet[PackageWatch]:
        """Return the watches that nobody let go of."""
        return cls.unfinished().filter(lease_until__isnull=False)

    @property
    def version(self) -> UUID:
        """Return which version's package it is."""
        return self.job

    def wait(self, sentence: str) -> None:
        """Let go without a verdict, with the sentence of what is away."""
        now = timezone.now()
        watch = self.lock()
        watch.away, watch.away_since = sentence, watch.away_since or now
        watch.due_at, watch.lease_until = now + PAUSE, None
        watch.save()

    def let_go(self) -> None:
        """Let go of what broke off at an error of our own; it is tried again a while later."""
        self.rows().update(due_at=timezone.now() + PAUSE, lease_until=None)


def cycle() -> timedelta:
    """Return after which time a package is verified again."""
    if settings.AEGIS_VERIFY_DAYS:
        return timedelta(days=settings.AEGIS_VERIFY_DAYS)
    total = Artifact.objects.aggregate(total=Sum("size"))["total"] or 0
    return DAILY if total <= SMALL else WEEKLY


def watch_ready_versions() -> int:
    """Watch the ready versions that nobody watches yet; return how many those were."""
    unwatched = ModelVersion.objects.filter(state=VersionState.READY, package_watch=None)
    after = cycle()
    found = list(unwatched.values_list("pk", "ready_at")[:_BATCH])
    PackageWatch.objects.bulk_create(
        # From the day when each was stored: so they do not all fall due at once.
        [PackageWatch(version_id=key, due_at=(at or timezone.now()) + after) for key, at in found],
        ignore_conflicts=True,
    )
    return len(found)


def claim(version: ModelVersion) -> Held | None:
    """Take the package of one version whether it is due or not; None where a worker is at it."""
    PackageWatch.objects.get_or_create(version=version, defaults={"due_at": timezone.now()})
    return Held.claim(PackageWatch.objects.filter(pk=version.pk))


def claim_next() -> Held | None:
    """Take the package that is due the longest, or return None: nothing is, or enough work is.

    Somebody who asked goes before the timetable.
    """
    if PackageWatch.objects.filter(lease_until__gt=Now()).count() >= settings.AEGIS_VERIFY_AT_ONCE:
        return None
    due = PackageWatch.objects.filter(due_at__lte=timezone.now())
    return Held.claim(due.order_by(F("asked_by").asc(nulls_last=True), "due_at", "pk"))
