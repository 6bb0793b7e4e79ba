"""A worker that is killed while it imports an artifact of a run, and the one that takes over."""

import json
from pathlib import Path

import pytest

from aegis.settings.tracking import TrackingServer
from imports.asking import ask_import
from imports.rights import grant_import_right
from tests.cast import Cast
from tests.imports.sources.crashing import Doomed
from tests.servers.mlflow.tracking import Tracked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("mlflow")]


@pytest.fixture
def doomed(
    cast: Cast, tracked: Tracked, tracking_server: TrackingServer, data_folder: Path
) -> Doomed:
    grant_import_right(cast.growth, actor=cast.ada, source="mlflow", place="main")
    job = ask_import(
        actor=cast.mina,
        source="mlflow",
        reference={"run_id": tracked.run("rich"), "artifact_path": "model/model.joblib"},
        model_name="iris",
        team=cast.growth,
    )
    environment = {
        "AEGIS_MLFLOW_TRACKING_URIS": json.dumps({"main": {"uri": tracked.uri}}),
        "AEGIS_EGRESS_ALLOW": "127.0.0.1",
    }
    return Doomed(job, data_folder, environment)


def test_workers_that_are_killed_leave_one_version(doomed: Doomed) -> None:
    doomed.require_one_version("resolve worked", "resolve recorded", "fetch worked")
