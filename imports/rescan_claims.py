"""Who works on a re-scan."""

from datetime import timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from aegis.leases import Lease
from imports.models import Rescan, RescanState


class RescanClaim(Lease[Rescan]):
    """A worker's hold on a re-scan."""

    length = timedelta(seconds=60)

    @classmethod
    def unfinished(cls) -> QuerySet[Rescan]:
        """Return the re-scans that are neither done nor failed."""
        found: QuerySet[Rescan] = Rescan.objects.filter(
            state__in=[RescanState.WAITING, RescanState.RUNNING]
        )
        return found

    @classmethod
    def under_way(cls) -> QuerySet[Rescan]:
        """Return the re-scans that run."""
        found: QuerySet[Rescan] = Rescan.objects.filter(state=RescanState.RUNNING)
        return found


def free_rescans() -> QuerySet[Rescan]:
    """Return the re-scans that nobody works on and that need not wait."""
    return RescanClaim.free()


def claim_rescan(job: UUID) -> RescanClaim | None:
    """Take a re-scan that nobody holds, or return None."""
    return RescanClaim.claim(
        Rescan.objects.filter(pk=job), state=RescanState.RUNNING, attempts=F("attempts") + 1
    )
