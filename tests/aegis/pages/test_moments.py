from datetime import UTC, date, datetime, timedelta

import pytest

from aegis.pages.moments import moment

NOW = datetime(2026, 3, 12, 14, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("date", "10 March"),
        ("minute", "10 March 09:12"),
        ("clock", "09:12"),
        ("second", "10 March 2026, 09:12:41 UTC"),
        ("ago", "2 days ago"),
    ],
)
def test_a_moment_is_shown_in_the_form_that_is_asked_for(form: str, shown: str) -> None:
    found = moment(datetime(2026, 3, 10, 9, 12, 41, tzinfo=UTC), form, now=NOW)
    assert found.shown == shown
    assert found.machine == "2026-03-10T09:12:41+00:00"
    assert found.exact == "10 March 2026, 09:12:41 UTC"


def test_another_year_is_said() -> None:
    assert moment(date(2025, 12, 1), "date", now=NOW).shown == "1 December 2025"
    assert moment(date(2026, 12, 1), "date", now=NOW).shown == "1 December"
    assert moment(datetime(2025, 12, 1, 8, 0, tzinfo=UTC), now=NOW).shown == "1 December 2025 08:00"


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(hours=14, minutes=30), "14 hours ago"),
        (timedelta(hours=24), "yesterday"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(days=8), "1 week ago"),
        (timedelta(days=65), "2 months ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(days=-1), "tomorrow"),
        (timedelta(days=-5), "in 5 days"),
        (timedelta(minutes=-3), "in 3 minutes"),
    ],
)
def test_a_distance_is_said_in_its_largest_whole_unit(ago: timedelta, words: str) -> None:
    assert moment(NOW - ago, "ago", now=NOW).shown == words
