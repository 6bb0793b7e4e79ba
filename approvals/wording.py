"""Numbers, lists and names in the sentences that gates and policies say. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from approvals.limits import Number, exact

DIGITS = 3
MOST_DIGITS = 12


def number_words(value: Number, *, unlike: Number | None = None, unit: str = "") -> str:
    """Return about three digits of ``value``, more where it would else read like ``unlike``."""
    digits = DIGITS
    text = _rounded(value, digits)
    while unlike is not None and exact(unlike) != exact(value) and digits < MOST_DIGITS:
        if text != _rounded(unlike, digits):
            break
        digits += 1
        text = _rounded(value, digits)
    return text if not unit else f"{text}%" if unit in {"%", "percent"} else f"{text} {unit}"


def _rounded(value: Number, digits: int) -> str:
    number = exact(value)
    places = max(digits - 1 - number.adjusted(), 0) if number else 0
    rounded = round(number, min(places, MOST_DIGITS))
    text = f"{abs(rounded):,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"−{text}" if rounded < 0 else text


def percent(share: Decimal) -> str:
    """Return a share in whole percent."""
    return f"{share * 100:.0f}%"


def listed(items: Sequence[str], last: str = "and") -> str:
    """Return ``a, b and c``."""
    if len(items) < 2:  # noqa: PLR2004 -- Two make a list.
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def counted(count: int, one: str, more: str = "") -> str:
    """Return ``1 gate``, ``2 gates``; ``more`` where the plural is no plain s."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def capitalised(text: str) -> str:
    """Return ``text`` with its first letter upper-case and the rest as it is."""
    return text[:1].upper() + text[1:]
