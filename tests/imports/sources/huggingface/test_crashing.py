"""A worker that is killed while it imports from the hub, and the one that takes over."""

import os
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from imports.asking import ask_import
from imports.rights import grant_import_right
from registry.upload_files import PART_BYTES
from tests.cast import Cast
from tests.imports.sources.crashing import Doomed
from tests.imports.test_crashing import take_over
from tests.registry import making
from tests.servers.hub import Hub, Stall

pytestmark = pytest.mark.django_db(transaction=True)

LARGE = "large.safetensors"
POINTS = ("resolve worked", "resolve recorded", "fetch worked", "fetch recorded", "sign worked")


@pytest.fixture
def doomed(cast: Cast, hub: Hub, data_folder: Path, settings: Settings) -> Doomed:
    settings.HF_ENDPOINT = hub.endpoint
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    large = making.weights(os.urandom(3 * PART_BYTES))
    hub.repository("acme/tiny", {"config.json": b"{}", LARGE: large})
    job = ask_import(
        actor=cast.mina,
        source="huggingface",
        reference={"repo": "acme/tiny"},
        model_name="tiny",
        team=cast.growth,
    )
    allowed = ",".join(sorted(hub.hosts))
    environment = {"HF_ENDPOINT": hub.endpoint, "AEGIS_EGRESS_ALLOW": allowed}
    return Doomed(job, data_folder, environment)


def test_workers_that_are_killed_in_each_step_leave_one_version(doomed: Doomed) -> None:
    doomed.require_one_version(*POINTS)


def test_who_takes_over_downloads_what_is_not_here_yet(doomed: Doomed, hub: Hub) -> None:
    stall = Stall(2 * PART_BYTES + 9)
    hub.fail("Signature=", stall)
    here = doomed.arrived_before_the_end(LARGE)
    stall.ends.set()

    take_over(doomed.job)

    assert doomed.job.state == "done"
    assert hub.asked_elsewhere()[1:] == [f"bytes={here}-"]
