"""Numbers, sizes, digests and names as people read them. Pure functions."""

import math
import re
from collections.abc import Iterable
from decimal import Decimal

KILO = 1000
MOST_DECIMALS = 12
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")

Number = int | float | Decimal


def exact(value: Number) -> Decimal:
    """Return the decimal that people see when ``value`` is printed, so that sums are theirs too."""
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def filesize(size: int | None) -> str:
    """Return a number of bytes in decimal units: ``1.4 kB``, ``308 MB``."""
    if size is None:
        return ""
    if abs(size) < KILO:
        return f"{size} B"
    amount = float(size)
    for unit in ("kB", "MB", "GB", "TB", "PB"):
        amount /= KILO
        text = f"{amount:.1f}" if abs(amount) < 99.95 else f"{amount:.0f}"  # noqa: PLR2004 -- Rounds to 100.
        if abs(float(text)) < KILO or unit == "PB":
            return f"{text} {unit}"
    raise AssertionError(size)


def thousands(value: int | None) -> str:
    """Return a whole number with its thousands apart: ``48,213``."""
    return "" if value is None else f"{value:,}"


def full_digest(value: str) -> str:
    """Return the digest with its algorithm; bare 64 hex digits are SHA-256."""
    return f"sha256:{value}" if _HEX_DIGEST.fullmatch(value) else value


def short_digest(value: str, length: int = 12) -> str:
    """Return the algorithm and the first ``length`` digits: ``sha256:851ee81aff08…``."""
    algorithm, colon, digits = full_digest(value).rpartition(":")
    return f"{algorithm}{colon}{digits[:length]}{'…' if len(digits) > length else ''}"


def initials(name: str) -> str:
    """Return two letters for an avatar: first and last name, or the first two of one word."""
    words = name.split()
    if not words:
        return "?"
    letters = words[0][:2] if len(words) == 1 else words[0][0] + words[-1][0]
    return letters.upper()


def decimals_for(values: Iterable[Number], differences: Iterable[Decimal] = ()) -> int:
    """Return how many decimals let these numbers, and differences between them, be read together.

    About three digits; as many more as it takes that numbers which differ look
    different and that nothing but zero looks like zero.
    """
    numbers = [exact(value) for value in values]
    if all(number == number.to_integral_value() for number in numbers):
        return 0
    gaps = [gap for gap in differences if gap]
    largest = max(abs(number) for number in numbers)
    places = 3 if largest <= 1 else max(0, 2 - math.floor(math.log10(largest)))
    for number in numbers:
        if number and abs(number) < Decimal("0.001"):
            places = max(places, 1 - number.adjusted())
    places = min(places, MOST_DECIMALS)

    def looks_alike(places: int) -> bool:
        seen = {round(number, places) for number in numbers}
        return len(seen) < len(set(numbers)) or any(not round(gap, places) for gap in gaps)

    while places < MOST_DECIMALS and looks_alike(places):
        places += 1
    return places


def number_text(value: Number, decimals: int | None = None, *, signed: bool = False) -> str:
    """Return a number with thousands apart, a real minus sign and, if ``signed``, a plus."""
    places = decimals_for([value]) if decimals is None else decimals
    number = exact(value)
    text = f"{abs(number):,.{places}f}"
    if number and abs(number) < Decimal(10) ** -MOST_DECIMALS:
        text = f"{abs(number):.2g}"
    if number < 0:
        return f"−{text}"
    return f"+{text}" if signed and number > 0 else text


def with_unit(text: str, unit: str) -> str:
    """Return ``14.2 ms`` or ``9.4%``."""
    if not unit:
        return text
    return f"{text}%" if unit in {"%", "percent"} else f"{text} {unit}"


def metric_text(value: Number | None, unit: str = "", decimals: int | None = None) -> str:
    """Return a metric's value with its unit; empty for none."""
    return "" if value is None else with_unit(number_text(value, decimals), unit)
