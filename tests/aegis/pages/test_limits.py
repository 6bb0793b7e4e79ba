import pytest

from aegis.pages.limits import limit_use
from approvals.limits import Limit

AT_LEAST = Limit("min", 0.82)
AT_MOST = Limit("max", 0.035)


@pytest.mark.parametrize(
    ("limit", "value", "ideal", "percent", "status"),
    [
        (AT_MOST, 0.029, 0, 83, "warn"),
        (AT_LEAST, 0.884, 1, 64, "pass"),
        (Limit("max", 25), 14.2, 0, 57, "pass"),
        (AT_LEAST, 0.82, 1, 100, "warn"),
        (AT_LEAST, 1.0, 1, 0, "pass"),
        (Limit("max", 25), 4.0, 5, 0, "pass"),
        # In binary floating point this share is 0.7500000000000007.
        (Limit("min", 0.94), 0.955, 1, 75, "pass"),
        (AT_MOST, 0.0263, 0, 75, "warn"),
    ],
)
def test_the_share_used_is_said_in_percent_and_judged_before_rounding(
    limit: Limit, value: float, ideal: float, percent: int, status: str
) -> None:
    use = limit_use(limit, value, ideal=ideal)
    assert use.percent == percent
    assert use.status == status
    assert use.used == pytest.approx(percent * 1.6, abs=0.8)


@pytest.mark.parametrize("ideal", [None, 0.82])
def test_without_a_scale_there_are_words_and_no_bar(ideal: float | None) -> None:
    use = limit_use(AT_LEAST, 0.9, ideal=ideal, baseline=0.88)
    assert (use.left, use.was_left) == ("0.080 left", "0.060")
    assert use.used is None
    assert use.tick is None
    assert use.percent is None
    assert use.spoken == "0.080 left to the limit, was 0.060"


def test_a_use_says_what_is_left_and_what_was_left_before() -> None:
    use = limit_use(AT_MOST, 0.029, ideal=0, baseline=0.021)
    assert use.left == "0.006 left"
    assert use.was_left == "0.014"
    assert use.limit == "≤ 0.035"
    assert (use.percent, use.was_percent) == (83, 60)
    assert use.used == pytest.approx(132.57, abs=0.01)
    assert use.tick == pytest.approx(96.0)
    assert use.spoken == "0.006 left to the limit, was 0.014. 83% of the limit used, was 60%"


def test_a_value_past_the_limit_says_by_how_much_and_has_no_bar() -> None:
    use = limit_use(AT_LEAST, 0.8, ideal=1, baseline=0.79)
    assert use.status == "fail"
    assert use.left == "0.020 past the limit"
    assert use.was_left == "0.030 past it"
    assert use.used is None
    assert use.tick == 160.0


def test_what_did_not_change_is_said_once() -> None:
    use = limit_use(Limit("max", 25), 14.2, ideal=0, baseline=14.2, unit="ms")
    assert use.left == "10.8 ms left"
    assert use.was_left == ""
    assert use.limit == "≤ 25 ms"
