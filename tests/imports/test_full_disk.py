"""A disk that is full, for real: an error that names it, nothing left over, and on it goes."""

import io
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from aegis.problems import NotFound, Unavailable
from aegis.settings.addresses import Storage
from imports.models import Import
from imports.running import run
from registry.models import RegisteredModel
from registry.storage.folder import FolderStore
from registry.uploads import open_upload
from tests.cast import Cast
from tests.harness import small_disk
from tests.registry import making

MIB = 1024 * 1024
LARGE = random.Random(7).randbytes(3 * MIB)
KEY = "models/churn/1/churn-v1.tar.gz"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk.mounted(tmp_path / "disk", mebibytes=8) as folder:
        yield folder


def leftovers(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and path.name != ".ballast"]


def test_a_store_on_a_full_disk_says_so_and_keeps_nothing(disk: Path) -> None:
    store = FolderStore(disk / "artifacts")
    store.put("models/first", io.BytesIO(b"there"))
    ballast = small_disk.fill(disk, leaving=MIB)
    with pytest.raises(Unavailable) as refusal:
        store.put(KEY, io.BytesIO(LARGE))
    assert refusal.value.code == "storage_full"
    assert refusal.value.sentence == "There is no room left in the artifact store."
    with pytest.raises(NotFound):
        store.size(KEY)
    assert leftovers(disk) == [disk / "artifacts/models/first"]
    small_disk.fill(disk / "artifacts", leaving=0)
    with pytest.raises(Unavailable) as refusal:
        store.check()
    assert refusal.value.code == "storage_full"
    assert f"the folder {disk / 'artifacts'}" in refusal.value.sentence
    ballast.unlink()
    store.check()
    assert store.put(KEY, io.BytesIO(LARGE)).size == len(LARGE)


def test_an_upload_on_a_full_disk_is_refused_and_goes_on_when_there_is_room(
    cast: Cast, model: RegisteredModel, disk: Path, settings: Settings
) -> None:
    settings.AEGIS_DATA = disk
    upload = open_upload(actor=cast.mina)
    making.send(upload, cast.mina, {"small.json": b"{}"})
    ballast = small_disk.fill(disk, leaving=MIB)
    with pytest.raises(Unavailable) as refusal:
        making.send(upload, cast.mina, {"large.bin": LARGE})
    assert refusal.value.code == "storage_full"
    assert refusal.value.sentence == "There is no room left in the folder for uploads."
    assert sum(path.stat().st_size for path in leftovers(disk)) < MIB
    ballast.unlink()
    making.send(upload, cast.mina, {"large.bin": LARGE})


def test_an_import_on_a_full_disk_waits_with_its_reason_and_goes_on_by_itself(
    cast: Cast, model: RegisteredModel, disk: Path, settings: Settings
) -> None:
    settings.AEGIS_STORAGE = Storage(scheme="file", root=disk)
    job = making.new_import(model, cast.mina, {"large.bin": LARGE})
    small = making.new_import(model, cast.mina, {"small.json": b"{}"})
    ballast = small_disk.fill(disk, leaving=MIB)

    run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("waiting", "storage_full")
    assert job.error == "There is no room left in the artifact store."
    assert job.version.state == "pending"
    assert leftovers(disk) == []
    # The worker is alive, and what fits is imported meanwhile.
    run(small.pk)
    small.refresh_from_db()
    assert small.state == "done"
    ballast.unlink()
    Import.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")
