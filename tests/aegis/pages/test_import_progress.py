from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aegis.pages.import_progress import StepProgress, progress_of
from aegis.pages.import_view import import_view, reference_words
from aegis.pages.moments import duration
from imports.models import Import, ImportStep

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
MB = 10**6


def running(name: str, *, source: str = "huggingface", done: int = 0) -> StepProgress | None:
    size = 900 if source == "huggingface" else 600
    job = Import(source=source, state="running", bytes_done=done * MB, bytes_total=size * MB)
    return progress_of(job, ImportStep(name=name, started_at=NOW - timedelta(seconds=10)), NOW)


@pytest.mark.parametrize(
    ("source", "name", "done", "said"),
    [
        ("huggingface", "fetch", 120, (40, "120 MB of 300 MB", "12.0 MB/s", "15 s")),
        ("huggingface", "scan", 450, (50, "150 MB of 300 MB", "15.0 MB/s", "10 s")),
        ("huggingface", "package", 900, (100, "300 MB of 300 MB", "30.0 MB/s", "")),
        ("upload", "scan", 30, (10, "30.0 MB of 300 MB", "3.0 MB/s", "1 min 30 s")),
        ("upload", "package", 300, (0, "0 B of 300 MB", "", "")),
    ],
)
def test_a_step_counts_its_own_bytes(
    source: str, name: str, done: int, said: tuple[Any, ...]
) -> None:
    found = running(name, source=source, done=done)
    assert found is not None
    assert (found.percent, found.amount, found.rate, found.left) == said


@pytest.mark.parametrize("name", ["resolve", "sign", "annotate"])
def test_a_step_that_counts_no_bytes_has_no_bar(name: str) -> None:
    assert running(name) is None


def test_a_whole_that_is_not_known_has_no_percent_and_no_end() -> None:
    found = StepProgress(done=40 * MB, total=0, seconds=4)
    assert (found.percent, found.amount, found.rate, found.left) == (
        None,
        "40.0 MB",
        "10.0 MB/s",
        "",
    )


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (41.4, "41 s"), (120, "2 min"), (192, "3 min 12 s"), (7380, "2 h 3 min")],
)
def test_a_duration_is_said_in_two_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ({"repo": "google/flan-t5-small"}, "google/flan-t5-small@main"),
        ({"repo": "a/b", "revision": "v2"}, "a/b@v2"),
        ({"server": "growth", "run_id": "4e43", "artifact_path": "model"}, "mlflow:4e43/model"),
        ({"server": "growth", "uri": "models:/churn@champion"}, "models:/churn@champion"),
        ({}, ""),
    ],
)
def test_what_was_asked_for_is_said_before_it_is_found(
    reference: dict[str, str], said: str
) -> None:
    assert reference_words(reference) == said


def test_a_step_that_was_broken_off_says_how() -> None:
    states = {"running": "running", "failed": "failed", "cancelled": "stopped"}
    for state, said in states.items():
        job = Import(state=state)
        view = import_view(job, [ImportStep(job=job, name="fetch", started_at=NOW)], now=NOW)
        assert view.steps == (("Downloading", said),)
