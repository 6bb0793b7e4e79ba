import hashlib
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from aegis.audit.models import AuditEvent
from aegis.proof.manifest import Manifest
from aegis.proof.packages import verify
from aegis.proof.signing.signer import PublicKey, SignatureResult
from aegis.settings.addresses import Storage
from imports.asking import retry
from imports.claims import MOST_ATTEMPTS
from imports.models import Import
from imports.running import POINTS, run
from registry.models import RegisteredModel
from registry.storage.configured import artifact_store
from tests.cast import Cast
from tests.fakes import AbsentSigner, EmptySigner, LyingSigner
from tests.recorded import last, recorded
from tests.registry import making


@pytest.fixture
def job(cast: Cast, model: RegisteredModel) -> Import:
    return making.new_import(model, cast.mina)


def again_now(job: Import) -> None:
    Import.objects.filter(pk=job.pk).update(lease_until=timezone.now())


def received(data_folder: Path) -> list[Path]:
    return sorted(path for path in (data_folder / "uploads").rglob("*") if path.is_file())


def test_an_import_ends_with_a_ready_signed_version(
    cast: Cast, job: Import, data_folder: Path
) -> None:
    since = last()
    points: list[str] = []

    run(job.pk, watch=points.append)

    assert tuple(points) == POINTS
    job.refresh_from_db()
    version = job.version
    assert (job.state, job.bytes_done, job.lease_until) == ("done", job.bytes_total, None)
    assert job.finished_at is not None
    assert all(step.started_at and step.finished_at for step in job.steps.all())
    assert version.is_ready
    manifest = Manifest.parse(version.artifact.manifest.encode())
    assert {entry.path: entry.sha256 for entry in manifest.files} == {
        path: hashlib.sha256(data).hexdigest() for path, data in making.FILES.items()
    }
    with artifact_store().open(version.artifact.key) as package:
        verify(
            package,
            manifest,
            size=version.artifact.size,
            sha256=version.artifact.sha256,
            layout=version.artifact.layout,
        )
    assert received(data_folder) == []
    for (action, key, data), name in zip(recorded(since), ("scanned", "ready"), strict=True):
        expected = (f"version:{name}", str(version.pk), version.digest)
        assert (action, key, data["digest"]) == expected
    entry = AuditEvent.objects.get(seq=since + 1)
    assert json.loads(entry.body)["actor"] == {"id": None, "kind": "system"}


def test_running_twice_changes_nothing(cast: Cast, job: Import, data_folder: Path) -> None:
    run(job.pk)
    since = last()
    before = making.stored(data_folder)

    run(job.pk)

    assert recorded(since) == []
    assert making.stored(data_folder) == before


def test_the_packages_name_and_rights_are_its_own(job: Import, data_folder: Path) -> None:
    run(job.pk)

    path = data_folder / "artifacts/models/churn-predictor/1/churn-predictor-v1.tar.gz"
    assert stat.S_IMODE(path.stat().st_mode) == 0o440


def spoil(data_folder: Path, change: Any) -> None:
    """Change the largest received file behind the registry's back."""
    path = max(received(data_folder), key=lambda found: found.stat().st_size)
    os.chmod(path, 0o640)  # noqa: PTH101 -- As a broken disk would, without asking.
    change(path)


DAMAGES = [
    (lambda path: path.write_bytes(b"?" + path.read_bytes()[1:]), "digest_mismatch"),
    (lambda path: path.write_bytes(path.read_bytes()[:-1]), "size_mismatch"),
    (lambda path: path.write_bytes(path.read_bytes() + b"?"), "size_mismatch"),
    (lambda path: path.unlink(), "upload_file_missing"),
]


@pytest.mark.parametrize(("change", "code"), DAMAGES)
def test_bytes_that_are_not_the_received_ones_fail_the_version(
    cast: Cast, job: Import, data_folder: Path, change: Any, code: str
) -> None:
    spoil(data_folder, change)
    since = last()

    run(job.pk)

    job.refresh_from_db()
    version = job.version
    assert (job.state, job.error_code) == ("failed", code)
    assert (version.state, version.failure_code) == ("failed", code)
    assert version.failure == job.error
    assert version.failure.endswith(".")
    assert [(action, data) for action, _, data in recorded(since)] == [
        ("version:failed", {"number": 1, "code": code})
    ]
    assert making.stored(data_folder / "artifacts") == []


def test_bytes_that_change_between_the_steps_fail_it_too(job: Import, data_folder: Path) -> None:
    def strike(point: str) -> None:
        if point == "check recorded":
            spoil(data_folder, lambda path: path.write_bytes(bytes(path.stat().st_size)))

    run(job.pk, watch=strike)

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "digest_mismatch")
    assert making.stored(data_folder / "artifacts") == []


def test_mended_bytes_and_another_try_end_well(cast: Cast, job: Import, data_folder: Path) -> None:
    kept: dict[Path, bytes] = {path: path.read_bytes() for path in received(data_folder)}
    spoil(data_folder, lambda path: path.unlink())
    run(job.pk)
    for path, data in kept.items():
        path.write_bytes(data)

    retry(job, actor=cast.mina)
    run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error, job.version.failure) == ("done", "", "")
    assert job.version.is_ready


@pytest.mark.parametrize("signer", [AbsentSigner(), LyingSigner(), EmptySigner()])
def test_without_a_good_signature_the_import_waits_and_says_so(
    cast: Cast, job: Import, signer: Any
) -> None:
    since = last()

    run(job.pk, signer=signer)

    job.refresh_from_db()
    assert (job.state, job.error_code, job.version.state) == (
        "waiting", "signer_failed", "pending",
    )  # fmt: skip
    assert job.error
    assert recorded(since) == []
    points: list[str] = []
    again_now(job)
    run(job.pk, watch=points.append)
    # What was done is not done again.
    assert "check worked" not in points
    assert "package worked" not in points
    job.refresh_from_db()
    assert (job.state, job.error, job.version.state) == ("done", "", "ready")


def test_a_store_that_is_away_is_waited_for(
    job: Import, settings: Settings, data_folder: Path
) -> None:
    there = settings.AEGIS_STORAGE
    settings.AEGIS_STORAGE = Storage(scheme="file", root=Path("/sys/aegis"))

    run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("waiting", "storage_unavailable")
    settings.AEGIS_STORAGE = there
    again_now(job)
    run(job.pk)
    job.refresh_from_db()
    assert job.state == "done"


class BrokenSigner:
    """A signer with a mistake in it."""

    is_development = True

    def sign(self, signed: bytes) -> SignatureResult:  # noqa: ARG002 -- The protocol's.
        raise ZeroDivisionError

    def public_keys(self) -> Sequence[PublicKey]:
        return []


def test_a_mistake_of_ours_is_tried_again_and_not_for_ever(cast: Cast, job: Import) -> None:
    for attempt in range(1, MOST_ATTEMPTS + 1):
        run(job.pk, signer=BrokenSigner())
        job.refresh_from_db()
        assert (job.state, job.error_code, job.attempts) == (
            "waiting", "import_broke_off", attempt,
        )  # fmt: skip
        again_now(job)

    run(job.pk, signer=BrokenSigner())

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "import_interrupted")
    retry(job, actor=cast.mina)
    run(job.pk)
    job.refresh_from_db()
    assert job.state == "done"


def test_a_worker_that_is_overtaken_leaves_the_end_to_the_other(
    cast: Cast, job: Import, data_folder: Path
) -> None:
    since = last()

    def overtake(point: str) -> None:
        if point == "package worked":
            again_now(job)
            run(job.pk)

    run(job.pk, watch=overtake)

    job.refresh_from_db()
    assert (job.state, job.fence) == ("done", 2)
    assert [action for action, _, _ in recorded(since)] == ["version:scanned", "version:ready"]
    assert len(making.stored(data_folder / "artifacts")) == 2


def test_a_package_that_another_attempt_left_is_taken_over_if_it_is_right(
    job: Import, data_folder: Path
) -> None:
    run(job.pk, signer=AbsentSigner())
    (package,) = (data_folder / "artifacts/models").rglob("*.tar.gz")
    written = package.stat().st_ino
    # As if the worker had died between publishing the package and recording it.
    job.steps.filter(name="package").update(finished_at=None, result={})
    again_now(job)

    run(job.pk)

    job.refresh_from_db()
    assert job.state == "done"
    assert package.stat().st_ino == written


def test_something_else_in_the_packages_place_is_never_overwritten(
    job: Import, data_folder: Path
) -> None:
    place = data_folder / "artifacts/models/churn-predictor/1/churn-predictor-v1.tar.gz"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"something else")

    run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "package_damaged")
    assert place.read_bytes() == b"something else"
