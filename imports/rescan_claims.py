"""Who works on a re-scan: claimed by compare-and-set, held by a lease, named by a fence."""

from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from imports.claims import LEASE, TakenOver
from imports.models import Rescan, RescanState


@dataclass(slots=True)
class RescanClaim:
    """A worker's hold on a re-scan, as long as the row still has its fence."""

    job: UUID
    fence: int
    renewed_at: float

    def rows(self) -> QuerySet[Rescan]:
        """Return the re-scan if this claim still holds it, as a set of one or none."""
        held: QuerySet[Rescan] = Rescan.objects.filter(
            pk=self.job, fence=self.fence, state=RescanState.RUNNING
        )
        return held

    def lock(self) -> Rescan:
        """Lock the re-scan for the rest of the transaction, or raise ``TakenOver``."""
        job = self.rows().select_for_update().first()
        if job is None:
            raise TakenOver
        return job

    def renew(self) -> None:
        """Say at most once a second that the worker is alive, or raise ``TakenOver``."""
        if monotonic() - self.renewed_at < 1:
            return
        if self.rows().update(lease_until=timezone.now() + LEASE) != 1:
            raise TakenOver
        self.renewed_at = monotonic()


def free_rescans(now: datetime) -> QuerySet[Rescan]:
    """Return the re-scans that nobody works on and that need not wait."""
    unfinished = Rescan.objects.filter(state__in=[RescanState.WAITING, RescanState.RUNNING])
    free: QuerySet[Rescan] = unfinished.filter(Q(lease_until=None) | Q(lease_until__lte=now))
    return free


def claim_rescan(job: UUID) -> RescanClaim | None:
    """Take a re-scan that nobody holds, or return None."""
    now = timezone.now()
    found = free_rescans(now).filter(pk=job).values_list("fence", "attempts").first()
    if found is None:
        return None
    fence, attempts = found
    taken = (
        free_rescans(now)
        .filter(pk=job, fence=fence)
        .update(
            state=RescanState.RUNNING,
            fence=fence + 1,
            attempts=attempts + 1,
            lease_until=now + LEASE,
        )
    )
    return RescanClaim(job, fence + 1, monotonic()) if taken == 1 else None
