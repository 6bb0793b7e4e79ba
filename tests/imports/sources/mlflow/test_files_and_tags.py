"""The bytes that come from a real tracking server, and the tags that it gets: read back by MLflow.

MLflow's own client is asked, as somebody would who does not trust ours.
"""

import hashlib
from pathlib import Path

import pytest

from aegis.problems import Conflict, NotFound
from aegis.proof.streams import chunks
from aegis.settings.tracking import TrackingServer
from imports.sources.mlflow.references import check_reference
from imports.sources.mlflow.source import MlflowSource
from imports.sources.protocol import Plan, PlannedFile
from tests.servers.mlflow.tracking import Tracked

pytestmark = [
    pytest.mark.xdist_group("mlflow"),
    # MLflow's client and the libraries that it loads warn of one another.
    pytest.mark.filterwarnings("ignore"),
]

TAGS = {
    "aegis.registry.model": "iris",
    "aegis.registry.version": "3",
    "aegis.registry.digest": f"sha256:{'5' * 64}",
}


@pytest.fixture
def source(tracking_server: TrackingServer) -> MlflowSource:
    return MlflowSource(tracking_server)


@pytest.fixture
def client_settings(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracked.uri)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")


def plan_of(source: MlflowSource, **reference: str) -> Plan:
    return source.plan(check_reference(reference))


def fetched(source: MlflowSource, plan: Plan, file: PlannedFile, offset: int = 0) -> bytes:
    with source.open(plan, file, offset=offset) as stream:
        return b"".join(chunks(stream))


@pytest.mark.usefixtures("client_settings")
@pytest.mark.parametrize("path", ["model", "pickled", "graph", "tensors", "a b"])
def test_a_folder_of_a_run_comes_as_mlflow_downloads_it(
    path: str, source: MlflowSource, tracked: Tracked, tmp_path: Path
) -> None:
    from mlflow.artifacts import download_artifacts

    run = tracked.run("rich")
    plan = plan_of(source, run_id=run, artifact_path=path)
    folder = Path(download_artifacts(run_id=run, artifact_path=path, dst_path=str(tmp_path)))
    theirs = {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }
    assert {file.path: fetched(source, plan, file) for file in plan.files} == theirs
    assert {file.path: file.size for file in plan.files} == {
        name: len(data) for name, data in theirs.items()
    }


@pytest.mark.usefixtures("client_settings")
def test_a_logged_model_comes_as_mlflow_downloads_it(
    source: MlflowSource, tracked: Tracked, tmp_path: Path
) -> None:
    from mlflow.artifacts import download_artifacts

    uri = f"models:/{tracked.ids['model_id']}"
    plan = plan_of(source, uri=uri)
    folder = Path(download_artifacts(artifact_uri=uri, dst_path=str(tmp_path)))
    digests = {
        file.path: hashlib.sha256(fetched(source, plan, file)).hexdigest() for file in plan.files
    }
    theirs = {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        # Its client writes this one itself, into what it downloads.
        if file.is_file() and file.name != "registered_model_meta"
    }
    assert digests == theirs


@pytest.mark.parametrize("offset", [0, 1, 2_999_999, 3_000_016])
def test_a_large_file_is_gone_on_with_where_it_stopped(
    offset: int, source: MlflowSource, tracked: Tracked
) -> None:
    plan = plan_of(source, run_id=tracked.run("rich"), artifact_path="a b/über/large.bin")
    whole = fetched(source, plan, plan.files[0])
    assert len(whole) == plan.files[0].size == 3_000_017
    assert fetched(source, plan, plan.files[0], offset) == whole[offset:]


def test_a_file_that_is_not_as_it_was_listed_is_not_taken(
    source: MlflowSource, tracked: Tracked
) -> None:
    plan = plan_of(source, run_id=tracked.run("rich"), artifact_path="model/model.joblib")
    file = plan.files[0]
    for wrong in (
        PlannedFile(file.path, file.place, (file.size or 0) + 1),
        PlannedFile(file.path, f"{file.place}.gone", file.size),
    ):
        with pytest.raises(Conflict) as refused:
            fetched(source, plan, wrong)
        assert refused.value.code == "source_changed"


@pytest.mark.usefixtures("client_settings")
def test_the_run_gets_the_tags_and_keeps_its_own(source: MlflowSource, tracked: Tracked) -> None:
    from mlflow import MlflowClient

    run = tracked.run("rich")
    plan = plan_of(source, run_id=run, artifact_path="model/model.joblib")
    client = MlflowClient()
    before = client.get_run(run).data.tags
    for _ in range(2):
        source.annotate(plan, TAGS)
    assert client.get_run(run).data.tags == before | TAGS
    assert TAGS.items() <= source.read_back(plan).items()
    # A later word replaces the earlier one, and is no tag of the run's own.
    source.annotate(plan, {"aegis.registry.version": "4"})
    assert source.read_back(plan)["aegis.registry.version"] == "4"
    again = plan_of(source, run_id=run, artifact_path="model/model.joblib")
    assert "aegis.registry.model" not in again.facts["run_tags"]
    assert again.identity == plan.identity


@pytest.mark.usefixtures("client_settings")
def test_a_logged_model_gets_the_tags_as_well(source: MlflowSource, tracked: Tracked) -> None:
    from mlflow import MlflowClient

    model = tracked.ids["model_id"]
    plan = plan_of(source, uri=f"models:/{model}")
    for _ in range(2):
        source.annotate(plan, TAGS)
    client = MlflowClient()
    assert TAGS.items() <= client.get_logged_model(model).tags.items()
    assert TAGS.items() <= client.get_run(tracked.run("flavoured")).data.tags.items()
    assert TAGS.items() <= source.read_back(plan).items()


def test_a_run_that_is_gone_meanwhile_gets_no_tags(source: MlflowSource, tracked: Tracked) -> None:
    gone = Plan("x", "x", (), pinned={"run_id": "a" * 32})
    deleted = Plan("x", "x", (), pinned={"run_id": tracked.run("deleted")})
    with pytest.raises(NotFound):
        source.annotate(gone, TAGS)
    with pytest.raises(NotFound):
        source.read_back(gone)
    with pytest.raises((Conflict, NotFound)):
        source.annotate(deleted, TAGS)
