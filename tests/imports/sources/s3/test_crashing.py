"""A worker that is killed while it copies from a bucket, and the one that takes over."""

import json
import os
from pathlib import Path

import pytest

from imports.asking import ask_import
from imports.rights import grant_import_right
from registry.upload_files import PART_BYTES
from tests.cast import Cast
from tests.imports.sources.crashing import Doomed
from tests.imports.sources.s3.conftest import Shelf
from tests.imports.test_crashing import take_over
from tests.registry import making

pytestmark = pytest.mark.django_db(transaction=True)

LARGE = "large.safetensors"


@pytest.fixture
def doomed(cast: Cast, shelf: Shelf, data_folder: Path) -> Doomed:
    grant_import_right(cast.growth, actor=cast.ada, source="s3", place="models")
    shelf.put({"m/a.txt": b"1", f"m/{LARGE}": making.weights(os.urandom(3 * PART_BYTES))})
    job = ask_import(
        actor=cast.mina,
        source="s3",
        reference={"uri": shelf.uri("m/")},
        model_name="tiny",
        team=cast.growth,
    )
    url = f"{shelf.place.address.rstrip('/')}?endpoint_url={shelf.place.endpoint_url}"
    buckets = {"models": {"url": url, "credential": dict(shelf.place.credential)}}
    environment = {"AEGIS_IMPORT_BUCKETS": json.dumps(buckets), "AEGIS_EGRESS_ALLOW": "127.0.0.1"}
    return Doomed(job, data_folder, environment)


def test_workers_that_are_killed_leave_one_version(doomed: Doomed) -> None:
    doomed.require_one_version("resolve worked", "resolve recorded", "fetch worked")


def test_who_takes_over_reads_what_is_not_here_yet(doomed: Doomed, shelf: Shelf) -> None:
    shelf.proxy.plan("get object", "delay", seconds=0)  # The look.
    shelf.proxy.plan("get object", "delay", seconds=0)  # The small file.
    shelf.proxy.plan("get object", "cut", after=2 * PART_BYTES + 9)
    shelf.proxy.plan("get object", "delay", seconds=30)
    here = doomed.arrived_before_the_end(LARGE)
    shelf.proxy.clear()
    before = len(shelf.proxy.ranges)

    take_over(doomed.job)

    assert (doomed.job.state, doomed.job.error) == ("done", "")
    assert shelf.proxy.ranges[before:][-1].startswith(f"bytes={here}-")
