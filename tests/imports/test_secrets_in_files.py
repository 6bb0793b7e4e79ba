"""A secret in a text among the files: the version fails with kind and place, never the value."""

import json

import pytest

from aegis.audit.models import AuditEvent
from aegis.problems import Invalid
from imports.models import Import
from imports.running import run
from registry.models import RegisteredModel, ScanReport
from registry.uploads import open_upload
from tests.aegis.sensitive.samples import SECRETS
from tests.cast import Cast
from tests.recorded import refused
from tests.registry import making

SECRET = SECRETS["Hugging Face token"]


def test_a_version_with_a_secret_in_a_text_fails_with_its_place(
    cast: Cast, model: RegisteredModel
) -> None:
    settings = json.dumps({"layers": 2, "hub": {"token": SECRET}}, indent=1).encode()
    files = {"model.bin": b"plain words", "conf/settings.json": settings}
    job = making.new_import(model, cast.mina, files=files)

    run(job.pk)

    job.refresh_from_db()
    version = job.version
    assert (job.state, job.error_code, version.failure_code) == (
        *("failed", "secret_found", "secret_found"),
    )
    assert "conf/settings.json: Line 4 holds a secret: Hugging Face token." in version.failure
    assert not ScanReport.objects.exists()
    kept = [json.dumps(list(Import.objects.values()), default=str), version.failure]
    kept += AuditEvent.objects.values_list("body", flat=True)
    assert all(SECRET not in text for text in kept)


def test_personal_data_in_a_text_is_noted_and_lets_it_in(
    cast: Cast, model: RegisteredModel
) -> None:
    files = {"README.md": b"# Churn\n\nAsk ann@acme.io.\n"}
    job = making.new_import(model, cast.mina, files=files)

    run(job.pk)

    job.refresh_from_db()
    assert job.version.is_ready
    (report,) = ScanReport.objects.filter(version=job.version)
    assert "Line 3 may hold a person's e-mail address." in report.findings


@pytest.mark.parametrize("place", ["{}.txt", "{}/model.bin"])
def test_the_name_of_a_file_holds_no_secret(cast: Cast, place: str) -> None:
    upload = open_upload(actor=cast.mina)
    path = place.format(SECRET)
    refused(Invalid, "secret_found", making.send, upload, cast.mina, {path: b"plain words"})
