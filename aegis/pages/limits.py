"""How much of a gate's limit a value uses: one rule for every gate and every row. Pure.

Share used = distance from the ideal ÷ distance from the ideal to the limit. More
than 75% used is near the limit. A metric without an ideal has words only.
"""

from dataclasses import dataclass
from decimal import Decimal

from aegis.pages.formatting import (
    Number,
    decimals_for,
    exact,
    metric_text,
    number_text,
    with_unit,
)

NEAR = Decimal("0.75")
SCALE = 160  # The bar's length, in the units of its drawing: the same in every row.


def limit_share(value: Number, limit: Number, ideal: Number | None) -> Decimal | None:
    """Return the share of the limit that ``value`` uses; above 1 it is past the limit.

    0 for a value that is as good as the ideal or better; None where no scale
    exists: without an ideal, or with the limit at the ideal.
    """
    if ideal is None or exact(ideal) == exact(limit):
        return None
    share = (exact(value) - exact(ideal)) / (exact(limit) - exact(ideal))
    return max(share, Decimal(0))


@dataclass(frozen=True, slots=True)
class LimitUse:
    """What is left to a limit: ``status`` (pass, warn, fail), words, and the bar's lengths.

    ``used``, ``tick`` (the version now there) and ``near`` are lengths on a scale of
    ``SCALE``; ``used`` is None where there is no bar.
    """

    status: str
    limit: str
    left: str
    was_left: str
    percent: int | None
    was_percent: int | None
    used: float | None
    tick: float | None
    near: float = float(NEAR * SCALE)
    length: int = SCALE

    @property
    def near_length(self) -> float:
        """Return the length of the bar's last part, where a value is near the limit."""
        return self.length - self.near

    @property
    def spoken(self) -> str:
        """Return the bar as a sentence."""
        words = f"{self.left} to the limit" if self.status != "fail" else self.left
        if self.was_left:
            words += f", was {self.was_left}"
        if self.percent is None:
            return words
        words += f". {self.percent}% of the limit used"
        return words if self.was_percent is None else f"{words}, was {self.was_percent}%"


def limit_use(
    value: Number,
    limit: Number,
    *,
    direction: str,
    ideal: Number | None = None,
    baseline: Number | None = None,
    unit: str = "",
) -> LimitUse:
    """Say how far ``value`` is from ``limit``; ``direction`` is ``higher`` or ``lower`` is better.

    ``baseline`` is the value of the version that is there now.
    """
    numbers = [value, limit] if baseline is None else [value, limit, baseline]
    places = decimals_for(numbers, [_left(number, limit, direction) for number in numbers])

    def words(amount: Decimal) -> str:
        return with_unit(number_text(abs(amount), places), unit)

    left = _left(value, limit, direction)
    share = limit_share(value, limit, ideal)
    before, was, was_left = None, None, ""
    if baseline is not None:
        before = _left(baseline, limit, direction)
        was = limit_share(baseline, limit, ideal)
    if before is not None and before != left:
        was_left = words(before) if before >= 0 else f"{words(before)} past it"
    sign = "≥" if direction == "higher" else "≤"
    near = "warn" if share is not None and share > NEAR else "pass"
    return LimitUse(
        status="fail" if left < 0 else near,
        limit=f"{sign} {metric_text(limit, unit, _whole(limit, places))}",
        left=f"{words(left)} past the limit" if left < 0 else f"{words(left)} left",
        was_left=was_left,
        percent=_percent(share),
        was_percent=_percent(was),
        used=None if share is None or left < 0 else float(share * SCALE),
        tick=None if was is None else float(min(was, Decimal(1)) * SCALE),
    )


def _left(value: Number, limit: Number, direction: str) -> Decimal:
    distance = exact(value) - exact(limit)
    return distance if direction == "higher" else -distance


def _whole(limit: Number, places: int) -> int:
    return 0 if exact(limit) == exact(limit).to_integral_value() else places


def _percent(share: Decimal | None) -> int | None:
    return None if share is None else round(share * 100)
