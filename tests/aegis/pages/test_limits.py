from decimal import Decimal

import pytest

from aegis.pages.limits import limit_share, limit_use


@pytest.mark.parametrize(
    ("value", "limit", "ideal", "share"),
    [
        (0.029, 0.035, 0, "0.83"),
        (0.884, 0.82, 1, "0.64"),
        (14.2, 25, 0, "0.57"),
        (0.82, 0.82, 1, "1.00"),
        (0.81, 0.82, 1, "1.06"),
        (1.0, 0.82, 1, "0.00"),
        (4.0, 25, 5, "0.00"),
        (0.955, 0.94, 1, "0.75"),
    ],
)
def test_the_share_used_is_the_way_from_the_ideal_to_the_limit(
    value: float, limit: float, ideal: float | None, share: str
) -> None:
    found = limit_share(value, limit, ideal)
    assert found is not None
    assert round(found, 2) == Decimal(share)


@pytest.mark.parametrize(("limit", "ideal"), [(0.82, None), (0.0, 0.0)])
def test_without_a_scale_there_is_no_share_and_no_bar(limit: float, ideal: float | None) -> None:
    assert limit_share(0.5, limit, ideal) is None
    use = limit_use(0.9, limit, direction="higher", ideal=ideal)
    assert use.used is None
    assert use.percent is None
    assert use.status == "pass"


@pytest.mark.parametrize(
    ("value", "status"),
    [(0.0262, "pass"), (0.02625, "pass"), (0.0263, "warn"), (0.035, "warn"), (0.0351, "fail")],
)
def test_more_than_three_quarters_used_is_near_and_past_the_limit_fails(
    value: float, status: str
) -> None:
    assert limit_use(value, 0.035, direction="lower", ideal=0).status == status


def test_exactly_three_quarters_is_not_near_in_spite_of_binary_fractions() -> None:
    # In binary floating point this share is 0.7500000000000007.
    assert limit_use(0.955, 0.94, direction="higher", ideal=1).status == "pass"


def test_a_use_says_what_is_left_and_what_was_left_before() -> None:
    use = limit_use(0.029, 0.035, direction="lower", ideal=0, baseline=0.021)
    assert use.left == "0.006 left"
    assert use.was_left == "0.014"
    assert use.limit == "≤ 0.035"
    assert (use.percent, use.was_percent) == (83, 60)
    assert use.used == pytest.approx(132.57, abs=0.01)
    assert use.tick == pytest.approx(96.0)
    assert use.spoken == ("0.006 left to the limit, was 0.014. 83% of the limit used, was 60%")


def test_a_value_past_the_limit_says_by_how_much_and_has_no_bar() -> None:
    use = limit_use(0.8, 0.82, direction="higher", ideal=1, baseline=0.79)
    assert use.left == "0.020 past the limit"
    assert use.was_left == "0.030 past it"
    assert use.used is None
    assert use.tick == 160.0


def test_what_did_not_change_is_said_once() -> None:
    use = limit_use(14.2, 25, direction="lower", ideal=0, baseline=14.2, unit="ms")
    assert use.left == "10.8 ms left"
    assert use.was_left == ""
    assert use.limit == "≤ 25 ms"
