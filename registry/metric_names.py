"""What a metric's name and value look like, wherever they come from."""

import math
import re
from typing import Final

from aegis.problems import Invalid
from registry.reports import Interval

LARGEST_SAMPLE: Final = 2**53 - 1

# The same as in the schema of evaluation reports.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@/-]{0,79}")


def check_metric_name(name: object) -> str:
    """Return a valid name of a metric or raise ``Invalid``."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Invalid(
            "metric_name_invalid",
            "A metric's name is made of letters, digits and _ . @ / -, begins with a letter or "
            "digit, and has at most 80 characters.",
            field="name",
        )
    return name


def check_finite(value: object, *, field: str = "value") -> float:
    """Return a finite number or raise ``Invalid``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid("metric_not_a_number", "A metric's value is a number.", field=field)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Invalid(
            "metric_not_finite", "A metric's value is a finite number, not NaN.", field=field
        )
    return number


def check_sample_size(size: object) -> int | None:
    """Return a sample size, or None for none; raise ``Invalid`` for what is no size."""
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LARGEST_SAMPLE:
        raise Invalid(
            "sample_size_invalid", "A sample size is a whole number from 1.", field="sample_size"
        )
    return size


def check_interval(interval: Interval | None, value: float) -> Interval | None:
    """Return an interval that holds ``value`` at a level between 0 and 1, or raise ``Invalid``."""
    if interval is None:
        return None
    low = check_finite(interval.low, field="interval")
    high = check_finite(interval.high, field="interval")
    level = check_finite(interval.level, field="interval")
    if not low <= value <= high or not 0 < level < 1:
        raise Invalid(
            "interval_invalid",
            "An interval holds the value, at a level between 0 and 1.",
            field="interval",
        )
    return Interval(low, high, level)
