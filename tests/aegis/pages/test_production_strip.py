"""Which version was in Production when, as it is drawn."""

from datetime import datetime, timedelta
from itertools import pairwise

from django.utils import timezone

from aegis.pages.production_strip import LEFT, LENGTH, strip_of
from approvals.models import StageTransition
from registry.models import ModelVersion

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.get_fixed_timezone(0))


def move(number: int, days_ago: float, *, target: str, source: str, kind: str) -> StageTransition:
    return StageTransition(
        version=ModelVersion(number=number),
        source=source,
        target=target,
        kind=kind,
        moved_at=NOW - timedelta(days=days_ago),
    )


def came(number: int, days_ago: float, kind: str = "promotion") -> StageTransition:
    return move(number, days_ago, source="Staging", target="Production", kind=kind)


def left(number: int, days_ago: float) -> StageTransition:
    return move(number, days_ago, source="Production", target="Archived", kind="superseded")


def test_without_any_move_there_is_nothing_to_draw() -> None:
    assert strip_of([], now=NOW) is None
    staged = move(1, 3, source="None", target="Staging", kind="promotion")
    assert strip_of([staged], now=NOW) is None


def test_versions_follow_each_other_and_the_last_one_lasts() -> None:
    moves = [came(1, 90), left(1, 30), came(2, 30), left(2, 10), came(1, 10, "rollback")]
    strip = strip_of(moves, now=NOW)
    assert strip is not None
    assert [period.version.number for period in strip.periods] == [1, 2, 1]
    assert [period.until is None for period in strip.periods] == [False, False, True]
    assert strip.rollbacks == 1
    assert "v1 since" in strip.words
    assert strip.words.endswith("by a rollback.")


def test_the_drawing_keeps_its_scale_and_order() -> None:
    moves = [came(1, 100), left(1, 50), came(2, 50), left(2, 49.999), came(3, 49.999)]
    strip = strip_of(moves, now=NOW)
    assert strip is not None
    bars = strip.bars
    assert bars[0].x == LEFT
    assert all(one.x + one.width <= other.x for one, other in pairwise(bars))
    assert bars[-1].x + bars[-1].width <= LEFT + LENGTH
    assert bars[1].width > 0
    assert (bars[1].name, bars[1].date) == ("", "")
    assert bars[0].name == "v1"


def test_a_version_that_was_archived_leaves_production_empty() -> None:
    strip = strip_of([came(1, 20), left(1, 5)], now=NOW)
    assert strip is not None
    assert strip.periods[-1].until is not None
    assert strip.bars[-1].x + strip.bars[-1].width < LEFT + LENGTH
