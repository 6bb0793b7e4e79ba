"""What changed between two measured values, in words. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from aegis.pages.formatting import Number, decimals_for, exact, number_text, with_unit

# The changes of `approvals.metric_rows`, each with the words that count it.
COUNTED = {
    "better": "better",
    "worse": "worse",
    "same": "the same",
    "changed": "changed",
    "added": "new",
    "removed": "gone",
}


@dataclass(frozen=True, slots=True)
class Delta:
    """A change as it is drawn: ``change`` is better, worse, same, or changed without a direction.

    ``text`` is the signed difference with its unit and ``word`` what it amounts to;
    ``is_noise`` says that the intervals overlap, and then it counts as the same.
    """

    change: str
    icon: str
    text: str
    word: str
    is_noise: bool = False


def delta(
    value: Number, baseline: Number, *, change: str, is_noise: bool = False, unit: str = ""
) -> Delta:
    """Draw the difference of two values, whose ``change`` the comparison has judged."""
    difference = exact(value) - exact(baseline)
    places = decimals_for([value, baseline], [difference])
    icon = "arrow-up" if difference > 0 else "arrow-down" if difference else "same"
    word = "within noise" if is_noise else "" if change == "changed" else change
    text = with_unit(number_text(difference, places, signed=True), unit)
    return Delta(change, icon, text, word, is_noise)


def change_words(changes: Iterable[str]) -> str:
    """Count changes by name: ``3 better, 1 worse, 2 the same``."""
    counts = Counter(changes)
    said = [f"{counts[change]} {word}" for change, word in COUNTED.items() if counts[change]]
    return ", ".join(said) or "nothing to compare"
