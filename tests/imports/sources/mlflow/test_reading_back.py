"""Reading a run back from a real tracking server, through faults, by whoever sees the version."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from aegis.problems import Conflict, NotFound, Unavailable
from aegis.settings.tracking import TrackingServer
from imports.annotating import write_note
from imports.models import Import, ReadingState, RunReading
from imports.reading_back import Verdict, ask_for_reading, verdict_of
from imports.rights import grant_import_right
from imports.sources.mlflow.source import MlflowSource
from imports.sources.protocol import Plan
from imports.tasks import sweep_readings
from registry.models import ModelVersion, RegisteredModel
from tests.cast import Cast
from tests.harness.stack import free_port
from tests.imports.sources.mlflow.test_importing import imported
from tests.recorded import last, recorded, refused
from tests.registry import making
from tests.servers.mlflow.tracking import Tracked

pytestmark = pytest.mark.xdist_group("mlflow")

DIGEST = "aegis.registry.digest"


@pytest.fixture
def job(cast: Cast, tracked: Tracked, tracking_server: TrackingServer, data_folder: Path) -> Import:
    grant_import_right(cast.growth, actor=cast.ada, source="mlflow", place="main")
    found = imported(cast, run_id=tracked.run("rich"), artifact_path="graph")
    assert (found.state, found.error) == ("done", "")
    return found


def read_again(version: ModelVersion, cast: Cast) -> RunReading:
    RunReading.objects.update(asked_at=timezone.now() - timedelta(minutes=2))
    ask_for_reading(version, actor=cast.vera)
    assert sweep_readings() == 1
    return RunReading.objects.get()


def test_the_run_names_the_version_until_its_tags_say_something_else(
    cast: Cast, job: Import, tracking_server: TrackingServer
) -> None:
    assert write_note(job)
    since = last()
    reading = ask_for_reading(job.made, actor=cast.vera)
    assert verdict_of(reading) == Verdict.UNREAD
    assert recorded(since) == [
        ("version:reading_asked", str(job.made.pk), {"number": job.made.number})
    ]
    assert ask_for_reading(job.made, actor=cast.rita) == reading
    assert sweep_readings() == 1
    assert sweep_readings() == 0
    reading.refresh_from_db()
    assert (reading.state, verdict_of(reading)) == (ReadingState.DONE, Verdict.AGREES)
    assert {DIGEST, "aegis.registry.stage"} <= {tag["name"] for tag in reading.tags}

    source, plan = MlflowSource(tracking_server), Plan.from_json(job.plan or {})
    source.annotate(plan, {"aegis.registry.stage": "Production"})
    assert verdict_of(read_again(job.made, cast)) == Verdict.OUTDATED
    source.annotate(plan, {DIGEST: "sha256:" + "0" * 64})
    reading = read_again(job.made, cast)
    assert verdict_of(reading) == Verdict.OTHER
    (tag,) = [tag for tag in reading.tags if tag["name"] == DIGEST]
    assert tag == {
        "name": DIGEST,
        "expected": f"sha256:{job.made.digest}",
        "found": "sha256:" + "0" * 64,
    }


def test_a_server_that_is_away_leaves_the_last_reading_and_says_since_when(
    cast: Cast, job: Import, settings: Settings, tracking_server: TrackingServer
) -> None:
    assert write_note(job)
    read_at = read_again(job.made, cast).read_at
    away = TrackingServer("main", f"http://127.0.0.1:{free_port()}")
    settings.AEGIS_MLFLOW_TRACKING_URIS = {"main": away}
    reading = read_again(job.made, cast)
    assert (reading.state, reading.error_code) == (ReadingState.FAILED, "egress_unreachable")
    assert (reading.read_at, verdict_of(reading)) == (read_at, Verdict.AGREES)
    since = reading.failing_since
    settings.AEGIS_MLFLOW_TRACKING_URIS = {"other": away}
    reading = read_again(job.made, cast)
    assert (reading.error_code, reading.failing_since) == ("mlflow_reference_invalid", since)
    settings.AEGIS_MLFLOW_TRACKING_URIS = {"main": tracking_server}
    reading = read_again(job.made, cast)
    assert (reading.state, reading.error, reading.failing_since) == (ReadingState.DONE, "", None)


def test_it_is_for_whoever_sees_the_version_and_once_a_minute(cast: Cast, job: Import) -> None:
    version = job.made
    ask_for_reading(version, actor=cast.stan)
    sweep_readings()
    refusal = refused(Conflict, "reading_too_soon", ask_for_reading, version, actor=cast.vera)
    assert 0 < refusal.details["retry_after"] <= 60
    RegisteredModel.objects.filter(pk=version.registered_model_id).update(visibility="restricted")
    RunReading.objects.update(asked_at=timezone.now() - timedelta(minutes=2))
    version = ModelVersion.objects.get(pk=version.pk)
    refused(NotFound, "model_not_found", ask_for_reading, version, actor=cast.stan)


def test_what_comes_from_no_run_is_not_read(cast: Cast, data_folder: Path) -> None:
    version = making.new_version(making.new_model(cast), cast.mina)
    refused(Conflict, "no_run_to_read", ask_for_reading, version, actor=cast.mina)


def test_a_run_that_was_never_told_is_silent_and_an_error_of_ours_is_no_reading(
    cast: Cast, job: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(MlflowSource, "read_back", lambda *_: {})
    assert verdict_of(read_again(job.made, cast)) == Verdict.SILENT
    monkeypatch.setattr(MlflowSource, "read_back", broken)
    assert read_again(job.made, cast).error_code == "reading_broke_off"
    busy = Unavailable("mlflow_busy", "It has too much to do.", details={"retry_after": 60})

    def refuse(*_: object) -> None:
        raise busy

    monkeypatch.setattr(MlflowSource, "read_back", refuse)
    assert read_again(job.made, cast).error_code == "mlflow_busy"
