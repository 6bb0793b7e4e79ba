"""Origins that a client states: planned by our rules, marked, and never taken for what we saw."""

import hashlib
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from pytest_django import Settings

from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal
from aegis.settings.tracking import TrackingServer
from imports.models import Import, StatedOrigin
from imports.rights import grant_import_right
from imports.running import run
from imports.stating import Looked, state_origin
from imports.uploading import import_upload
from registry.models import ModelVersion, RegisteredModel, Upload
from registry.provenance import ready_version_of
from registry.uploads import open_upload
from tests.cast import Cast
from tests.recorded import refused
from tests.registry import making, scanning

pytestmark = pytest.mark.django_db

COMMIT = "c" * 40
PAGE = "https://hub.example/acme/tiny"
RUN_ID = "a" * 32


def said(files: dict[str, bytes] = making.FILES, **changes: Any) -> dict[str, Any]:
    siblings = [
        {
            "rfilename": path,
            "size": len(data),
            "lfs": {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)},
        }
        for path, data in files.items()
    ]
    model = {"id": "acme/tiny", "sha": COMMIT, "siblings": siblings, **changes}
    return {"endpoint": "https://hub.example", "model": model, "texts": {}}


def of_run(**changes: Any) -> dict[str, Any]:
    run = {"info": {"run_id": RUN_ID, "run_name": "one"}, "data": {}}
    files = [{"path": path, "size": len(data)} for path, data in making.FILES.items()]
    found = {"tracking_uri": "http://mlflow.example:5000", "run": run, "path": "model"}
    return {**found, "files": files, **changes}


@pytest.fixture
def rights(cast: Cast, model: RegisteredModel) -> None:
    for source in ("huggingface", "mlflow"):
        grant_import_right(cast.growth, actor=cast.ada, source=source)


@pytest.fixture
def upload(cast: Cast, model: RegisteredModel) -> Upload:
    upload = open_upload(actor=cast.mina)
    making.send(upload, cast.mina)
    return upload


def state(cast: Cast, upload: Upload, answers: Any = None, **changes: Any) -> Looked:
    asked: dict[str, Any] = {
        "actor": cast.mina,
        "source": "huggingface",
        "reference": {"repo": "acme/tiny"},
        "answers": said() if answers is None else answers,
        "model_name": "churn-predictor",
    }
    return state_origin(upload, **{**asked, **changes})


def done(job: Import) -> ModelVersion:
    run(job.pk, scanner=scanning.here)
    return ModelVersion.objects.select_related("registered_model").get(pk=job.version_id)


@pytest.mark.usefixtures("rights")
def test_what_is_stated_is_recorded_as_that_and_nothing_else(
    cast: Cast, model: RegisteredModel, upload: Upload
) -> None:
    looked = state(cast, upload)
    version = done(import_upload(model, upload, actor=cast.mina))

    assert looked.known is None
    assert looked.plan.notices[0].code == "origin_stated"
    assert version.source == "upload"
    found = version.provenance
    assert (found.stated_source, found.identity) == (
        "huggingface",
        f"stated:huggingface:{PAGE}@{COMMIT}",
    )
    # A fetch of the same commit asks for the identity that Aegis itself would find.
    assert ready_version_of(model, f"huggingface:{PAGE}@{COMMIT}") is None
    assert not version.facts.filter(source="origin").exists()


@pytest.mark.usefixtures("rights")
def test_facts_that_are_given_are_over_those_that_are_stated(
    cast: Cast, model: RegisteredModel, upload: Upload
) -> None:
    state(cast, upload, said(author="acme", pipeline_tag="text-classification"))
    version = done(
        import_upload(model, upload, actor=cast.mina, facts={"source_uri": "https://mine.example"})
    )
    facts = dict(version.facts.values_list("name", "value"))
    assert facts["source_uri"] == "https://mine.example"
    assert facts["source_revision"] == COMMIT


@pytest.mark.usefixtures("rights")
def test_files_that_are_not_the_stated_ones_take_no_number(
    cast: Cast, model: RegisteredModel, upload: Upload
) -> None:
    config = making.FILES["config.json"]
    for files, how in (
        ({"config.json": config}, "is no file of it"),
        ({**making.FILES, "more.txt": b"more"}, "was not sent"),
        ({**making.FILES, "config.json": config[::-1]}, "was sent with other bytes"),
    ):
        state(cast, upload, said(files))
        refusal = refused(Conflict, "origin_differs", import_upload, model, upload, actor=cast.mina)
        assert how in refusal.sentence
    assert not model.versions.exists()
    upload.refresh_from_db()
    assert upload.state == "open"


def test_it_takes_the_right_when_it_is_stated_and_when_the_version_is_made(
    cast: Cast, model: RegisteredModel, upload: Upload
) -> None:
    with pytest.raises(Forbidden, match="no right to import from Hugging Face Hub"):
        state(cast, upload)
    right = grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    state(cast, upload)
    right.delete()
    refused(Forbidden, "import_right_missing", import_upload, model, upload, actor=cast.mina)


def test_a_tracking_server_that_is_configured_takes_its_own_right(
    cast: Cast, model: RegisteredModel, upload: Upload, settings: Settings
) -> None:
    settings.AEGIS_MLFLOW_TRACKING_URIS = {
        "main": TrackingServer("main", "http://mlflow.example:5000")
    }
    grant_import_right(cast.growth, actor=cast.ada, source="mlflow")
    asked = {
        "source": "mlflow",
        "reference": {"run_id": RUN_ID, "artifact_path": "model"},
    }
    with pytest.raises(Forbidden, match="MLflow main"):
        state(cast, upload, of_run(), **asked)
    looked = state(cast, upload, of_run(tracking_uri="http://other.example"), **asked)
    assert looked.plan.identity == f"stated:mlflow:other.example/{RUN_ID}/model"
    named = state(cast, upload, of_run(tracking_uri="http://main"), **asked)
    assert not named.plan.identity.startswith("stated:mlflow:main/" + RUN_ID)
    assert StatedOrigin.objects.get().place == ""


LIES: list[tuple[dict[str, Any], str]] = [
    ({"source": "upload"}, "origin_source_unknown"),
    ({"source": "s3"}, "origin_source_unknown"),
    ({"answers": {}}, "origin_unreadable"),
    ({"answers": {**said(), "more": 1}}, "origin_unreadable"),
    ({"answers": {**said(), "endpoint": "https://me:word@hub.example"}}, "origin_unreadable"),
    ({"answers": {**said(), "endpoint": "file:///etc"}}, "origin_unreadable"),
    ({"answers": {**said(), "endpoint": "https://["}}, "origin_unreadable"),
    ({"answers": said(sha="main")}, "origin_unreadable"),
    ({"answers": said(siblings="all")}, "origin_unreadable"),
    ({"answers": said(siblings=[])}, "hub_repo_empty"),
    ({"answers": said({"../up": b"x"})}, "path_traversal"),
    ({"reference": {"repo": "acme/tiny", "password": "x"}}, "reference_invalid"),
    ({"reference": {"repo": "no such"}}, "hub_repo_invalid"),
    ({"model_name": "a/b"}, "model_name_invalid"),
]


@pytest.mark.usefixtures("rights")
@pytest.mark.parametrize(("changes", "code"), LIES)
def test_what_no_source_would_answer_is_refused(
    cast: Cast, upload: Upload, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refusal) as caught:
        state(cast, upload, **changes)
    if not code.startswith(("path_", "model_name")):
        assert caught.value.code == code
    assert isinstance(caught.value, Invalid)
    assert not StatedOrigin.objects.exists()


LIES_OF_RUNS: list[dict[str, Any]] = [
    {"run": {}},
    {"run": {"info": {"run_id": "b" * 32}}},
    {"tracking_uri": None},
    {"tracking_uri": "http://me:word@mlflow.example"},
    {"tracking_uri": "http://mlflow.example:70000"},
    {"files": []},
    {"files": [{"path": "/etc/passwd"}]},
    {"files": "all"},
    {"more": 1},
]


@pytest.mark.usefixtures("rights")
@pytest.mark.parametrize("changes", LIES_OF_RUNS)
def test_what_no_tracking_server_would_answer_is_refused(
    cast: Cast, upload: Upload, changes: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        state(
            cast,
            upload,
            of_run(**changes),
            source="mlflow",
            reference={"run_id": RUN_ID, "artifact_path": "model"},
        )
    assert not StatedOrigin.objects.exists()


@pytest.mark.usefixtures("rights")
def test_it_is_stated_by_the_sender_and_while_the_upload_takes_files(
    cast: Cast, model: RegisteredModel, upload: Upload
) -> None:
    with pytest.raises(NotFound):
        state(cast, upload, actor=cast.marc)
    state(cast, upload)
    import_upload(model, upload, actor=cast.mina)

    refused(Conflict, "upload_taken", state, cast, upload)
    kept = StatedOrigin.objects.get()
    kept.source = "mlflow"
    for attack in (kept.save, kept.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            attack()


@pytest.mark.usefixtures("rights")
def test_files_that_are_surely_known_are_said_before_they_are_sent(
    cast: Cast, model: RegisteredModel
) -> None:
    version = making.new_version(model, cast.mina)
    upload = open_upload(actor=cast.mina)

    assert state(cast, upload).known == version
    # Without digests, another's word for the same commit says nothing of the bytes.
    plain = said(siblings=[{"rfilename": path, "size": 1} for path in making.FILES])
    assert state(cast, upload, plain).known is None
