"""Imports as pages show them, also while they run."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from aegis.accounts.models import User
from aegis.settings.import_buckets import ImportBucket
from approvals.recalling import recall
from imports.models import Import, ImportStep
from imports.rights import grant_import_right
from imports.running import run
from imports.sources.configured import KINDS
from imports.sources.protocol import FoundMetric, LeftOutFile, Notice
from registry.models import RegisteredModel
from registry.quarantine import quarantine
from tests.cast import Cast
from tests.imports.sources.folder import FolderSource
from tests.registry import making, scanning

AsPerson = Callable[[User], Client]
OF_THE_LIST = 11
OF_ONE = 6


def test_a_running_import_asks_again_and_a_finished_one_does_not(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    client = as_person(cast.vera)
    assert b"Nothing was imported yet" in client.get("/imports/").content
    job = making.new_import(model, cast.mina)
    Import.objects.filter(pk=job.pk).update(state="running", bytes_done=job.bytes_total // 4)
    job.steps.filter(name=ImportStep.Name.CHECK).update(started_at=timezone.now())
    row = client.get(f"/imports/{job.number}/row/").content
    assert b'hx-trigger="every 2s"' in row
    assert b"Checking files" in row
    # Files are read twice in all, and half of the first time is done.
    assert b"50%" in row or b"49%" in row
    Import.objects.filter(pk=job.pk).update(state="waiting")
    run(job.pk)
    row = client.get(f"/imports/{job.number}/row/").content
    assert b"hx-trigger" not in row
    assert b"Ready" in row
    assert b"churn-predictor v1" in client.get(f"/imports/{job.number}/").content


def test_a_version_that_nobody_is_given_is_not_called_ready(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    making.new_model(cast, "tiny")
    client = as_person(cast.mina)
    job = worked(asked(client, at_once="1"))
    again = worked(asked(client, at_once="1"))
    for state, hold_back, said in (
        (
            "Quarantined",
            partial(quarantine, job.made, cause="bytes", sentence="They are others."),
            "v1 is in quarantine, so nobody is given its files.",
        ),
        (
            "Recalled",
            partial(recall, job.made, actor=cast.marc, reason="It leaks."),
            "v1 was recalled, so nobody is given its files.",
        ),
    ):
        hold_back()
        row = client.get(f"/imports/{job.number}/row/").content.decode()
        assert state in row
        assert "Ready" not in row
        assert said in row
        assert said in words(client, job)
        assert f"There already, {state.lower()}" in words(client, again)


def test_imports_of_models_that_one_may_not_see_are_not_there(
    cast: Cast, data_folder: object, as_person: AsPerson
) -> None:
    job = making.new_import(making.new_model(cast, "secret", visibility="restricted"), cast.mina)
    client = as_person(cast.stan)
    assert b"secret" not in client.get("/imports/").content
    for address in ("", "row/"):
        assert client.get(f"/imports/{job.number}/{address}").status_code == 404
    assert client.post(f"/imports/{job.number}/retry/").status_code == 404


def test_an_import_that_waits_for_the_signer_says_so(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    job = making.new_import(model, cast.mina)
    Import.objects.filter(pk=job.pk).update(
        error="The signer does not answer.",
        error_code="signer_unreachable",
        waiting_since=timezone.now(),
    )
    page = as_person(cast.vera).get("/models/churn-predictor/versions/1/").content
    assert b"Waiting for the signer since" in page
    assert b"The signer does not answer. It goes on by itself." in page


@pytest.fixture
def source(cast: Cast, data_folder: object, monkeypatch: pytest.MonkeyPatch) -> FolderSource:
    """Let growth import from a folder that stands for the hub."""
    folder = FolderSource(dict(making.FILES))
    monkeypatch.setitem(KINDS, "huggingface", folder.as_kind())
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    return folder


def typed(**further: str) -> dict[str, str]:
    said = {"source": "huggingface", "repo": "acme/tiny", "model": "tiny", "team": "growth"}
    return said | further


def asked(client: Client, **further: str) -> Import:
    answer = client.post("/imports/", typed(**further))
    assert answer.status_code == 302, answer.content.decode()
    job = Import.objects.latest("number")
    assert answer["Location"] == f"/imports/{job.number}/"
    return job


def worked(job: Import) -> Import:
    """Do what a worker would, and return the import as it is then."""
    Import.objects.filter(pk=job.pk).update(lease_until=None)
    run(job.pk, scanner=scanning.here)
    job.refresh_from_db()
    return job


def words(client: Client, job: Import) -> str:
    return client.get(f"/imports/{job.number}/").content.decode()


def test_what_is_looked_up_is_shown_before_it_is_started(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    source.about = {
        "url": "https://hub.example/acme/tiny",
        "facts": {"licence": "Apache-2.0"},
        "metrics": (FoundMetric("accuracy", 0.9, "test"),),
        "left_out_metrics": {"loss": "It is not a number."},
        "left_out": (LeftOutFile("flax.msgpack", "another framework", 7_000, "ab" * 32),),
        "notices": (Notice("remote_code", "It wants to run code of its own."),),
    }
    client = as_person(cast.mina)
    job = asked(client)
    page = words(client, job)
    assert f'hx-get="/imports/{job.number}/state/?mark=waiting-"' in page
    assert "Load the page again" in page

    worked(job)
    state = client.get(f"/imports/{job.number}/state/?mark=waiting-")
    assert (state.status_code, state["HX-Refresh"]) == (204, "true")
    page = words(client, job)
    for said in (
        "acme/tiny@c0ffee",
        'href="https://hub.example/acme/tiny"',
        "Apache-2.0",
        "model/weights.bin",
        "Partial copy",
        "flax.msgpack",
        "another framework",
        "accuracy",
        "no gate counts it",
        "It is not a number.",
        "It wants to run code of its own.",
        "tiny is registered for Growth",
        "Start import",
    ):
        assert said in page, said
    assert not RegisteredModel.objects.filter(name="tiny").exists()

    assert client.post(f"/imports/{job.number}/start/").status_code == 302
    assert worked(job).state == "done"
    assert "tiny v1" in words(client, job)
    version = client.get("/models/tiny/versions/1/").content.decode()
    for said in ("acme/tiny@c0ffee", "Partial copy", "flax.msgpack", "said by its origin"):
        assert said in version, said
    assert "publisher&#x27;s claim, passes no gate" in version
    assert f'href="/imports/{job.number}/"' in version


def test_what_may_not_come_in_has_no_button_that_starts_it(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    source.about = {
        "notices": (
            Notice("odd", "It is odd."),
            Notice("pickle", "It holds a pickle.", refuses=True),
        )
    }
    client = as_person(cast.mina)
    page = words(client, worked(asked(client)))
    assert "It cannot be imported as it is." in page
    assert "Start import" not in page
    assert "Cancel" in page
    found = page.index('id="found"')
    assert page.index("It holds a pickle.", found) < page.index("It is odd.", found)


def test_what_was_typed_survives_a_refusal_that_stands_at_its_field(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    for further, field, sentence in (
        ({"revision": "v2"}, "", "A reference names a repo."),
        ({"model": "no name!"}, "id_model_error", "is made of"),
        ({"label": "production"}, "id_label_error", "production"),
        ({"sign_key": "nothing"}, "id_sign_key_error", "Select a valid choice"),
    ):
        answer = client.post("/imports/", typed(**further))
        page = answer.content.decode()
        assert answer.status_code in {400, 409}, further
        assert sentence in page
        assert f'id="{field}"' in page or not field
        for text in {**typed(), **further}.values():
            assert text in page
    assert not Import.objects.exists()


def test_only_sources_that_a_team_of_theirs_has_are_offered(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    page = as_person(cast.rita).get("/imports/").content.decode()
    assert "None of your teams has the right to import from Hugging Face." in page
    assert "Look it up first" not in page
    assert as_person(cast.rita).post("/imports/", typed()).status_code == 400
    page = as_person(cast.ada).get("/imports/").content.decode()
    assert "Look it up first" in page  # She administers, and registers for every team.
    assert 'value="mlflow"' not in page


def test_an_import_is_cancelled_and_asked_for_again_with_what_was_typed(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    job = asked(client, repo="acme/tyni")
    other = as_person(cast.vera)
    assert other.post(f"/imports/{job.number}/cancel/").status_code == 404
    assert client.post(f"/imports/{job.number}/cancel/").status_code == 302
    page = words(client, job)
    assert "Cancelled" in page
    assert "hx-trigger" not in page.split('id="import-state"')[1].split(">")[0]
    form = client.get(f"/imports/?like={job.number}").content.decode()
    assert 'value="acme/tyni"' in form
    assert 'value="tiny"' in form
    assert 'value="acme/tyni"' not in other.get(f"/imports/?like={job.number}").content.decode()


def test_a_failed_look_says_why_and_can_be_tried_again(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    job = worked(asked(client, repo="acme/tyni"))
    page = words(client, job)
    assert "There is no repository acme/tyni." in page
    assert "hub_repo_not_found" in page
    assert "no number used" in page
    assert "Try again" in client.get("/imports/?state=failed").content.decode()
    assert client.post(f"/imports/{job.number}/retry/").status_code == 302
    job.refresh_from_db()
    assert job.state == "waiting"


def test_files_that_are_there_already_lead_to_their_version(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    worked(asked(client, at_once="1"))
    page = words(client, again := worked(asked(client, at_once="1")))
    assert "v1</a> already." in page
    address = f"/imports/?like={again.number}&amp;again=1#new"
    assert address in page
    form = client.get(f"/imports/?like={again.number}&again=1").content.decode()
    assert "checked" in form.split('name="new_version"')[1].split(">")[0]
    assert worked(asked(client, at_once="1", new_version="on")).made.number == 2


def test_files_that_are_kept_of_a_failure_are_listed(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    source.files = {"a.txt": b"first", "b.safetensors": b"no tensors"}
    plan = source.plan({"repo": "acme/tiny"})
    lying = replace(plan.files[1], sha256="0" * 64)
    source.about = {"files": (plan.files[0], lying)}
    client = as_person(cast.mina)
    page = words(client, worked(asked(client, at_once="1", keep_temp="on")))
    assert "upstream_digest_mismatch" in page
    assert "What differs" in page
    assert "0" * 64 in page
    assert "Kept until" in page
    assert "<code>a.txt</code>" in page.split('id="kept-heading"')[1]


def test_the_list_is_filtered_and_says_who_is_before_whom(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    mina, marc = as_person(cast.mina), as_person(cast.marc)
    model = making.new_model(cast, "tiny")
    for client in (mina, marc):
        asked(client, model=model.name)
    page = mina.get("/imports/").content.decode()
    assert "next in line" in page
    assert "1 before it" in page
    assert page.count('class="import-row"') == 2
    assert mina.get("/imports/?mine=1").content.decode().count('class="import-row"') == 1
    assert "No import is like that" in mina.get("/imports/?state=done").content.decode()
    assert mina.get("/imports/?state=nonsense").content.decode().count('class="import-row"') == 2


def test_list_and_detail_take_as_many_queries_for_many_imports_as_for_one(
    cast: Cast, source: FolderSource, as_person: AsPerson, django_assert_num_queries: Any
) -> None:
    client = as_person(cast.mina)
    job = worked(asked(client))
    with django_assert_num_queries(OF_THE_LIST):
        client.get("/imports/")
    for _ in range(4):
        asked(client)
    with django_assert_num_queries(OF_THE_LIST + 1):  # Who waits before whom.
        client.get("/imports/")
    with django_assert_num_queries(OF_ONE):
        client.get(f"/imports/{job.number}/")


def test_a_bucket_is_imported_from_by_its_address(
    cast: Cast, data_folder: object, as_person: AsPerson, settings: Settings
) -> None:
    settings.AEGIS_IMPORT_BUCKETS = {
        one.name: one
        for one in (ImportBucket("team-a", "models", "team-a"), ImportBucket("team-b", "other"))
    }
    client = as_person(cast.mina)
    assert "right to import from Hugging Face or Bucket" in client.get("/imports/").content.decode()
    grant_import_right(cast.growth, actor=cast.ada, source="s3", place="team-a")
    page = client.get("/imports/").content.decode()
    assert "Within s3://models/team-a/" in page
    assert "s3://other/" not in page

    said = {"source": "s3", "model": "tiny", "team": "growth", "include": "*.onnx *.json"}
    for address, sentence in (
        ("", "Which object or folder"),
        ("s3://models/team-b/m/", "part of no bucket"),
        ("s3://models/team-a/../x", "leads elsewhere"),
    ):
        answer = client.post("/imports/", {**said, "address": address})
        page = answer.content.decode()
        assert answer.status_code == 400
        assert sentence in page.split('id="id_address_error"')[1][:400]
    answer = client.post("/imports/", {**said, "address": "s3://other/m/"})
    assert answer.status_code == 403
    assert "no right to import from Bucket team-b" in answer.content.decode()

    assert client.post("/imports/", {**said, "address": "s3://models/team-a/m/"}).status_code == 302
    job = Import.objects.latest("number")
    assert job.reference == {
        "bucket": "team-a",
        "uri": "s3://models/team-a/m/",
        "include": ["*.onnx", "*.json"],
        "exclude": [],
    }
    assert "s3://models/team-a/m/" in words(client, job)
    assert "Bucket (team-a)" in words(client, job)
    form = client.get(f"/imports/?like={job.number}").content.decode()
    assert 'value="s3://models/team-a/m/"' in form

    settings.AEGIS_IMPORT_BUCKETS = {}
    assert "Bucket (team-a)" in words(client, job)
