"""Looking models up on a real tracking server."""

import json
from typing import Any

import pytest

from aegis.problems import Invalid, Refusal
from aegis.settings.tracking import TrackingServer
from imports.sources.configured import kind_of
from imports.sources.protocol import Plan
from imports.usable_plans import usable
from tests.servers.mlflow.tracking import Tracked
from tests.servers.mlflow.training import COMMIT, SECRET

pytestmark = pytest.mark.xdist_group("mlflow")


def plan_of(**reference: Any) -> Plan:
    kind = kind_of("mlflow")
    checked = kind.check(reference)
    plan = kind.connect(checked).plan(checked)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    # What is planned can be recorded as it stands.
    assert usable(plan).notices == plan.notices
    assert usable(plan).facts == plan.facts
    return plan


def refusal_of(**reference: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        plan_of(**reference)
    return refused.value


def paths(plan: Plan) -> list[str]:
    return [file.path for file in plan.files]


def test_a_single_file_keeps_its_name(tracked: Tracked, tracking_server: TrackingServer) -> None:
    run = tracked.run("rich")
    plan = plan_of(run_id=run, artifact_path="model/model.joblib")
    assert paths(plan) == ["model.joblib"]
    assert plan.identity == f"mlflow:main/{run}/model/model.joblib"
    assert plan.shown == "model/model.joblib of run iris-1 on main"
    assert plan.url == f"{tracked.uri}/#/experiments/1/runs/{run}"
    assert plan.pinned["tracking_uri"] == tracked.uri
    assert plan.pinned["artifact_path"] == "model/model.joblib"
    assert plan.pinned["artifact_uri"].startswith("mlflow-artifacts:/")
    assert plan.is_complete
    assert plan.size is not None
    # What lies beside it says what it needs.
    assert plan.facts["environment"] == {"joblib": ">=1.4", "scikit-learn": "1.9.1"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("model", ["model.joblib", "requirements.txt"]),
        ("pickled", ["model.pkl"]),
        ("graph", ["model.onnx"]),
        ("tensors", ["model.safetensors"]),
        ("a b", ["über/large.bin"]),
        ("a b/über/", ["large.bin"]),
        ("empty.txt", ["empty.txt"]),
    ],
)
def test_a_folder_comes_with_paths_in_it(
    path: str, expected: list[str], tracked: Tracked, tracking_server: TrackingServer
) -> None:
    assert paths(plan_of(run_id=tracked.run("rich"), artifact_path=path)) == expected


def test_a_run_tells_what_it_knows(tracked: Tracked, tracking_server: TrackingServer) -> None:
    run = tracked.run("rich")
    facts = plan_of(uri=f"runs:/{run}/model").facts
    assert facts["params"] == {"C": "1.0", "max_iter": "200"}
    assert facts["code_version"] == f"https://git.example/iris.git@{COMMIT}"
    assert facts["trained_by"] == "mina"
    assert facts["architecture"] == "LogisticRegression"
    assert facts["dataset"] == {
        "name": "iris",
        "version": facts["dataset"]["version"],
        "rows": 150,
        "uri": "https://data.example/iris.csv",
    }
    assert facts["run_tags"] == {"estimator_name": "LogisticRegression", "team": "botany"}
    assert facts["source_uri"] == f"runs:/{run}/model"
    assert facts["source_revision"] == run


def test_the_card_is_drafted_from_the_run(
    tracked: Tracked, tracking_server: TrackingServer
) -> None:
    plan = plan_of(run_id=tracked.run("rich"), artifact_path="model")
    assert plan.card["overview"] == "Tells three species of iris apart by four lengths."
    assert "- iris, digest " in plan.card["training_data"]
    assert ", 150 rows, from https://data.example/iris.csv (training)" in plan.card["training_data"]
    assert "- accuracy: 0.97" in plan.card["evaluation"]
    assert "- scikit-learn 1.9.1" in plan.card["dependencies"]
    assert plan.about_model["description"] == plan.card["overview"]


def test_what_holds_a_secret_stays_out_and_is_named(
    tracked: Tracked, tracking_server: TrackingServer
) -> None:
    plan = plan_of(run_id=tracked.run("rich"), artifact_path="model")
    assert SECRET not in json.dumps(plan.to_json())
    assert "word" not in json.dumps(plan.to_json()).replace("words", "")
    assert [notice.sentence for notice in plan.notices] == [
        "Of the parameters, 1 is left out: github_token (it holds a secret).",
        "Of the tags, 1 is left out: deploy_key (it holds a secret).",
    ]


def test_the_last_values_of_metrics_come_and_others_are_listed(
    tracked: Tracked, tracking_server: TrackingServer
) -> None:
    plan = plan_of(run_id=tracked.run("rich"), artifact_path="model")
    assert {metric.name: metric.value for metric in plan.metrics} == {"accuracy": 0.97, "loss": 0.0}
    assert plan.left_out_metrics.keys() == {"undefined", "endless", "least", "my odd metric: 7"}
    assert plan.left_out_metrics["undefined"] == "Its value is NaN."
    assert plan.left_out_metrics["endless"] == "Its value is infinite."


@pytest.mark.parametrize("way", ["id", "alias", "number", "name"])
def test_a_logged_model_is_found_by_each_of_its_names(
    way: str, tracked: Tracked, tracking_server: TrackingServer
) -> None:
    run, model = tracked.run("flavoured"), tracked.ids["model_id"]
    uri = {
        "id": f"models:/{model}",
        "alias": "models:/iris@champion",
        "number": "models:/iris/1",
        "name": f"runs:/{run}/classifier",
    }[way]
    plan = plan_of(server="main", uri=uri)
    assert {"MLmodel", "requirements.txt"} < set(paths(plan))
    assert plan.identity == f"mlflow:main/{run}/{model}"
    assert plan.pinned["model_id"] == model
    assert plan.pinned["run_id"] == run
    assert plan.url == f"{tracked.uri}/#/experiments/1/models/{model}"
    is_registered = way in {"alias", "number"}
    assert plan.pinned.get("registered_model") == ("iris" if is_registered else None)
    assert plan.shown.startswith("iris version 1 of run" if is_registered else "classifier of run")


def test_a_file_of_a_logged_model_is_found_through_its_run(
    tracked: Tracked, tracking_server: TrackingServer
) -> None:
    run, model = tracked.run("flavoured"), tracked.ids["model_id"]
    plan = plan_of(run_id=run, artifact_path="classifier/MLmodel")
    assert paths(plan) == ["MLmodel"]
    assert plan.identity == f"mlflow:main/{run}/{model}/MLmodel"


def test_a_logged_model_tells_its_flavour_signature_and_environment(
    tracked: Tracked, tracking_server: TrackingServer
) -> None:
    plan = plan_of(uri=f"models:/{tracked.ids['model_id']}")
    assert plan.facts["framework"] == "scikit-learn"
    assert plan.facts["framework_version"].startswith("1.")
    assert plan.facts["python"].startswith("3.")
    assert plan.facts["environment"]["numpy"] == "<3,>=2.2"
    assert plan.facts["environment"]["scikit-learn"] == "1.9.1"
    assert plan.facts["model_signature"]["inputs.petal length (cm)"] == "double"
    assert plan.facts["model_signature"]["outputs.0"] == "long"
    assert "- Flavors of MLflow: python_function, sklearn" in plan.card["dependencies"]
    assert plan.about_model["framework"] == "scikit-learn"


def test_a_nan_that_mlflow_tells_as_zero_does_not_come_in(
    tracked: Tracked, tracking_server: TrackingServer
) -> None:
    plan = plan_of(uri=f"models:/{tracked.ids['model_id']}")
    values = {metric.name: metric.value for metric in plan.metrics}
    assert values == {"accuracy": 0.97, "f1": 0.93, "loss": 0.0}
    assert {metric.name: metric.dataset for metric in plan.metrics}["f1"] == "iris"
    assert list(plan.left_out_metrics) == ["undefined"]


def test_a_run_that_goes_on_is_imported_with_a_word(
    tracked: Tracked, tracking_server: TrackingServer
) -> None:
    plan = plan_of(run_id=tracked.run("unfinished"), artifact_path="model.bin")
    assert [notice.code for notice in plan.notices] == ["mlflow_run_not_finished"]
    assert not plan.notices[0].refuses


@pytest.mark.parametrize(
    ("run", "path", "status", "code", "words"),
    [
        ("deleted", "model", 409, "mlflow_run_deleted", "is deleted on the MLflow server main"),
        ("rich", "nothing", 404, "mlflow_artifact_missing", "a b/, empty.txt, graph/, model/"),
        ("rich", "model/x.bin", 404, "mlflow_artifact_missing", "no artifact model/x.bin"),
        ("rich", "model/model.joblib/x", 404, "mlflow_artifact_missing", "has no artifact"),
        ("bare", "model", 404, "mlflow_artifact_missing", "It has none at all."),
        ("rich", "a%20b", 400, "mlflow_path_unreadable", "% or #"),
        ("s3", "model", 400, "mlflow_artifacts_elsewhere", "storage (s3:)"),
        ("gs", "model", 400, "mlflow_artifacts_elsewhere", "--serve-artifacts"),
        ("other host", "model", 400, "mlflow_artifacts_elsewhere", "other.example:5000"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_a_reason(
    run: str,
    path: str,
    status: int,
    code: str,
    words: str,
    tracked: Tracked,
    tracking_server: TrackingServer,
) -> None:
    refusal = refusal_of(run_id=tracked.run(run), artifact_path=path)
    assert (refusal.status, refusal.code) == (status, code)
    assert words in refusal.in_full


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        (f"runs:/{'a' * 32}/model", f"has no run {'a' * 32}"),
        (f"models:/m-{'a' * 32}", f"has no logged model m-{'a' * 32}"),
        ("models:/iris/7", "has no version 7 of a registered model iris"),
        ("models:/iris@nobody", "has no alias nobody of a registered model iris"),
        ("models:/violets/1", "has no version 1 of a registered model violets"),
    ],
)
def test_what_is_not_there_is_not_found(
    uri: str, words: str, tracked: Tracked, tracking_server: TrackingServer
) -> None:
    refusal = refusal_of(uri=uri)
    assert refusal.status == 404
    assert words in refusal.sentence


def test_an_artifact_of_too_many_files_is_given_up(
    tracked: Tracked, tracking_server: TrackingServer, settings: Any
) -> None:
    settings.AEGIS_UPLOAD_FILES = 1
    refusal = refusal_of(uri=f"models:/{tracked.ids['model_id']}")
    assert isinstance(refusal, Invalid)
    assert refusal.code == "too_many_files"
