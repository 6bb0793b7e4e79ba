"""Which version was in Production when, as a drawing of bars. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from aegis.pages.moments import moment
from approvals.models import StageTransition
from approvals.states import TransitionKind
from registry.models import ModelVersion, Stage

LENGTH = 932.0
LEFT = 4.0
GAP = 2.0
SHORTEST = 6.0
FOR_NAME = 26.0
FOR_DATE = 110.0


@dataclass(frozen=True, slots=True)
class Period:
    """A version's time in Production; ``until`` is None while it lasts."""

    version: ModelVersion
    since: datetime
    until: datetime | None
    was_rollback: bool

    @property
    def words(self) -> str:
        """Say it: ``v6 since 14 January, by a rollback``."""
        since = moment(self.since, "date").shown
        how = ", by a rollback" if self.was_rollback else ""
        if self.until is None:
            return f"v{self.version.number} since {since}{how}"
        return f"v{self.version.number} from {since} to {moment(self.until, 'date').shown}{how}"


@dataclass(frozen=True, slots=True)
class Bar:
    """The drawing of a period: where it begins, how long it is, and what fits there."""

    period: Period
    x: float
    width: float
    name: str
    date: str


@dataclass(frozen=True, slots=True)
class Strip:
    """All periods; the drawing is on a scale of 940."""

    periods: tuple[Period, ...]
    bars: tuple[Bar, ...]

    @property
    def words(self) -> str:
        """Say what the drawing shows."""
        return "; ".join(period.words for period in self.periods) + "."

    @property
    def rollbacks(self) -> int:
        """Return how often somebody rolled back."""
        return sum(period.was_rollback for period in self.periods)


def strip_of(moves: Iterable[StageTransition], *, now: datetime | None = None) -> Strip | None:
    """Return the periods that the moves, in the order of time, make; None without any."""
    periods: list[Period] = []
    for move in moves:
        if move.source == Stage.PRODUCTION and periods and periods[-1].until is None:
            last = periods.pop()
            periods.append(Period(last.version, last.since, move.moved_at, last.was_rollback))
        if move.target == Stage.PRODUCTION:
            was_rollback = move.kind == TransitionKind.ROLLBACK
            periods.append(Period(move.version, move.moved_at, None, was_rollback))
    if not periods:
        return None
    return Strip(tuple(periods), tuple(_bars(periods, now or timezone.now())))


def _bars(periods: list[Period], now: datetime) -> Iterable[Bar]:
    start = periods[0].since
    whole = max((now - start).total_seconds(), 1.0)
    free = LENGTH - SHORTEST * len(periods)
    x = LEFT
    for period in periods:
        seconds = ((period.until or now) - period.since).total_seconds()
        width = SHORTEST + max(free, 0.0) * seconds / whole
        drawn = max(width - GAP, 1.0)
        yield Bar(
            period,
            round(x, 1),
            round(drawn, 1),
            f"v{period.version.number}" if width >= FOR_NAME else "",
            moment(period.since, "date").shown if width >= FOR_DATE else "",
        )
        x += width
