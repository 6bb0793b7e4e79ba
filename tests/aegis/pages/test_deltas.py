import pytest

from aegis.pages.deltas import COUNTED, Delta, change_words, delta
from approvals import metric_rows


@pytest.mark.parametrize(
    ("value", "baseline", "change", "unit", "expected"),
    [
        (0.884, 0.871, "better", "", Delta("better", "arrow-up", "+0.013", "better")),
        (0.871, 0.884, "worse", "", Delta("worse", "arrow-down", "−0.013", "worse")),
        (0.029, 0.021, "worse", "", Delta("worse", "arrow-up", "+0.008", "worse")),
        (118.0, 127.0, "better", "ms", Delta("better", "arrow-down", "−9 ms", "better")),
        (14.2, 14.2, "same", "ms", Delta("same", "same", "0.0 ms", "same")),
        (3.5, 2.5, "changed", "", Delta("changed", "arrow-up", "+1.00", "")),
        (0.8714, 0.8711, "better", "", Delta("better", "arrow-up", "+0.0003", "better")),
        (0.3, 0.1, "better", "", Delta("better", "arrow-up", "+0.200", "better")),
    ],
)
def test_a_change_says_its_size_and_what_it_amounts_to(
    value: float, baseline: float, change: str, unit: str, expected: Delta
) -> None:
    assert delta(value, baseline, change=change, unit=unit) == expected


def test_a_change_within_noise_says_so() -> None:
    found = delta(0.315, 0.318, change="same", is_noise=True)
    assert found == Delta("same", "arrow-down", "−0.003", "within noise", is_noise=True)


def test_every_change_of_a_comparison_is_counted_by_name() -> None:
    kinds = {"BETTER", "WORSE", "SAME", "ADDED", "REMOVED", "CHANGED"}
    assert set(COUNTED) == {getattr(metric_rows, kind) for kind in kinds}
    assert change_words(["better", "same", "worse", "better"]) == "2 better, 1 worse, 1 the same"
    assert change_words([]) == "nothing to compare"
