"""A worker that is killed while it copies from a bucket, and what no worker lets out."""

import json
import logging
import os
from pathlib import Path

import pytest

from imports.asking import ask_import
from imports.models import Import
from imports.rights import grant_import_right
from registry.models import ModelVersion
from registry.sweeping import sweep
from registry.upload_files import PART_BYTES
from registry.uploads import upload_folder
from tests.cast import Cast
from tests.imports.sources.s3.conftest import Shelf
from tests.imports.test_crashing import killed_at, take_over
from tests.recorded import last, recorded
from tests.registry import making
from tests.servers.seaweedfs.server import secret_of

pytestmark = pytest.mark.django_db(transaction=True)

LARGE = "large.safetensors"


@pytest.fixture
def job(cast: Cast, shelf: Shelf, data_folder: Path) -> Import:
    grant_import_right(cast.growth, actor=cast.ada, source="s3", place="models")
    shelf.put({"m/a.txt": b"1", f"m/{LARGE}": making.weights(os.urandom(3 * PART_BYTES))})
    return ask_import(
        actor=cast.mina,
        source="s3",
        reference={"uri": shelf.uri("m/")},
        model_name="tiny",
        team=cast.growth,
    )


def killed(point: str, job: Import, shelf: Shelf, data_folder: Path) -> bool:
    url = f"{shelf.place.address.rstrip('/')}?endpoint_url={shelf.place.endpoint_url}"
    said = {"models": {"url": url, "credential": dict(shelf.place.credential)}}
    return killed_at(
        point,
        job,
        data_folder,
        AEGIS_IMPORT_BUCKETS=json.dumps(said),
        AEGIS_EGRESS_ALLOW="127.0.0.1",
    )


@pytest.mark.parametrize("point", ["resolve worked", "resolve recorded", "fetch worked"])
def test_a_killed_worker_leaves_one_version_and_one_set_of_entries(
    job: Import, shelf: Shelf, data_folder: Path, point: str
) -> None:
    since = last()
    assert killed(point, job, shelf, data_folder)
    take_over(job)
    assert (job.state, job.error) == ("done", "")
    assert ModelVersion.objects.count() == 1
    assert [action for action, _, _ in recorded(since)] == [
        "model:registered",
        "version:registered",
        "version:found",
        "version:scanned",
        "version:ready",
    ]
    sweep()
    assert making.stored(data_folder / "uploads") == []


def test_who_takes_over_reads_what_is_not_here_yet(
    job: Import, shelf: Shelf, data_folder: Path
) -> None:
    shelf.proxy.plan("get object", "delay", seconds=0)  # The look.
    shelf.proxy.plan("get object", "delay", seconds=0)  # The small file.
    shelf.proxy.plan("get object", "cut", after=2 * PART_BYTES + 9)
    shelf.proxy.plan("get object", "delay", seconds=30)
    assert killed("in a download", job, shelf, data_folder)
    shelf.proxy.clear()
    upload = Import.objects.get(pk=job.pk).made.upload
    here = upload_folder().received(upload.pk, upload.files.get(path=LARGE).pk)
    before = len(shelf.proxy.ranges)

    take_over(job)

    assert (job.state, job.error) == ("done", "")
    # On a busy machine it dies before much has come; what has come is not asked for again.
    assert shelf.proxy.ranges[before:][-1].startswith(f"bytes={here}-")


def test_no_key_reaches_a_log_or_a_row(job: Import, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    take_over(job)
    assert job.state == "done"
    canary = secret_of("reader")
    rows = [*Import.objects.values(), *job.steps.values(), job.made.provenance.document]
    for text in (caplog.text, str(rows)):
        assert canary not in text
        assert "Signature=" not in text
        assert "Authorization" not in text
