import pytest

from aegis.pages.deltas import Delta, Interval, change_words, delta


@pytest.mark.parametrize(
    ("value", "baseline", "direction", "expected"),
    [
        (0.884, 0.871, "higher", Delta("better", "arrow-up", "+0.013", "better")),
        (0.871, 0.884, "higher", Delta("worse", "arrow-down", "−0.013", "worse")),
        (0.029, 0.021, "lower", Delta("worse", "arrow-up", "+0.008", "worse")),
        (118, 127, "lower", Delta("better", "arrow-down", "−9 ms", "better")),
        (14.2, 14.2, "lower", Delta("same", "same", "0.0 ms", "same")),
        (3.5, 2.5, "", Delta("", "arrow-up", "+1.00", "")),
        (0.8714, 0.8711, "higher", Delta("better", "arrow-up", "+0.0003", "better")),
        (0.3, 0.1, "higher", Delta("better", "arrow-up", "+0.200", "better")),
    ],
)
def test_a_change_says_its_size_and_what_it_amounts_to(
    value: float, baseline: float, direction: str, expected: Delta
) -> None:
    unit = "ms" if baseline > 10 else ""
    assert delta(value, baseline, direction=direction, unit=unit) == expected


@pytest.mark.parametrize(
    ("interval", "baseline_interval", "is_noise"),
    [
        ((0.311, 0.319), (0.314, 0.322), True),
        ((0.311, 0.314), (0.314, 0.322), True),
        ((0.311, 0.313), (0.314, 0.322), False),
        ((0.330, 0.340), (0.314, 0.322), False),
        ((0.311, 0.319), (None, None), False),
        ((None, 0.319), (0.314, 0.322), False),
    ],
)
def test_a_change_is_noise_only_where_both_intervals_are_known_and_overlap(
    interval: Interval, baseline_interval: Interval, is_noise: bool
) -> None:
    change = delta(
        0.315,
        0.318,
        direction="lower",
        interval=interval,
        baseline_interval=baseline_interval,
    )
    assert change.is_noise is is_noise
    assert change.change == ("same" if is_noise else "better")
    assert change.word == ("within noise" if is_noise else "better")


def test_changes_are_counted_by_name() -> None:
    changes = [
        delta(0.9, 0.8, direction="higher"),
        delta(0.9, 0.9, direction="higher"),
        delta(0.9, 0.8, direction="lower"),
        delta(0.9, 0.7, direction="higher"),
    ]
    assert change_words(changes) == "2 better, 1 worse, 1 the same"
    assert change_words([]) == "nothing to compare"
