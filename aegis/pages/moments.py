"""Moments as people read them, always beside the exact value."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.utils import timezone

MINUTE, HOUR = 60, 3600
WEEK, MONTH, YEAR = 7, 30, 365  # In days.


class Form(StrEnum):
    """How a moment is written."""

    DATE = "date"  # 17 March
    MINUTE = "minute"  # 17 March 14:06
    CLOCK = "clock"  # 14:06
    SECOND = "second"  # 17 March 2026, 14:06:41 UTC
    AGO = "ago"  # 2 hours ago


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment for machines (``datetime=``), as shown, and exactly (``title=``)."""

    machine: str
    shown: str
    exact: str


def moment(
    value: datetime | date, form: str = Form.MINUTE, *, now: datetime | None = None
) -> Moment:
    """Write ``value`` in ``form``; the year stands there when it is not this one."""
    today = timezone.localtime(now or timezone.now())
    if not isinstance(value, datetime):
        text = _day(value, today)
        return Moment(value.isoformat(), text, f"{value.day} {value:%B %Y}")
    local = timezone.localtime(value)
    exact = f"{local.day} {local:%B %Y, %H:%M:%S} {local.tzname()}"
    shown = {
        Form.DATE: lambda: _day(local.date(), today),
        Form.MINUTE: lambda: f"{_day(local.date(), today)} {local:%H:%M}",
        Form.CLOCK: lambda: f"{local:%H:%M}",
        Form.SECOND: lambda: exact,
        Form.AGO: lambda: distance(local, today),
    }[Form(form)]()
    return Moment(value.astimezone(timezone.get_fixed_timezone(0)).isoformat(), shown, exact)


def duration(seconds: float) -> str:
    """Return how long something takes, in its two largest units: ``41 s``, ``3 min 12 s``."""
    whole = max(0, round(seconds))
    hours, minutes = divmod(whole // MINUTE, HOUR // MINUTE)
    named = [(hours, "h"), (minutes, "min"), (whole % MINUTE, "s")]
    first = next((place for place, (count, _) in enumerate(named) if count), len(named) - 1)
    return " ".join(f"{count} {unit}" for count, unit in named[first : first + 2] if count) or "0 s"


def _day(day: date, today: datetime) -> str:
    return f"{day.day} {day:%B}" if day.year == today.year else f"{day.day} {day:%B %Y}"


def distance(then: datetime, now: datetime) -> str:
    """Return how far ``then`` is from ``now``: ``2 hours ago``, ``yesterday``, ``in 3 days``."""
    seconds = int((now - then) / timedelta(seconds=1))
    if abs(seconds) < MINUTE:
        return "just now"
    days = (now.date() - then.date()).days
    if abs(seconds) < HOUR:
        return _apart(seconds, MINUTE, "minute")
    if abs(seconds) < 24 * HOUR:
        return _apart(seconds, HOUR, "hour")
    if abs(days) == 1:
        return "yesterday" if days > 0 else "tomorrow"
    for size, unit in ((YEAR, "year"), (MONTH, "month"), (WEEK, "week")):
        if abs(days) >= size:
            return _apart(days, size, unit)
    return _apart(days, 1, "day")


def _apart(amount: int, size: int, unit: str) -> str:
    count = abs(amount) // size
    words = f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{words} ago" if amount > 0 else f"in {words}"
