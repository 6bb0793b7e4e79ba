"""A worker that is killed while it imports from the hub, and the one that takes over."""

import os
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from imports.asking import ask_import
from imports.models import Import
from imports.rights import grant_import_right
from imports.running import POINTS_OF_SOURCES
from registry.models import ModelVersion, RegisteredModel
from registry.sweeping import sweep
from registry.upload_files import PART_BYTES
from registry.uploads import upload_folder
from tests.cast import Cast
from tests.imports.test_crashing import killed_at, take_over
from tests.recorded import last, recorded
from tests.registry import making
from tests.servers.hub import Hub, slow

pytestmark = pytest.mark.django_db(transaction=True)

LARGE = "large.safetensors"


@pytest.fixture
def job(cast: Cast, hub: Hub, data_folder: Path, settings: Settings) -> Import:
    settings.HF_ENDPOINT = hub.endpoint
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    large = making.weights(os.urandom(3 * PART_BYTES))
    hub.repository("acme/tiny", {**making.FILES, LARGE: large})
    return ask_import(
        actor=cast.mina,
        source="huggingface",
        reference={"repo": "acme/tiny"},
        model_name="tiny",
        team=cast.growth,
    )


def killed(point: str, job: Import, hub: Hub, data_folder: Path) -> bool:
    return killed_at(
        point,
        job,
        data_folder,
        HF_ENDPOINT=hub.endpoint,
        AEGIS_EGRESS_ALLOW=",".join(sorted(hub.hosts)),
    )


@pytest.mark.parametrize("point", [*POINTS_OF_SOURCES, "check begun", "sign worked"])
def test_a_killed_worker_leaves_one_version_and_one_set_of_entries(
    job: Import, hub: Hub, data_folder: Path, point: str
) -> None:
    since = last()

    assert killed(point, job, hub, data_folder)
    take_over(job)

    assert (job.state, job.error) == ("done", "")
    assert job.made.is_ready
    assert (RegisteredModel.objects.count(), ModelVersion.objects.count()) == (1, 1)
    assert [action for action, _, _ in recorded(since)] == [
        "model:registered",
        "version:registered",
        "version:found",
        "version:scanned",
        "version:ready",
    ]
    sweep()
    assert making.stored(data_folder / "uploads") == []


def test_who_takes_over_downloads_what_is_not_here_yet(
    job: Import, hub: Hub, data_folder: Path
) -> None:
    # The large file comes slowly, so that the worker dies before it has all of it.
    hub.fail(LARGE, slow(0.1))
    killed("in a download", job, hub, data_folder)
    upload = Import.objects.get(pk=job.pk).made.upload
    large = upload.files.get(path=LARGE)
    here = upload_folder().received(upload.pk, large.pk)
    before = len(hub.asked_elsewhere())

    take_over(job)

    assert job.state == "done"
    resumed = [_first_byte(wanted) for wanted in hub.asked_elsewhere()[before:]]
    assert here == large.size or here in resumed


def _first_byte(wanted: str) -> int:
    return int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
