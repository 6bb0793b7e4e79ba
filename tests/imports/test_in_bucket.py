"""The whole job with a bucket of a real S3 server, and what its faults do to imports."""

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from imports.models import Import
from imports.running import POINTS, run
from registry.models import ModelVersion, RegisteredModel
from registry.storage.configured import artifact_store
from registry.sweeping import sweep
from tests.cast import Cast
from tests.registry import making
from tests.registry.storage.conftest import bucket_leftovers
from tests.servers.faults import FaultyServer
from tests.servers.fixtures import faulty, in_bucket, s3

__all__ = ["faulty", "in_bucket", "s3"]

LARGE = {"config.json": b"{}", "model/weights.bin": bytes(range(256)) * 400}


@pytest.fixture
def job(cast: Cast, model: RegisteredModel, in_bucket: FaultyServer) -> Import:
    return making.new_import(model, cast.mina, LARGE)


def again_now(job: Import) -> None:
    Import.objects.filter(pk=job.pk).update(lease_until=timezone.now())


def test_an_import_ends_with_its_package_in_the_bucket(job: Import) -> None:
    run(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error
    artifact = job.version.artifact
    store: Any = artifact_store()
    assert store.size(artifact.key) == artifact.size
    assert bucket_leftovers(store) == []
    assert sweep() == 0
    assert store.size(artifact.key) == artifact.size


@pytest.mark.parametrize("kind", ["lost", "cut", "reset", "refuse"])
def test_an_answer_that_is_lost_is_got_over(
    job: Import, in_bucket: FaultyServer, kind: str
) -> None:
    in_bucket.plan("put", kind, times=2)
    run(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 500}, "storage_away"),
        ({"status": 403, "code": "AccessDenied"}, "storage_not_permitted"),
        ({"status": 404, "code": "NoSuchBucket"}, "storage_bucket_missing"),
        ({"status": 507, "code": "InsufficientStorage"}, "storage_full"),
    ],
)
def test_a_bucket_that_refuses_is_waited_for_with_its_reason(
    job: Import, in_bucket: FaultyServer, fault: dict[str, Any], code: str
) -> None:
    refusing = in_bucket.plan("put", "refuse", times=1000, **fault)
    run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code, job.version.state) == ("waiting", code, "pending")
    assert "The bucket aegis-tests at http" in job.error
    store: Any = artifact_store()
    assert bucket_leftovers(store) == []
    refusing.times = 0
    again_now(job)
    run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")


@pytest.mark.parametrize("point", [*POINTS])
def test_a_worker_that_dies_anywhere_leaves_an_import_that_another_one_ends(
    job: Import, point: str
) -> None:
    class Killed(BaseException):
        pass

    def die(reached: str) -> None:
        if reached == point:
            raise Killed

    if point != "finished":
        with pytest.raises(Killed):
            run(job.pk, watch=die)
        again_now(job)
    run(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error
    version: ModelVersion = job.version
    store: Any = artifact_store()
    assert store.size(version.artifact.key) == version.artifact.size
    assert bucket_leftovers(store) == []


def test_a_sweep_leaves_what_rows_name(cast: Cast, job: Import) -> None:
    run(job.pk)
    job.refresh_from_db()
    piece = making.attach(job.version, cast.mina)
    assert sweep() == 0
    assert default_storage.exists(piece.key)
