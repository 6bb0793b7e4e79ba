"""Imports as pages show them, also while they run."""

from collections.abc import Callable

from django.test import Client
from django.utils import timezone

from aegis.accounts.models import User
from imports.models import Import, ImportStep
from imports.running import run
from registry.models import RegisteredModel
from tests.cast import Cast
from tests.registry import making

AsPerson = Callable[[User], Client]


def test_a_running_import_asks_again_and_a_finished_one_does_not(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    client = as_person(cast.vera)
    assert b"Nothing was imported yet" in client.get("/imports/").content
    job = making.new_import(model, cast.mina)
    Import.objects.filter(pk=job.pk).update(state="running", bytes_done=job.bytes_total // 2)
    job.steps.filter(name=ImportStep.Name.CHECK).update(started_at=timezone.now())
    row = client.get(f"/imports/{job.number}/row/").content
    assert b'hx-trigger="every 2s"' in row
    assert b"Checking files" in row
    assert b"50%" in row or b"49%" in row
    Import.objects.filter(pk=job.pk).update(state="waiting")
    run(job.pk)
    row = client.get(f"/imports/{job.number}/row/").content
    assert b"hx-trigger" not in row
    assert b"Ready" in row
    assert b"churn-predictor v1" in client.get(f"/imports/{job.number}/").content


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
