"""Who works on an import: claimed by compare-and-set, held by a lease, named by a fence.

A worker that lost its lease to another one is told so by ``TakenOver`` at its next word to the
database, and can change nothing any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from imports.models import Import, ImportState

LEASE: Final = timedelta(seconds=60)
MOST_ATTEMPTS: Final = 5
_LONGEST_WAIT: Final = timedelta(minutes=5)
_SHORTEST_WAIT: Final = timedelta(seconds=5)


class TakenOver(Exception):  # noqa: N818 -- What happened, not what is wrong.
    """The import belongs to another worker now, or is finished."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's hold on an import, as long as the row still has its fence."""

    job: UUID
    fence: int

    def rows(self) -> QuerySet[Import]:
        """Return the import if this claim still holds it, as a set of one or none."""
        held: QuerySet[Import] = Import.objects.filter(
            pk=self.job, fence=self.fence, state=ImportState.RUNNING
        )
        return held

    def lock(self) -> Import:
        """Lock the import for the rest of the transaction, or raise ``TakenOver``."""
        job = self.rows().select_for_update().first()
        if job is None:
            raise TakenOver
        return job

    def renew(self, *, bytes_done: int) -> None:
        """Say that the worker is alive and how far it has come, or raise ``TakenOver``."""
        until = timezone.now() + LEASE
        if self.rows().update(bytes_done=bytes_done, lease_until=until) != 1:
            raise TakenOver


def claimable(now: datetime) -> QuerySet[Import]:
    """Return the imports that nobody works on and that need not wait."""
    unfinished = Import.objects.filter(state__in=[ImportState.WAITING, ImportState.RUNNING])
    free: QuerySet[Import] = unfinished.filter(Q(lease_until=None) | Q(lease_until__lte=now))
    return free


def claim(job: UUID) -> Claim | None:
    """Take an import that nobody holds, or return None."""
    now = timezone.now()
    found = claimable(now).filter(pk=job).values_list("fence", "attempts").first()
    if found is None:
        return None
    fence, attempts = found
    taken = (
        claimable(now)
        .filter(pk=job, fence=fence)
        .update(
            state=ImportState.RUNNING,
            fence=fence + 1,
            attempts=attempts + 1,
            lease_until=now + LEASE,
        )
    )
    return Claim(job, fence + 1) if taken == 1 else None


def waiting_since(held: Claim, *, code: str, is_same: bool = False) -> datetime:
    """Return since when an import waits that is about to wait for the reason ``code``.

    One wait may have several reasons, as a server first is away and then sealed; where only
    ``is_same`` counts, another reason begins another wait.
    """
    found = held.rows().values_list("waiting_since", "error_code").first()
    since, former = found or (None, "")
    return timezone.now() if since is None or (is_same and former != code) else since


def wait(
    held: Claim, *, code: str, sentence: str, own_fault: bool, since: datetime | None = None
) -> None:
    """Let go of an import that cannot go on now, with the reason; it is tried again by itself.

    An attempt counts only if the interruption was ``own_fault``: what is away comes back.
    """
    pause = min(_SHORTEST_WAIT * 2 ** min(held.fence, 10), _LONGEST_WAIT)
    changes = {} if own_fault else {"attempts": 0}
    held.rows().update(
        state=ImportState.WAITING,
        lease_until=timezone.now() + pause,
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
