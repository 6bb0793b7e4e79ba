"""Who works on an import, how far it has come, and what it waits for."""

from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.db.models.lookups import LessThan
from django.utils import timezone

from aegis.leases import Lease, TakenOver, after
from imports.models import Import, ImportState
from registry.models import ModelVersion

__all__ = [
    "LEASE",
    "MOST_ATTEMPTS",
    "RENEWED_EVERY",
    "Claim",
    "Progress",
    "TakenOver",
    "claim",
    "claimable",
    "wait",
    "waiting_since",
]

LEASE: Final = timedelta(seconds=15)
RENEWED_EVERY: Final = 3.0
"""Seconds. So who was killed is followed by another one after at most a lease and a sweep."""
MOST_ATTEMPTS: Final = 5
_LONGEST_WAIT: Final = timedelta(minutes=5)
_LONGEST_ASKED: Final = timedelta(hours=1)
_SHORTEST_WAIT: Final = timedelta(seconds=5)


class Claim(Lease[Import]):
    """A worker's hold on an import."""

    length = LEASE

    @classmethod
    def unfinished(cls) -> QuerySet[Import]:
        """Return the imports that are neither done nor failed."""
        found: QuerySet[Import] = Import.objects.filter(
            state__in=[ImportState.WAITING, ImportState.RUNNING]
        )
        return found

    @classmethod
    def under_way(cls) -> QuerySet[Import]:
        """Return the imports that run."""
        found: QuerySet[Import] = Import.objects.filter(state=ImportState.RUNNING)
        return found


def claimable() -> QuerySet[Import]:
    """Return the imports that nobody works on and that need not wait, for time or for others."""
    return Claim.free().filter(_in_turn())


def claim(job: UUID) -> Claim | None:
    """Take an import that nobody holds and that is in turn, or return None."""
    return Claim.claim(
        Import.objects.filter(_in_turn(), pk=job),
        state=ImportState.RUNNING,
        attempts=F("attempts") + 1,
    )


def _in_turn() -> Q:
    """Match what does not have to wait for other imports of the same person from sources.

    Two workers that look in the same moment may let one more run; nothing rests on the number.
    """
    of_the_person = (
        Import.objects.filter(
            requested_by=OuterRef("requested_by"),
            state=ImportState.RUNNING,
            lease_until__gt=Now(),
        )
        .exclude(source=ModelVersion.Source.UPLOAD)
        .exclude(pk=OuterRef("pk"))
        .order_by()
        .values("requested_by")
        .annotate(running=Count("pk"))
        .values("running")
    )
    running = Coalesce(Subquery(of_the_person), 0)
    return Q(source=ModelVersion.Source.UPLOAD) | Q(
        LessThan(running, settings.AEGIS_IMPORTS_AT_ONCE)
    )


def waiting_since(held: Claim, *, code: str, is_same: bool = False) -> datetime:
    """Return since when an import waits that is about to wait for the reason ``code``.

    One wait may have several reasons, as a server first is away and then sealed; where only
    ``is_same`` counts, another reason begins another wait.
    """
    found = held.rows().values_list("waiting_since", "error_code").first()
    since, former = found or (None, "")
    return timezone.now() if since is None or (is_same and former != code) else since


def wait(
    held: Claim,
    *,
    code: str,
    sentence: str,
    own_fault: bool,
    since: datetime | None = None,
    asked_for: timedelta | None = None,
) -> None:
    """Let go of an import that cannot go on now, with the reason; it is tried again by itself.

    An attempt counts only if the interruption was ``own_fault``: what is away comes back. Who
    ``asked_for`` a longer pause gets it, up to an hour.
    """
    pause = min(_SHORTEST_WAIT * 2 ** min(held.fence, 10), _LONGEST_WAIT)
    if asked_for is not None:
        pause = max(pause, min(asked_for, _LONGEST_ASKED))
    changes = {} if own_fault else {"attempts": 0}
    held.rows().update(
        state=ImportState.WAITING,
        lease_until=after(pause),
        waiting_since=since or waiting_since(held, code=code),
        error_code=code,
        error=sentence,
        **changes,
    )


class Progress:
    """How many bytes an import has worked through, written down at most once a second."""

    def __init__(self, held: Claim, *, done: int) -> None:
        self._held = held
        self.done = done
        self._written_at = monotonic()

    def add(self, count: int) -> None:
        """Note that ``count`` more bytes are done; raise ``TakenOver`` if the claim is lost."""
        self.reach(self.done + count)

    def reach(self, done: int) -> None:
        """Note that so many bytes are done by now; raise ``TakenOver`` if the claim is lost."""
        self.done = done
        if monotonic() - self._written_at >= 1:
            self.write()

    def write(self) -> None:
        """Write the number down now."""
        self._held.renew(bytes_done=self.done)
        self._written_at = monotonic()
