from decimal import Decimal

import pytest

from aegis.pages import formatting


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, ""),
        (0, "0 B"),
        (147, "147 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (10_780, "10.8 kB"),
        (99_960, "100 kB"),
        (999_999, "1.0 MB"),
        (308_000_000, "308 MB"),
        (2_000_000_000, "2.0 GB"),
        (3_200_000_000_000_000_000, "3200 PB"),
    ],
)
def test_a_size_is_read_in_decimal_units(size: int | None, text: str) -> None:
    assert formatting.filesize(size) == text


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Mina Okafor", "MO"),
        ("ci-growth", "CI"),
        ("Anna Maria de Souza", "AS"),
        ("łukasz", "ŁU"),
        ("  ", "?"),
    ],
)
def test_initials_are_of_the_first_and_last_name(name: str, letters: str) -> None:
    assert formatting.initials(name) == letters


def test_a_short_digest_names_its_algorithm_and_says_that_it_is_cut() -> None:
    digits = "851ee81aff08" + "0" * 52
    assert formatting.short_digest(digits) == "sha256:851ee81aff08…"
    assert formatting.short_digest(f"sha256:{digits}") == "sha256:851ee81aff08…"
    assert formatting.short_digest("md5:abc") == "md5:abc"
    assert formatting.short_digest("") == ""


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.871, "", "0.871"),
        (0.94, "", "0.940"),
        (41.3, "", "41.3"),
        (14.2, "ms", "14.2 ms"),
        (118.0, "ms", "118 ms"),
        (1284.0, "", "1,284"),
        (1284.6, "", "1,285"),
        (9.4, "%", "9.40%"),
        (0.00042, "", "0.00042"),
        (4.2e-13, "", "4.2e-13"),
        (-0.5, "", "−0.500"),
        (0.0, "", "0"),
        (None, "ms", ""),
    ],
)
def test_a_metric_is_read_with_about_three_digits_and_its_unit(
    value: float | None, unit: str, text: str
) -> None:
    assert formatting.metric_text(value, unit) == text


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([0.871, 0.884], 3),
        ([0.8714, 0.8711], 4),
        ([0.8199, 0.82], 4),
        ([14.2, 25.0], 1),
        ([15.0, 25.0], 0),
        ([0.02, 0.00042], 5),
        ([Decimal("0.5"), 0.5], 3),
    ],
)
def test_numbers_that_differ_never_look_the_same(
    values: list[formatting.Number], places: int
) -> None:
    assert formatting.decimals_for(values) == places


def test_thousands_stand_apart() -> None:
    assert formatting.thousands(48213) == "48,213"
    assert formatting.thousands(None) == ""
