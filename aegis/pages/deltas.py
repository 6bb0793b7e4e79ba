"""What changed between two measured values, in words, and whether it means anything. Pure."""

from dataclasses import dataclass

from aegis.pages.formatting import Number, decimals_for, exact, number_text, with_unit

Interval = tuple[float | None, float | None]
NO_INTERVAL: Interval = (None, None)


@dataclass(frozen=True, slots=True)
class Delta:
    """A change: ``change`` (better, worse, same, or empty where no direction is known).

    ``text`` is the signed difference with its unit and ``word`` what it amounts to;
    ``is_noise`` says that the intervals overlap, and then it counts as the same.
    """

    change: str
    icon: str
    text: str
    word: str
    is_noise: bool = False


def overlap(one: Interval, other: Interval) -> bool:
    """Say whether two intervals share a value; where a bound is unknown, they do not."""
    (low, high), (other_low, other_high) = one, other
    if low is None or high is None or other_low is None or other_high is None:
        return False
    return low <= other_high and other_low <= high


def delta(
    value: Number,
    baseline: Number,
    *,
    direction: str = "",
    unit: str = "",
    interval: Interval = NO_INTERVAL,
    baseline_interval: Interval = NO_INTERVAL,
) -> Delta:
    """Compare ``value`` with ``baseline``; ``direction`` is ``higher`` or ``lower`` is better."""
    difference = exact(value) - exact(baseline)
    places = decimals_for([value, baseline], [difference])
    text = with_unit(number_text(difference, places, signed=True), unit)
    icon = "arrow-up" if difference > 0 else "arrow-down"
    if not difference:
        return Delta("same", "same", text, "same")
    if overlap(interval, baseline_interval):
        return Delta("same", icon, text, "within noise", is_noise=True)
    if not direction:
        return Delta("", icon, text, "")
    change = "better" if (difference > 0) == (direction == "higher") else "worse"
    return Delta(change, icon, text, change)


def change_words(deltas: list[Delta]) -> str:
    """Count changes by name: ``3 better, 1 worse, 2 the same``."""
    words = (("better", "better"), ("worse", "worse"), ("same", "the same"), ("", "changed"))
    counts = [(sum(d.change == change for d in deltas), word) for change, word in words]
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing to compare"
