"""Stored packages, verified again: what is damaged is found, told and held back."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from aegis.events.models import Notification
from aegis.events.outbox import dispatch
from aegis.leases import TakenOver
from aegis.problems import Conflict, Forbidden
from aegis.settings.addresses import Storage
from registry import watches
from registry.models import ModelVersion, PackageCheck, PackageWatch, Quarantine, RegisteredModel
from registry.package_verification import Outcome, Pace, Verdict
from registry.quarantine import quarantine
from registry.readers import open_artifact, open_file
from registry.reverification import ask_for_verification, verify_due, verify_held, write_down
from registry.storage.configured import artifact_store
from registry.storage.protocol import index_key
from registry.tasks import verify_packages
from registry.watches import claim_next, cycle, watch_ready_versions
from tests.cast import Cast
from tests.recorded import last, recorded
from tests.registry import making
from tests.servers.fixtures import faulty, in_bucket, s3
from tests.servers.seaweedfs.server import BUCKET, S3Server, put_account_into_environment

__all__ = ["faulty", "in_bucket", "s3"]


def due(version: ModelVersion) -> PackageWatch:
    """Let the version's package be due now."""
    watch_ready_versions()
    PackageWatch.objects.filter(version=version).update(due_at=timezone.now())
    return PackageWatch.objects.get(version=version)


def verified(version: ModelVersion) -> PackageCheck:
    """Verify the version's package as a worker does, and return what was found."""
    due(version)
    assert verify_due(seconds=60) == 1
    version.refresh_from_db()
    return PackageCheck.objects.filter(version=version).latest("checked_at")


def package(version: ModelVersion) -> Path:
    """Return the file that is the version's package, made writable as an intruder would."""
    path: Path = artifact_store().root / version.artifact.key
    path.chmod(0o640)
    return path


def flip(version: ModelVersion, at: int) -> None:
    """Change one bit of the stored package."""
    path = package(version)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_package_as_recorded_is_found_so_and_is_due_again_after_a_cycle(
    version: ModelVersion,
) -> None:
    before = timezone.now()
    check = verified(version)
    assert (check.outcome, check.sentence) == (Outcome.INTACT, "")
    assert check.package_sha256 == version.artifact.sha256
    watch = PackageWatch.objects.get(version=version)
    assert before + cycle() <= watch.due_at <= timezone.now() + cycle()
    assert watch.lease_until is None
    assert version.quarantined_at is None
    assert verify_due(seconds=60) == 0


@pytest.mark.parametrize("at", [0, 4, 40, -30, -1])
def test_one_flipped_byte_holds_the_version_back_everywhere(
    cast: Cast, version: ModelVersion, at: int
) -> None:
    flip(version, at)
    check = verified(version)
    assert check.outcome == Outcome.DAMAGED
    assert version.artifact.key in check.sentence
    assert version.quarantined_at is not None
    held = Quarantine.objects.get(version=version, lifted_at=None)
    assert (held.cause, held.sentence) == (Quarantine.Cause.BYTES, check.sentence)
    for attempt in (
        lambda: open_artifact(version, actor=cast.mina),
        lambda: open_file(version, "config.json", actor=cast.mina),
    ):
        with pytest.raises(Conflict) as refusal:
            attempt()
        assert refusal.value.code == "version_quarantined"


def test_a_package_that_is_gone_is_missing(version: ModelVersion) -> None:
    package(version).unlink()
    assert verified(version).outcome == Outcome.MISSING
    assert version.quarantined_at is not None


def test_a_package_that_was_cut_or_grew_is_damaged(version: ModelVersion) -> None:
    path = package(version)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert verified(version).outcome == Outcome.DAMAGED
    path.write_bytes(whole + b"\0")
    assert verified(version).outcome == Outcome.DAMAGED


def test_a_package_that_is_restored_is_given_out_again(cast: Cast, version: ModelVersion) -> None:
    whole = package(version).read_bytes()
    flip(version, 100)
    verified(version)
    package(version).write_bytes(whole)
    assert verified(version).outcome == Outcome.INTACT
    assert version.quarantined_at is None
    assert open_artifact(version, actor=cast.mina).size == len(whole)


def test_another_cause_of_quarantine_stays(version: ModelVersion) -> None:
    quarantine(version, cause=Quarantine.Cause.SCAN, sentence="It calls os.system.")
    assert verified(version).outcome == Outcome.INTACT
    assert version.quarantined_at is not None


def test_an_index_that_is_gone_is_made_again_and_another_one_is_damage(
    version: ModelVersion,
) -> None:
    store = artifact_store()
    path: Path = store.root / index_key(version.artifact.key)
    there = path.read_bytes()
    path.unlink()
    assert verified(version).outcome == Outcome.INTACT
    assert path.read_bytes() == there
    path.chmod(0o640)
    path.write_bytes(there.replace(b"1", b"2", 1))
    assert verified(version).outcome == Outcome.DAMAGED


def test_a_signature_of_other_files_does_not_hold(version: ModelVersion) -> None:
    other = making.new_version(version.registered_model, version.created_by, {"o.json": b"{}"})
    row = version.signatures.get()
    row.pk, row._state.adding = None, True
    row.bundle = other.signatures.get().bundle
    row.save(force_insert=True)
    check = verified(version)
    assert check.outcome == Outcome.SIGNATURE
    assert check.sentence == "The signature is for other files than these."
    assert version.quarantined_at is not None


def test_a_store_that_is_away_is_no_verdict(
    version: ModelVersion, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_account_into_environment(monkeypatch)
    there = configured.AEGIS_STORAGE
    due(version)
    nowhere = {"endpoint_url": "http://127.0.0.1:1", "region": "us-east-1"}
    settings.AEGIS_STORAGE = Storage(scheme="s3", bucket="aegis-nowhere", options=nowhere)
    assert verify_due(seconds=60) == 0
    watch = PackageWatch.objects.get(version=version)
    assert watch.away.startswith("The bucket aegis-nowhere at http://127.0.0.1:1 does not answer")
    assert watch.away_since is not None
    assert watch.lease_until is None
    assert not PackageCheck.objects.exists()
    version.refresh_from_db()
    assert version.quarantined_at is None
    settings.AEGIS_STORAGE = there
    assert verified(version).outcome == Outcome.INTACT
    watch.refresh_from_db()
    assert (watch.away, watch.away_since) == ("", None)


def test_a_store_that_has_nothing_at_all_is_no_verdict(
    version: ModelVersion, settings: Settings, tmp_path: Path
) -> None:
    making.new_version(version.registered_model, version.created_by, {"o.json": b"{}"})
    due(version)
    # As where a file system was not mounted.
    settings.AEGIS_STORAGE = Storage(scheme="file", root=tmp_path / "another")
    assert verify_due(seconds=60) == 0
    assert not PackageCheck.objects.exists()
    assert "mounted" in PackageWatch.objects.get(version=version).away


def test_two_workers_do_not_verify_the_same_package(
    version: ModelVersion, settings: Settings
) -> None:
    settings.AEGIS_VERIFY_AT_ONCE = 4
    due(version)
    held = claim_next()
    assert held is not None
    assert claim_next() is None
    # Its lease is over: another worker takes it, and the first may say nothing any more.
    PackageWatch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    taken = claim_next()
    assert taken is not None
    assert taken.fence == held.fence + 1
    with pytest.raises(TakenOver):
        held.renew()
    with pytest.raises(TakenOver):
        write_down(held, Verdict(Outcome.MISSING, "It is gone."))
    assert verify_held(held) is None
    assert not PackageCheck.objects.exists()
    check = verify_held(taken)
    assert check is not None
    assert check.outcome == Outcome.INTACT


def test_no_more_packages_are_verified_at_once_than_the_settings_say(
    cast: Cast, model: RegisteredModel, settings: Settings
) -> None:
    for number in range(3):
        due(making.new_version(model, cast.mina, {"a.json": b'{"n": %d}' % number}))
    settings.AEGIS_VERIFY_AT_ONCE = 2
    assert claim_next() is not None
    assert claim_next() is not None
    assert claim_next() is None


def test_bytes_are_read_no_faster_than_they_may() -> None:
    pace = Pace(rate=1_000_000)
    began = time.monotonic()
    for _ in range(4):
        pace.add(100_000)
    assert 0.35 <= time.monotonic() - began < 2


def test_versions_that_are_not_ready_are_not_watched(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    making.new_import(model, cast.mina, {"a.json": b"{}"})
    assert watch_ready_versions() == 1
    assert watch_ready_versions() == 0
    watch = PackageWatch.objects.get()
    assert watch.version_id == version.pk
    assert version.ready_at is not None
    assert watch.due_at == version.ready_at + cycle()


def test_the_cycle_is_a_day_for_a_small_store_and_a_week_for_a_large_one(
    version: ModelVersion, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cycle() == timedelta(days=1)
    monkeypatch.setattr(watches, "SMALL", version.artifact.size - 1)
    assert cycle() == timedelta(days=7)
    settings.AEGIS_VERIFY_DAYS = 30
    assert cycle() == timedelta(days=30)


def test_a_maintainer_has_it_verified_now_and_it_is_recorded(
    cast: Cast, version: ModelVersion, settings: Settings
) -> None:
    later = making.new_version(version.registered_model, cast.mina, {"b.json": b"{}"})
    due(later)
    since = last()
    watch = ask_for_verification(version, actor=cast.marc)
    assert recorded(since) == [("version:verification_asked", str(version.pk), {"number": 1})]
    assert watch.asked_by == cast.marc
    held = claim_next()
    assert held is not None
    assert held.version == version.pk  # Before what only the timetable asks for.
    check = verify_held(held)
    assert check is not None
    assert check.asked_by == cast.marc
    assert PackageWatch.objects.get(version=version).asked_by is None


def test_only_maintainers_ask(cast: Cast, version: ModelVersion) -> None:
    for actor in (cast.mina, cast.rita):
        with pytest.raises(Forbidden):
            ask_for_verification(version, actor=actor)


def test_its_people_are_told_once(cast: Cast, version: ModelVersion) -> None:
    flip(version, 50)
    verified(version)
    verified(version)
    dispatch()
    told = Notification.objects.filter(kind="version:quarantined")
    assert {note.user for note in told} >= {cast.marc, cast.mina, cast.rita}
    assert told.count() == len({note.user_id for note in told})
    note = told.get(user=cast.mina)
    assert note.title == f"{version} is in quarantine"
    assert version.artifact.key in note.body


def test_an_error_of_our_own_is_no_verdict_and_stops_nothing(
    version: ModelVersion, settings: Settings
) -> None:
    due(version)
    usual = configured.AEGIS_VERIFY_BYTES_PER_SECOND
    settings.AEGIS_VERIFY_BYTES_PER_SECOND = 0  # Which the settings refuse, and nothing can obey.
    assert verify_due(seconds=60) == 0
    assert not PackageCheck.objects.exists()
    settings.AEGIS_VERIFY_BYTES_PER_SECOND = usual
    assert verified(version).outcome == Outcome.INTACT


def test_the_task_finds_what_is_due(version: ModelVersion) -> None:
    due(version)
    verify_packages()
    assert PackageCheck.objects.get(version=version).outcome == Outcome.INTACT


def test_a_flipped_byte_in_a_bucket_is_found_within_a_cycle(
    cast: Cast, model: RegisteredModel, in_bucket: Any, s3: S3Server
) -> None:
    version = making.new_version(model, cast.mina)
    assert verified(version).outcome == Outcome.INTACT
    store: Any = artifact_store()
    key = store._key(version.artifact.key)
    admin = s3.client("admin")
    data = bytearray(admin.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    data[len(data) // 2] ^= 1
    admin.put_object(Bucket=BUCKET, Key=key, Body=bytes(data))
    assert verified(version).outcome == Outcome.DAMAGED
    assert version.quarantined_at is not None
    admin.delete_object(Bucket=BUCKET, Key=key)
    assert verified(version).outcome == Outcome.MISSING


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "refuse", "status": 500},
        {"kind": "refuse", "status": 403, "code": "AccessDenied"},
        {"kind": "refuse", "status": 404, "code": "NoSuchBucket"},
        {"kind": "reset"},
        {"kind": "cut", "after": 0},
        {"kind": "shorten", "after": 0},
    ],
)
def test_a_bucket_that_does_not_answer_well_is_no_verdict(
    cast: Cast, model: RegisteredModel, in_bucket: Any, fault: dict[str, Any]
) -> None:
    version = making.new_version(model, cast.mina)
    due(version)
    in_bucket.plan("get object", times=10_000, **fault)
    assert verify_due(seconds=60) == 0
    assert not PackageCheck.objects.exists()
    assert "The bucket aegis-tests" in PackageWatch.objects.get(version=version).away


def test_an_operator_verifies_what_is_named_or_everything(
    version: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("reverify", "churn-predictor@latest")
    assert capsys.readouterr().out == "churn-predictor v1: as recorded. \n"
    flip(version, 50)
    with pytest.raises(CommandError, match="1 not as recorded"):
        call_command("reverify")
    assert "v1: other bytes." in capsys.readouterr().out
    for name in ("churn-predictor@9", "nothing@1", "churn-predictor"):
        with pytest.raises(CommandError):
            call_command("reverify", name)
    PackageWatch.objects.update(lease_until=timezone.now() + timedelta(minutes=1))
    call_command("reverify")
    assert "a worker is at it" in capsys.readouterr().out
