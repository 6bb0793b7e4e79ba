"""Whole imports from a real tracking server, until the run says what became of its model."""

from pathlib import Path

import pytest
from django.utils import timezone

from aegis.settings.tracking import TrackingServer
from imports.annotating import write_note
from imports.asking import ask_import
from imports.models import Import
from imports.rights import grant_import_right
from imports.running import run
from imports.sources.configured import kind_of
from imports.sources.mlflow.source import MlflowSource
from imports.sources.protocol import Plan
from registry.models import CardDraft, Metric, RegisteredModel, VersionFact
from tests.cast import Cast
from tests.registry import making
from tests.servers.mlflow.tracking import Tracked

pytestmark = pytest.mark.xdist_group("mlflow")


@pytest.fixture
def importing(cast: Cast, tracking_server: TrackingServer, data_folder: Path) -> None:
    grant_import_right(cast.growth, actor=cast.ada, source="mlflow", place="main")


def imported(cast: Cast, **reference: str) -> Import:
    job = ask_import(
        actor=cast.mina,
        source="mlflow",
        reference=reference,
        model_name="iris",
        team=cast.growth,
    )
    Import.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    run(job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.usefixtures("importing")
@pytest.mark.parametrize("path", ["model/model.joblib", "pickled", "graph", "tensors"])
def test_an_artifact_becomes_a_version_with_all_that_its_run_says(
    path: str, cast: Cast, tracked: Tracked
) -> None:
    run_id = tracked.run("rich")
    job = imported(cast, run_id=run_id, artifact_path=path)
    assert (job.state, job.error) == ("done", "")
    version = job.made
    assert version.is_ready
    assert version.quarantined_at is None
    facts = dict(VersionFact.objects.filter(version=version).values_list("name", "value"))
    assert facts["source_revision"] == run_id
    assert facts["run_tags"]["team"] == "botany"
    metrics = Metric.objects.filter(version=version).order_by("name")
    assert [(metric.name, metric.value, metric.source) for metric in metrics] == [
        ("accuracy", 0.97, "run"),
        ("loss", 0.0, "run"),
    ]
    assert version.provenance.document["left_out_metrics"].keys() >= {"undefined", "endless"}
    draft = CardDraft.objects.get(version=version)
    assert draft.sections["overview"].startswith("Tells three species")


@pytest.mark.usefixtures("importing")
def test_the_run_says_what_became_of_its_model(cast: Cast, tracked: Tracked) -> None:
    job = imported(cast, uri="models:/iris@champion")
    assert (job.state, job.error) == ("done", "")
    assert write_note(job)
    source = kind_of(job.source).connect(job.reference)
    assert isinstance(source, MlflowSource)
    tags = source.read_back(Plan.from_json(job.plan or {}))
    assert tags["aegis.registry.model"] == "iris"
    assert tags["aegis.registry.version"] == str(job.made.number)
    assert tags["aegis.registry.digest"] == f"sha256:{job.made.digest}"
    assert job.made.registered_model.framework == "scikit-learn"


@pytest.mark.usefixtures("importing")
def test_the_same_artifact_again_gives_the_version_that_is_there(
    cast: Cast, tracked: Tracked
) -> None:
    first = imported(cast, uri="models:/iris/1").made
    again = imported(cast, uri=f"models:/{tracked.ids['model_id']}")
    assert (again.state, again.same_as) == ("done", first)


@pytest.mark.usefixtures("importing")
@pytest.mark.parametrize(
    ("run", "code"),
    [("deleted", "mlflow_run_deleted"), ("bare", "mlflow_artifact_missing")],
)
def test_what_cannot_be_had_leaves_nothing_behind(
    run: str, code: str, cast: Cast, tracked: Tracked, data_folder: Path
) -> None:
    job = imported(cast, run_id=tracked.run(run), artifact_path="model")
    assert (job.state, job.error_code, job.version) == ("failed", code, None)
    assert not RegisteredModel.objects.filter(name="iris").exists()
    assert making.stored(data_folder / "uploads") == []
