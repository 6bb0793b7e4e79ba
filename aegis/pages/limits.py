"""What is left to a gate's limit, in words and as the lengths of a bar. Pure.

The rule itself, share used = distance from the ideal ÷ distance from the ideal to
the limit, is ``approvals.limits``: the same for every gate and every row.
"""

from dataclasses import dataclass
from decimal import Decimal

from aegis.pages.formatting import Number, decimals_for, exact, metric_text, number_text, with_unit
from approvals.limits import NEAR, SIGNS, Limit

LENGTH = 160  # The bar's, in the units of its drawing: the same in every row.


@dataclass(frozen=True, slots=True)
class LimitUse:
    """What is left to a limit: ``status`` (pass, warn, fail), words, and the bar's lengths.

    ``used`` is the bar, None where there is none, and ``tick`` the version now there.
    """

    status: str
    limit: str
    left: str
    was_left: str
    percent: int | None
    was_percent: int | None
    used: float | None
    tick: float | None
    near: float = float(NEAR * LENGTH)
    length: int = LENGTH

    @property
    def near_length(self) -> float:
        """Return the length of the bar's last part, where a value is near the limit."""
        return self.length - self.near

    @property
    def spoken(self) -> str:
        """Return the bar as a sentence."""
        words = self.left if self.status == "fail" else f"{self.left} to the limit"
        if self.was_left:
            words += f", was {self.was_left}"
        if self.percent is None:
            return words
        words += f". {self.percent}% of the limit used"
        return words if self.was_percent is None else f"{words}, was {self.was_percent}%"


def limit_use(
    limit: Limit,
    value: Number,
    *,
    ideal: Number | None = None,
    baseline: Number | None = None,
    unit: str = "",
) -> LimitUse:
    """Say how far ``value`` is from ``limit``; ``baseline`` is that of the version now there."""
    numbers = [value, limit.value] if baseline is None else [value, limit.value, baseline]
    places = decimals_for(numbers, [limit.left(number) for number in numbers])

    def words(amount: Decimal) -> str:
        return with_unit(number_text(abs(amount), places), unit)

    left = limit.left(value)
    share = limit.share_used(value, ideal)
    was = None if baseline is None else limit.share_used(baseline, ideal)
    before = left if baseline is None else limit.left(baseline)
    was_left = words(before) if before >= 0 else f"{words(before)} past it"
    return LimitUse(
        status=limit.status(value, ideal),
        limit=_limit_text(limit, unit, places),
        left=f"{words(left)} past the limit" if left < 0 else f"{words(left)} left",
        was_left="" if before == left else was_left,
        percent=_percent(share),
        was_percent=_percent(was),
        used=None if share is None or left < 0 else float(share * LENGTH),
        tick=None if was is None else float(min(was, Decimal(1)) * LENGTH),
    )


def _limit_text(limit: Limit, unit: str, places: int) -> str:
    is_whole = exact(limit.value) == exact(limit.value).to_integral_value()
    return f"{SIGNS[limit.kind]} {metric_text(limit.value, unit, 0 if is_whole else places)}"


def _percent(share: Decimal | None) -> int | None:
    return None if share is None else round(share * 100)
