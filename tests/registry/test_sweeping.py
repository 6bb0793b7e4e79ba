import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from imports.models import Import
from registry.models import Upload
from registry.sweeping import expire_uploads, sweep, sweep_documents, sweep_uploads
from registry.uploads import open_upload
from registry.versions import mark_failed
from tests.cast import Cast
from tests.registry import making

DAY = 24 * 3600


def age(folder: Path, days: float) -> None:
    """Let everything in ``folder`` look as if nobody had touched it for some days."""
    then = time.time() - days * DAY - 60
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (then, then))


@pytest.fixture
def uploads(data_folder: Path) -> Path:
    return data_folder / "uploads"


def test_uploads_expire_after_a_week_and_their_bytes_go(cast: Cast, uploads: Path) -> None:
    upload = open_upload(actor=cast.mina)
    making.send(upload, cast.mina)
    assert (expire_uploads(), sweep()) == (0, 0)

    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    age(uploads, 1)

    assert sweep() == 1
    upload.refresh_from_db()
    assert upload.state == "discarded"
    assert making.stored(uploads) == []


def test_bytes_that_somebody_may_still_need_stay(cast: Cast, uploads: Path) -> None:
    model = making.new_model(cast)
    opened = open_upload(actor=cast.mina)
    making.send(opened, cast.mina)
    making.new_import(model, cast.mina)
    before = making.stored(uploads)
    age(uploads, 30)

    assert sweep_uploads() == 0
    assert making.stored(uploads) == before


def test_bytes_of_a_failed_version_wait_a_week_for_another_try(cast: Cast, uploads: Path) -> None:
    job: Import = making.new_import(making.new_model(cast), cast.mina)
    mark_failed(job.version, actor=None, code="x", reason="x")
    age(uploads, 6)
    assert sweep_uploads() == 0

    age(uploads, 7)

    assert sweep_uploads() == 1
    assert making.stored(uploads) == []


def test_bytes_that_nothing_names_go_when_they_are_old(cast: Cast, uploads: Path) -> None:
    upload = open_upload(actor=cast.mina)
    making.send(upload, cast.mina)
    Upload.objects.filter(pk=upload.pk).update(state="discarded")
    assert sweep_uploads() == 0

    age(uploads, 1)

    assert sweep_uploads() == 1


def test_documents_that_no_row_names_go_when_they_are_old(cast: Cast, data_folder: Path) -> None:
    model = making.new_model(cast)
    version = making.new_version(model, cast.mina)
    evidence = making.attach(version, cast.mina)
    folder = data_folder / "artifacts" / "evidence"
    (folder / "unnamed").write_bytes(b"left by a crash")
    assert sweep_documents() == 0

    age(folder, 1)

    assert sweep_documents() == 1
    assert making.stored(folder) == [evidence.key.removeprefix("evidence/")]


def test_temporary_files_of_writers_that_died_go(cast: Cast, data_folder: Path) -> None:
    version = making.new_version(making.new_model(cast), cast.mina)
    leftover = data_folder / "artifacts" / ".incoming" / "abandoned"
    leftover.write_bytes(b"half a package")
    age(data_folder, 2)

    assert sweep() == 1

    assert not leftover.exists()
    assert (data_folder / "artifacts" / version.artifact.key).exists()
