"""Wishing for a conversion in the form for an import, at its preview, and what becomes of it."""

import json
from typing import Any

import pytest
from django.test import Client

from aegis.audit.models import AuditEvent
from aegis.events.models import OutboxEvent
from imports.converters.pytorch_to_safetensors import PytorchToSafetensors
from imports.converters.transformers_to_onnx import TransformersToOnnx
from imports.handlers import convert_as_wished
from imports.models import Import
from registry.models import ModelVersion
from tests.aegis.pages.test_import_pages import (
    OF_ONE,
    AsPerson,
    asked,
    source,
    typed,
    words,
    worked,
)
from tests.cast import Cast
from tests.imports.converting.conftest import acme
from tests.imports.sources.folder import FolderSource

__all__ = ["acme", "source"]

pytestmark = pytest.mark.usefixtures("acme")


def choice(page: str, value: str) -> str:
    """Return the radio button of a format, and what it says."""
    return page.split(f'name="convert" value="{value}"')[1].partition("</label>")[0]


def carried_out(job: Import, kind: str = "version:ready") -> Import | None:
    """Have the end of ``job`` told to the handlers, and return the import that converts."""
    event = OutboxEvent.objects.filter(kind=kind).latest("id")
    for _ in range(2):
        convert_as_wished(event)
    return Import.objects.filter(source=ModelVersion.Source.CONVERSION).first()


def test_the_form_says_what_each_conversion_does_and_what_is_missing(
    cast: Cast, source: FolderSource, as_person: AsPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TransformersToOnnx, "requires", ("optimum-of-nowhere",))
    client = as_person(cast.mina)
    page = client.get("/imports/").content.decode()
    assert "checked" in choice(page, "")[:20]
    for to in ("skops", "onnx", "safetensors", "shouting"):
        assert "disabled" not in choice(page, to)
    assert "PyTorch state dict" in choice(page, "safetensors")
    assert "Not installed for that: optimum-of-nowhere." in choice(page, "onnx")

    monkeypatch.setattr(PytorchToSafetensors, "requires", ("nothing-of-it",))
    safetensors = choice(client.get("/imports/").content.decode(), "safetensors")
    assert "disabled" in safetensors
    assert "needs nothing-of-it, which Aegis does not have." in safetensors
    assert "pip install" in safetensors
    answer = client.post("/imports/", typed(convert="safetensors"))
    assert answer.status_code == 409
    assert "which Aegis does not have" in answer.content.decode().split('id="id_convert_error"')[1]


def test_a_format_that_nothing_writes_is_refused_at_its_field(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    answer = client.post("/imports/", typed(convert="gguf"))
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "There is no converter to &#x27;gguf&#x27;." in page.split('id="id_convert_error"')[1]
    assert 'value="acme/tiny"' in page
    job = worked(asked(client))
    answer = client.post(f"/imports/{job.number}/start/", {"convert": "gguf"})
    assert answer.status_code == 400
    assert "There is no converter to" in answer.content.decode().split('id="id_convert_error"')[1]
    job.refresh_from_db()
    assert job.state == "planned"


def test_the_preview_keeps_the_choice_and_offers_what_could_read_the_files(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    job = worked(asked(client, convert="shouting"))
    page = words(client, job)
    assert "<dt>Convert to</dt><dd>Shouting</dd>" in page
    assert "checked" in choice(page, "shouting")[:20]
    assert "disabled" in choice(page, "skops")
    assert "Nothing of that kind was found." in choice(page, "skops")
    # What ends with .bin may be a state dict, as far as its name goes.
    assert "disabled" not in choice(page, "safetensors")
    like = client.get(f"/imports/?like={job.number}").content.decode()
    assert "checked" in choice(like, "shouting")[:20]

    source.files = {"model.joblib": b"", "MLmodel": b""}
    source.about = {"facts": {"framework": "scikit-learn"}}
    job = worked(asked(client, convert="shouting"))
    page = words(client, job)
    assert "It cannot be converted to Shouting, as was wished for." in page
    assert "checked" in choice(page, "")[:20]
    for to in ("skops", "onnx"):
        assert "disabled" not in choice(page, to)
    for to in ("safetensors", "shouting"):
        assert "disabled" in choice(page, to)

    assert client.post(f"/imports/{job.number}/start/", {"convert": "onnx"}).status_code == 302
    event = AuditEvent.objects.filter(action="import:started").latest("seq")
    assert json.loads(event.body)["data"] == {"number": job.number, "convert": "onnx"}
    assert "<dt>Convert to</dt><dd>ONNX</dd>" in words(client, job)


def test_only_who_may_start_it_chooses(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    job = worked(asked(as_person(cast.mina)))
    address = f"/imports/{job.number}/start/"
    assert as_person(cast.vera).post(address, {"convert": "shouting"}).status_code == 404
    auditor = as_person(cast.otto)
    assert 'name="convert"' not in words(auditor, job)
    assert auditor.post(address, {"convert": "shouting"}).status_code == 403
    job.refresh_from_db()
    assert job.state == "planned"
    assert not job.steps.filter(name="convert").exists()


def test_the_page_of_an_import_tells_of_its_conversion_until_it_is_done(
    cast: Cast, source: FolderSource, as_person: AsPerson, django_assert_num_queries: Any
) -> None:
    client = as_person(cast.mina)
    job = asked(client, at_once="1", convert="shouting")
    assert "Once it is there it is converted to Shouting" in words(client, job)
    worked(job)
    page = words(client, job)
    assert "It is converted to Shouting now." in page
    assert 'hx-get="/imports/' in page.split('id="import-state"')[1].split(">")[0]

    made = carried_out(job)
    assert made is not None
    page = words(client, job)
    assert f'<a href="/imports/{made.number}/">Import {made.number}</a> converts it' in page
    mark = page.split(f"/imports/{job.number}/state/?mark=")[1].split('"')[0]
    assert client.get(f"/imports/{job.number}/state/?mark={mark}").status_code == 200
    worked(made)
    assert client.get(f"/imports/{job.number}/state/?mark={mark}").status_code == 204
    with django_assert_num_queries(OF_ONE + 1):  # What converts it.
        page = words(client, job)
    assert '<a href="/models/tiny/versions/2/#conversion">v2</a>' in page
    assert "It was not compared" in page
    assert "hx-get" not in page.split('id="import-state"')[1].split(">")[0]


def test_why_a_version_was_not_converted_is_said_and_told(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    job = worked(asked(client, at_once="1", convert="skops"))
    assert carried_out(job) is None
    page = words(client, job)
    assert "It was not converted to skops.</b> None of sklearn-to-skops reads the files" in page
    assert "Ready" in page
    said = client.get(f"/api/v1/imports/{job.number}/").json()["conversion"]
    assert (said["to"], said["import_number"], said["version"]) == ("skops", None, None)
    assert "reads the files" in said["reason"]

    other = worked(asked(client, at_once="1", convert="json-to-shouting", new_version="on"))
    made = carried_out(other)
    assert made is not None
    assert client.post(f"/imports/{made.number}/cancel/").status_code == 302
    page = words(client, other)
    assert "It was not converted to Shouting.</b> The conversion was cancelled." in page
    assert f"Import {made.number}</a> was to convert it." in page


def test_files_that_are_there_already_are_converted_as_well(
    cast: Cast, source: FolderSource, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    worked(asked(client, at_once="1"))
    again = worked(asked(client, at_once="1", convert="shouting"))
    made = carried_out(again, "import:known")
    assert made is not None
    assert made.reference["number"] == 1
    worked(made)
    assert "Converted to Shouting" in words(client, again)


def test_a_retried_import_keeps_its_wish(
    cast: Cast, source: FolderSource, as_person: AsPerson, client: Client
) -> None:
    client = as_person(cast.mina)
    job = worked(asked(client, repo="acme/tyni", convert="shouting"))
    page = words(client, job)
    assert "Once it is there" not in page
    assert client.post(f"/imports/{job.number}/retry/").status_code == 302
    assert "Once it is there it is converted to Shouting" in words(client, job)
