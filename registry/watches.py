"""Which packages are to be verified when, and who is at it: claimed by compare-and-set.

A worker that lost its claim to another one is told so by ``TakenOver`` at its next word to the
database, and can write nothing down any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from registry.models import Artifact, ModelVersion, PackageWatch, VersionState

LEASE: Final = timedelta(minutes=2)
PAUSE: Final = timedelta(minutes=5)
"""What is away is asked again after this."""
DAILY: Final = timedelta(days=1)
WEEKLY: Final = timedelta(days=7)
SMALL: Final = 100 * 1024**3
"""Up to so many bytes of packages the whole store is read every day, unless the settings say."""
_BATCH: Final = 1000


class TakenOver(Exception):  # noqa: N818 -- What happened, not what is wrong.
    """The package is another worker's to verify now."""


@dataclass(frozen=True, slots=True)
class Held:
    """A worker's hold on the watch of a version, as long as the row still has its fence."""

    version: UUID
    fence: int

    def rows(self) -> QuerySet[PackageWatch]:
        """Return the watch if this hold is still good, as a set of one or none."""
        found: QuerySet[PackageWatch] = PackageWatch.objects.filter(
            version=self.version, fence=self.fence, lease_until__isnull=False
        )
        return found

    def lock(self) -> PackageWatch:
        """Lock the watch for the rest of the transaction, or raise ``TakenOver``."""
        watch = self.rows().select_for_update().first()
        if watch is None:
            raise TakenOver
        return watch

    def renew(self) -> None:
        """Say that the worker is alive, or raise ``TakenOver``."""
        if self.rows().update(lease_until=timezone.now() + LEASE) != 1:
            raise TakenOver

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
    now = timezone.now()
    watch, _ = PackageWatch.objects.get_or_create(version=version, defaults={"due_at": now})
    free = PackageWatch.objects.filter(_nobodys(now), pk=version.pk, fence=watch.fence)
    if free.update(fence=watch.fence + 1, lease_until=now + LEASE) != 1:
        return None
    return Held(version.pk, watch.fence + 1)


def claim_next() -> Held | None:
    """Take the package that is due the longest, or return None: nothing is, or enough work is.

    Somebody who asked goes before the timetable.
    """
    now = timezone.now()
    if PackageWatch.objects.filter(lease_until__gt=now).count() >= settings.AEGIS_VERIFY_AT_ONCE:
        return None
    for key, fence in _free(now).values_list("pk", "fence")[:10]:
        taken = _free(now).filter(pk=key, fence=fence)
        if taken.update(fence=fence + 1, lease_until=now + LEASE) == 1:
            return Held(key, fence + 1)
    return None


def _free(now: datetime) -> QuerySet[PackageWatch]:
    found: QuerySet[PackageWatch] = PackageWatch.objects.filter(_nobodys(now), due_at__lte=now)
    return found.order_by(F("asked_by").asc(nulls_last=True), "due_at", "pk")


def _nobodys(now: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=now)
