"""Who works on a job: claimed by compare-and-set, held by a lease, named by a fence.

A worker that lost its lease to another one is told so by ``TakenOver`` at its next word to the
database, and can change nothing any more. A lease that is over is still good while nobody else
took the job. All times are those of the database's clock, so that workers need not agree on theirs.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, ClassVar, Final, Generic, Self, TypeVar
from uuid import UUID

import structlog
from django.db import Error, connection, models
from django.db.models import Q, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

log = structlog.get_logger(__name__)

_MOST_TRIES: Final = 10
"""So many jobs a worker loses to others before it leaves the rest to them."""


class TakenOver(Exception):  # noqa: N818 -- What happened, not what is wrong.
    """The job belongs to another worker now, or is finished."""


class Leased(models.Model):
    """A job that one worker at a time works on.

    Nobody may claim it before ``lease_until``: a worker holds it until then, or it waits until
    then. ``fence``, a number that each claim raises, names the hold.
    """

    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


Job = TypeVar("Job", bound=Leased)


def after(pause: timedelta) -> CombinedExpression:
    """Return the time that it is after ``pause``, for a ``lease_until``."""
    return Now() + pause


@dataclass(frozen=True, slots=True)
class Lease(ABC, Generic[Job]):
    """A worker's hold on a job, as long as the row still has its fence."""

    length: ClassVar[timedelta]
    """After so long without a word a worker is taken for dead."""

    job: UUID
    fence: int

    @classmethod
    @abstractmethod
    def unfinished(cls) -> QuerySet[Job]:
        """Return the jobs that are still to be worked on, whether or not somebody does."""

    @classmethod
    def under_way(cls) -> QuerySet[Job]:
        """Return the jobs that somebody may hold."""
        return cls.unfinished()

    @classmethod
    def free(cls) -> QuerySet[Job]:
        """Return the jobs that nobody works on and that need not wait."""
        return cls.unfinished().filter(Q(lease_until=None) | Q(lease_until__lte=Now()))

    @classmethod
    def claim(cls, among: QuerySet[Job], **changes: Any) -> Self | None:
        """Take the first of the free jobs ``among`` these and change it so, or return None."""
        free = among & cls.free()
        for job, fence in free.values_list("pk", "fence")[:_MOST_TRIES]:
            unchanged = free.filter(pk=job, fence=fence)
            if unchanged.update(fence=fence + 1, lease_until=after(cls.length), **changes) == 1:
                return cls(job, fence + 1)
        return None

    def rows(self) -> QuerySet[Job]:
        """Return the job if this lease still holds it, as a set of one or none."""
        return self.under_way().filter(pk=self.job, fence=self.fence)

    def lock(self) -> Job:
        """Lock the job for the rest of the transaction, or raise ``TakenOver``."""
        job = self.rows().select_for_update().first()
        if job is None:
            raise TakenOver
        return job

    def renew(self, **changes: Any) -> None:
        """Say that the worker is alive, and change the job so, or raise ``TakenOver``."""
        if self.rows().update(lease_until=after(self.length), **changes) != 1:
            raise TakenOver


class Heartbeat:
    """What renews a lease, at most once in so many seconds however often it is told to."""

    def __init__(self, lease: Lease[Any], *, every: float) -> None:
        self._lease = lease
        self._every = every
        self._beaten_at = monotonic()

    def beat(self) -> None:
        """Say that the worker is alive unless it just did, or raise ``TakenOver``."""
        if monotonic() - self._beaten_at >= self._every:
            self._lease.renew()
            self._beaten_at = monotonic()


@contextmanager
def kept(lease: Lease[Any], *, every: float) -> Iterator[None]:
    """Renew ``lease`` every so many seconds while the block runs, whatever it waits for.

    A lost lease is not renewed any more; the block is told so by its own next word to the
    database. The renewals have a session of their own, so that a block may hold a transaction; one
    that breaks is followed by another.
    """
    done = threading.Event()

    def renew() -> None:
        try:
            while not done.wait(every):
                _renew(lease)
        except TakenOver:
            return
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"lease of {lease.job}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _renew(lease: Lease[Any]) -> None:
    try:
        lease.renew()
    except Error as error:
        # The database may be back before the lease is over, and nobody else can take it till then.
        log.warning("lease.not_renewed", job=str(lease.job), reason=type(error).__name__)
        connection.close()
