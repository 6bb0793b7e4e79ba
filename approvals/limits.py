"""How much of a limit a value uses: one rule for every gate and every row. Pure.

Share used = distance from the ideal ÷ distance from the ideal to the limit. More than
75% used is near the limit. A metric without an ideal has words only.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

Number = int | float | Decimal
Kind = Literal["min", "max"]

NEAR: Final = Decimal("0.75")
SIGNS: Final[dict[Kind, str]] = {"min": "≥", "max": "≤"}


def exact(value: Number) -> Decimal:
    """Return the decimal that people see when ``value`` is printed, so that sums are theirs too."""
    return value if isinstance(value, Decimal) else Decimal(repr(value))


@dataclass(frozen=True, slots=True)
class Limit:
    """What a policy asks of a metric: at least (``min``) or at most (``max``) a value."""

    kind: Kind
    value: float

    def left(self, value: Number) -> Decimal:
        """Return how far ``value`` is inside the limit; negative when it is past it."""
        distance = exact(value) - exact(self.value)
        return distance if self.kind == "min" else -distance

    def share_used(self, value: Number, ideal: Number | None) -> Decimal | None:
        """Return the share of the limit that ``value`` uses; above 1 it is past the limit.

        0 for a value as good as the ideal or better; None where there is no scale:
        without an ideal, or with one that lies on the limit or past it.
        """
        if ideal is None or self.left(ideal) <= 0:
            return None
        return max(1 - self.left(value) / self.left(ideal), Decimal(0))

    def status(self, value: Number, ideal: Number | None) -> Literal["pass", "warn", "fail"]:
        """Judge ``value``: past the limit, near it, or well inside."""
        if self.left(value) < 0:
            return "fail"
        share = self.share_used(value, ideal)
        return "warn" if share is not None and share > NEAR else "pass"

    @property
    def words(self) -> str:
        """Return the limit as people write it: ``≥ 0.82``."""
        return f"{SIGNS[self.kind]} {self.value:g}"
