from decimal import Decimal

import pytest

from approvals.limits import Limit


@pytest.mark.parametrize(
    ("limit", "value", "ideal", "left", "share", "status"),
    [
        # The rows of the review page, as it is drawn in the reference.
        (Limit("min", 0.82), 0.884, 1, "0.064", "0.644", "pass"),
        (Limit("max", 0.035), 0.029, 0, "0.006", "0.829", "warn"),
        (Limit("max", 0.035), 0.021, 0, "0.014", "0.600", "pass"),
        (Limit("max", 25.0), 14.2, None, "10.8", None, "pass"),
        # On the limit is inside it, and as near as can be.
        (Limit("min", 0.82), 0.82, 1, "0", "1.000", "warn"),
        (Limit("max", 0.035), 0.035, 0, "0", "1.000", "warn"),
        (Limit("max", 25.0), 25.0, None, "0", None, "pass"),
        # Exactly 75% is not more than 75%.
        (Limit("max", 0.04), 0.03, 0, "0.01", "0.750", "pass"),
        (Limit("max", 0.04), 0.0301, 0, "0.0099", "0.752", "warn"),
        # Past the limit.
        (Limit("min", 0.82), 0.819999, 1, "-0.000001", "1.000", "fail"),
        (Limit("max", 25.0), 26.0, None, "-1", None, "fail"),
        # As good as the ideal or better uses nothing.
        (Limit("max", 0.035), 0.0, 0, "0.035", "0.000", "pass"),
        (Limit("min", 0.0), 0.5, 0.4, "0.5", "0.000", "pass"),
        # An ideal on the limit, or past it, is no scale.
        (Limit("min", 1.0), 1.0, 1, "0", None, "pass"),
        (Limit("max", 0.0), 0.0, 0, "0", None, "pass"),
        (Limit("min", 0.82), 0.9, 0.5, "0.08", None, "pass"),
    ],
)
def test_a_value_is_held_against_its_limit(
    limit: Limit,
    value: float,
    ideal: float | None,
    left: str,
    share: str | None,
    status: str,
) -> None:
    used = limit.share_used(value, ideal)
    assert limit.left(value) == Decimal(left)
    assert (None if used is None else f"{used:.3f}") == share
    assert limit.status(value, ideal) == status


def test_what_is_left_is_what_people_subtract() -> None:
    assert limit_left(0.3, 0.1) == Decimal("0.2")
    assert 0.3 - 0.1 != 0.2


def limit_left(limit: float, value: float) -> Decimal:
    return Limit("max", limit).left(value)
