"""What a person may give to name an artifact, and what is said of the rest."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from aegis.problems import Invalid
from aegis.settings.tracking import TrackingServer
from imports.sources.configured import kind_of, shown_place
from imports.sources.mlflow.references import check_reference

RUN = "0123456789abcdef" * 2
MODEL = f"m-{RUN}"


@pytest.fixture(autouse=True)
def _servers(settings: Settings) -> None:
    settings.AEGIS_MLFLOW_TRACKING_URIS = {
        name: TrackingServer(name, f"https://{name}.example") for name in ("main", "lab")
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"run_id": RUN, "artifact_path": "model"}, {"run_id": RUN, "artifact_path": "model"}),
        (
            {"run_id": f" {RUN}\n", "artifact_path": "model/model.joblib/", "uri": ""},
            {"run_id": RUN, "artifact_path": "model/model.joblib"},
        ),
        ({"uri": f"runs:/{RUN}/a/b"}, {"run_id": RUN, "artifact_path": "a/b"}),
        ({"uri": f"models:/{MODEL}"}, {"uri": f"models:/{MODEL}"}),
        ({"uri": "models:/iris/12"}, {"uri": "models:/iris/12"}),
        ({"uri": "models:/my iris@champion"}, {"uri": "models:/my iris@champion"}),
    ],
)
def test_a_reference_has_one_normal_form(given: dict[str, Any], kept: dict[str, str]) -> None:
    checked = check_reference({"server": "lab", **given})
    assert checked == {"server": "lab", **kept}
    assert check_reference(checked) == checked
    assert kind_of("mlflow").place(checked) == "lab"
    assert shown_place("mlflow", checked) == "MLflow (lab)"


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        (
            {"run_id": RUN[:30], "artifact_path": "model"},
            "run_id",
            "A run ID has 32 hex digits. This one has 30.",
        ),
        (
            {"run_id": RUN.upper(), "artifact_path": "model"},
            "run_id",
            "A run ID has 32 hex digits, in lower case. This one holds 'A'.",
        ),
        ({"run_id": 7, "artifact_path": "model"}, "run_id", "This one has 0."),
        ({"artifact_path": "model"}, "run_id", "Nothing says which run the model comes from."),
        ({}, "run_id", "Nothing says which run the model comes from."),
        ({"run_id": RUN}, "artifact_path", "Nothing says which artifact of the run is the model."),
        ({"run_id": RUN, "artifact_path": "../x"}, "artifact_path", "'..'"),
        ({"run_id": RUN, "artifact_path": "/etc/passwd"}, "artifact_path", "absolute"),
        ({"run_id": RUN, "artifact_path": ["x"]}, "artifact_path", "needs a path"),
        ({"run_id": RUN, "uri": f"models:/{MODEL}"}, "uri", "not both"),
        ({"uri": f"runs:/{RUN}"}, "uri", "names a run and no artifact of it"),
        ({"uri": f"runs:/{RUN[:31]}/model"}, "run_id", "This one has 31."),
        ({"uri": "models:/iris"}, "uri", "no ID of a logged model"),
        ({"uri": f"models:/{MODEL}0"}, "uri", "no ID of a logged model"),
        ({"uri": "models:/iris/Production"}, "uri", "'Production' is none"),
        ({"uri": "models:/iris/0"}, "uri", "'0' is none"),
        ({"uri": "models:/a:b/1"}, "uri", "no colon"),
        ({"uri": "models:/iris@"}, "uri", "An alias in MLflow"),
        ({"uri": "s3://bucket/model"}, "uri", "is no address of a model in MLflow"),
        ({"uri": "file:/etc/passwd"}, "uri", "is no address of a model in MLflow"),
        ({"uri": f"runs://{RUN}/model"}, "uri", "is no address of a model in MLflow"),
        ({"uri": 7}, "uri", "at most 2,000 characters"),
        ({"uri": f"runs:/{RUN}/model", "token": "x"}, "reference", "has no 'token'"),
    ],
)
def test_what_names_nothing_is_refused_with_its_field(
    given: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_reference({"server": "main", **given})
    assert refused.value.field == field
    assert sentence in refused.value.sentence


@pytest.mark.parametrize("name", ["prod", "", None, 7, "Main"])
def test_a_server_is_one_of_those_that_are_configured(name: Any) -> None:
    with pytest.raises(Invalid) as refused:
        check_reference({"server": name, "uri": f"models:/{MODEL}"})
    assert refused.value.field == "server"
    assert refused.value.mend == "There are lab, main."


def test_the_only_server_need_not_be_named(settings: Settings) -> None:
    only = TrackingServer("only", "https://mlflow.example")
    settings.AEGIS_MLFLOW_TRACKING_URIS = {"only": only}
    uri = f"models:/{MODEL}"
    assert check_reference({"uri": uri}) == {"server": "only", "uri": uri}


def test_without_a_server_the_operator_is_asked_for_one(settings: Settings) -> None:
    settings.AEGIS_MLFLOW_TRACKING_URIS = {}
    with pytest.raises(Invalid) as refused:
        check_reference({"uri": f"models:/{MODEL}"})
    assert refused.value.mend == "The operator names one in AEGIS_MLFLOW_TRACKING_URIS."
