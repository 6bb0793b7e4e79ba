"""Importing the newer commit of what a version came from, with one word."""

from datetime import timedelta

import pytest
from django.utils import timezone

from aegis.problems import Conflict, Forbidden
from imports.asking_newer import ask_newer
from imports.models import Import, ImportRight
from registry.models import ModelVersion
from tests.cast import Cast
from tests.imports.sources.huggingface.test_importing import done, imported
from tests.recorded import last, recorded, refused
from tests.registry import making
from tests.servers.hub import Hub

pytestmark = pytest.mark.usefixtures("importing")


@pytest.fixture
def version(cast: Cast, hub: Hub) -> ModelVersion:
    making.new_model(cast, "tiny")
    hub.repository("acme/tiny", {**making.FILES, "onnx/model.txt": b"other weights"})
    found = imported(cast, exclude=["onnx/*"]).made
    hub.repository("acme/tiny").commit(
        {**making.FILES, "config.json": b"{}", "onnx/model.txt": b"still others"}
    )
    return found


def test_it_takes_the_same_choice_of_files_for_the_same_model(
    cast: Cast, version: ModelVersion
) -> None:
    since = last()
    job = ask_newer(version, actor=cast.marc)
    assert [(action, key) for action, key, _ in recorded(since)] == [("import:asked", str(job.pk))]
    made = done(job).made
    assert (made.registered_model, made.number) == (version.registered_model, 2)
    assert [one["path"] for one in made.provenance.document["left_out"]] == ["onnx/model.txt"]
    assert made.label == ""


def test_asked_twice_it_is_one_import(cast: Cast, version: ModelVersion) -> None:
    first = ask_newer(version, actor=cast.marc)
    since = last()
    assert ask_newer(version, actor=cast.mina) == first
    assert recorded(since) == []
    assert Import.objects.filter(requested_at__gte=timezone.now() - timedelta(hours=1)).count() == 2


def test_it_needs_the_right_to_import_and_to_contribute(cast: Cast, version: ModelVersion) -> None:
    for actor in (cast.vera, cast.rita, cast.ada):
        refused(Forbidden, "permission_missing", ask_newer, version, actor=actor)
    ImportRight.objects.all().delete()
    refused(Forbidden, "import_right_missing", ask_newer, version, actor=cast.marc)


def test_an_upload_and_a_pinned_commit_have_nothing_newer(
    cast: Cast, hub: Hub, version: ModelVersion
) -> None:
    upload = making.new_version(version.registered_model, cast.mina)
    commit = hub.repository("acme/tiny").references["main"]
    pinned = imported(cast, revision=commit).made
    for one in (upload, pinned):
        refused(Conflict, "no_newer_commit", ask_newer, one, actor=cast.marc)
