"""Adding a version by a form, its page in every state, and what is recorded about it later."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from aegis.accounts.models import User
from imports.models import Import
from imports.running import run
from registry.models import Metric, ModelVersion, RegisteredModel, Upload, VersionFact
from registry.uploads import open_upload
from registry.versions import mark_failed
from tests.cast import Cast
from tests.registry import making

AsPerson = Callable[[User], Client]
MODEL = "/models/churn-predictor/"
NEW = f"{MODEL}versions/new/"
BOUNDARY = "a-boundary-of-this-test"


def folder(**files: bytes) -> bytes:
    """Return a form as browsers post a folder: with paths where Django expects names."""
    lines: list[bytes] = []
    for path, content in files.items():
        lines += [
            f"--{BOUNDARY}".encode(),
            f'Content-Disposition: form-data; name="files"; filename="{path}"'.encode(),
            b"Content-Type: application/octet-stream",
            b"",
            content,
        ]
    return b"\r\n".join([*lines, f"--{BOUNDARY}--".encode(), b""])


def post_folder(client: Client, **files: bytes) -> object:
    return client.post(NEW, folder(**files), f"multipart/form-data; boundary={BOUNDARY}")


def test_files_of_a_form_become_a_version_that_is_imported(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    response = client.post(
        NEW,
        {
            "label": "1.0.0",
            "description": "The first one.",
            "dataset": "events@2026-q3",
            "dataset_rows": "1200",
            "licence": "apache-2.0",
            "params": "depth = 6\nrate = 0.1",
            "files": [SimpleUploadedFile("model.bin", b"weights")],
        },
    )
    assert response.status_code == 302, response.context["form"].errors
    assert response["Location"] == f"{MODEL}versions/1/"
    pending = client.get(f"{MODEL}versions/1/")
    assert b'hx-trigger="every 2s"' in pending.content
    run(Import.objects.get().pk)
    version = ModelVersion.objects.get()
    assert version.is_ready
    facts = {fact.name: fact.value for fact in VersionFact.objects.all()}
    assert facts["dataset"] == {"name": "events", "version": "2026-q3", "rows": 1200}
    assert facts["licence"] == "Apache-2.0"
    assert [file.path for file in version.files.all()] == ["model.bin"]
    assert client.get(f"{MODEL}versions/1/state/")["HX-Refresh"] == "true"


def test_a_folder_keeps_its_paths_without_a_script(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    files = {"churn/config.json": b"{}", "churn/weights/part-1.bin": b"abc"}
    assert post_folder(as_person(cast.mina), **files).status_code == 302  # type: ignore[attr-defined]
    paths = Upload.objects.get().files.values_list("path", flat=True)
    assert sorted(paths) == ["config.json", "weights/part-1.bin"]


def test_a_folder_is_not_taken_from_a_forged_form(cast: Cast, model: RegisteredModel) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.mina)
    assert post_folder(client, **{"churn/config.json": b"{}"}).status_code == 403  # type: ignore[attr-defined]
    assert not Upload.objects.exists()


def test_a_path_that_leaves_the_folder_is_refused_and_nothing_is_left(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    response = post_folder(as_person(cast.mina), **{"a/../../etc/passwd": b"x", "b/c": b"y"})
    assert response.status_code == 400  # type: ignore[attr-defined]
    assert not ModelVersion.objects.exists()
    assert set(Upload.objects.values_list("state", flat=True)) == {"discarded"}


def test_the_script_posts_the_upload_that_it_sent(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    upload = open_upload(actor=cast.mina)
    making.send(upload, cast.mina)
    response = as_person(cast.mina).post(NEW, {"upload": str(upload.pk)})
    assert response.status_code == 302
    upload.refresh_from_db()
    assert upload.state == "taken"


def test_what_arrived_is_kept_when_the_rest_is_refused(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    typed = {"licence": "no such licence", "description": "Newer.", "label": "2.0.0"}
    first = client.post(NEW, {**typed, "files": [SimpleUploadedFile("model.bin", b"weights")]})
    assert first.status_code == 400
    assert b"Newer." in first.content
    assert "licence" in first.context["form"].errors
    kept = str(first.context["upload"])
    assert kept.encode() in first.content
    again = client.post(NEW, {**typed, "licence": "MIT", "upload": kept})
    assert again.status_code == 302
    assert ModelVersion.objects.get(number=2).label == "2.0.0"


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({}, 400),
        ({"upload": "018f5a00-0000-7000-8000-000000000000"}, 404),
        ({"upload": "no-uuid"}, 400),
    ],
)
def test_without_files_there_is_no_version(
    cast: Cast, model: RegisteredModel, as_person: AsPerson, typed: dict[str, str], status: int
) -> None:
    response = as_person(cast.mina).post(NEW, {"description": "x", **typed})
    assert response.status_code == status
    assert not ModelVersion.objects.exists()


def test_nobody_takes_the_upload_of_another(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    upload = open_upload(actor=cast.mina)
    making.send(upload, cast.mina)
    assert as_person(cast.marc).post(NEW, {"upload": str(upload.pk)}).status_code == 404


def test_only_contributors_add_versions(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    assert as_person(cast.vera).get(NEW).status_code == 403


def test_a_failed_version_says_why_and_can_be_tried_again(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    job = making.new_import(model, cast.mina)
    for file in job.version.upload.files.all():
        file.sha256 = "0" * 64
        file.save()
    run(job.pk)
    client = as_person(cast.mina)
    page = client.get(f"{MODEL}versions/1/").content
    assert b"digest_mismatch" in page
    assert b"Try again" in page
    assert b"Try again" not in as_person(cast.vera).get(f"{MODEL}versions/1/").content
    assert as_person(cast.vera).post(f"/imports/{job.number}/retry/").status_code == 403
    assert client.post(f"/imports/{job.number}/retry/").status_code == 302
    job.refresh_from_db()
    assert job.state == "waiting"
    assert client.post(f"/imports/{job.number}/retry/").status_code == 409


def test_a_version_without_a_job_that_failed_has_a_page_too(
    cast: Cast, pending: ModelVersion, as_person: AsPerson
) -> None:
    mark_failed(pending, actor=None, code="gone", reason="The files are gone.")
    assert b"The files are gone." in as_person(cast.vera).get(f"{MODEL}versions/1/").content


def test_the_page_of_a_version_names_its_files_digest_and_key(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    client = as_person(cast.vera)
    page = client.get(f"{MODEL}versions/latest/").content
    assert version.digest.encode() in page
    assert b"weights.bin" in page
    assert b"Why not Production yet" in page
    assert b"Attach evidence" not in page
    bundle = client.get(f"{MODEL}versions/1/signature/")
    assert bundle.json()["mediaType"].startswith("application/vnd.dev.sigstore.bundle")
    assert client.get(f"{MODEL}versions/1/key.pem").content.startswith(b"-----BEGIN PUBLIC KEY")
    assert b"config.json" in client.get(f"{MODEL}versions/1/files/").content


@pytest.mark.parametrize("ref", ["99", "nonsense", "Staging", "v0", "99999999999999"])
def test_a_version_that_is_not_there(
    cast: Cast, version: ModelVersion, as_person: AsPerson, ref: str
) -> None:
    assert as_person(cast.vera).get(f"{MODEL}versions/{ref}/").status_code == 404


@pytest.mark.parametrize("digits", ["9" * 20, "9" * 5000, "-1", "٣"])
def test_a_number_beyond_all_numbers_is_refused(
    cast: Cast, version: ModelVersion, as_person: AsPerson, digits: str
) -> None:
    typed = {"name": "parameter_count", "value": digits}
    answer = as_person(cast.mina).post(f"{MODEL}versions/1/facts/", typed)
    assert answer.status_code == 400
    assert "a whole number of zero or more" in answer.content.decode()
    assert digits in answer.content.decode()


def test_a_fact_is_recorded_later_and_marked_so(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    facts = f"{MODEL}versions/1/facts/"
    assert client.post(facts, {"name": "licence", "value": "mit"}).status_code == 302
    assert client.post(facts, {"name": "dataset", "value": "events@2026"}).status_code == 302
    assert client.post(facts, {"name": "params", "value": '{"depth": 6}'}).status_code == 302
    page = client.get(f"{MODEL}versions/1/").content
    assert b"MIT" in page
    assert b"events@2026" in page
    assert b"stated later" in page


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("licence", "no such licence"),
        ("params", "{not json"),
        ("params", '{"a": 1, "a": 2}'),
        ("params", '{"a": NaN}'),
        ("parameter_count", "many"),
        ("code_version", "not a commit"),
        ("nonsense", "x"),
        ("licence", ""),
    ],
)
def test_a_fact_that_is_none_keeps_its_text(
    cast: Cast, version: ModelVersion, as_person: AsPerson, name: str, value: str
) -> None:
    response = as_person(cast.mina).post(
        f"{MODEL}versions/1/facts/", {"name": name, "value": value}
    )
    assert response.status_code == 400
    assert response.context["form"].errors
    assert response.context["form"]["value"].value() == value
    assert not VersionFact.objects.filter(source="stated").exists()


def test_a_metric_is_stated(cast: Cast, version: ModelVersion, as_person: AsPerson) -> None:
    typed = {
        "name": "accuracy",
        "value": "0.91",
        "dataset": "holdout",
        "low": "0.9",
        "high": "0.93",
    }
    client = as_person(cast.mina)
    assert client.post(f"{MODEL}versions/1/metrics/", typed).status_code == 302
    assert Metric.objects.get().source == "stated"
    assert b"stated, passes no gate" in client.get(f"{MODEL}versions/1/").content


@pytest.mark.parametrize(
    "changes",
    [
        {"value": "nan"},
        {"value": "x"},
        {"name": ""},
        {"low": "0.95"},
        {"sample_size": "-1"},
        {"low": "0.95", "high": "0.99"},
    ],
)
def test_a_metric_that_is_none_is_refused(
    cast: Cast, version: ModelVersion, as_person: AsPerson, changes: dict[str, str]
) -> None:
    typed = {"name": "accuracy", "value": "0.91", **changes}
    response = as_person(cast.mina).post(f"{MODEL}versions/1/metrics/", typed)
    assert response.status_code == 400
    assert not Metric.objects.exists()


def test_the_page_of_a_version_costs_twelve_queries(
    cast: Cast,
    version: ModelVersion,
    as_person: AsPerson,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    making.attach(version, cast.mina)
    client = as_person(cast.rita)
    client.get(f"{MODEL}versions/1/")
    with django_assert_max_num_queries(12):
        client.get(f"{MODEL}versions/1/")


def test_many_files_have_a_page_of_their_own(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    files = {f"shard-{number:03}.bin": bytes([number]) for number in range(52)}
    making.new_version(model, cast.mina, files)
    client = as_person(cast.vera)
    page = client.get(f"{MODEL}versions/1/").content
    assert b"shard-049.bin" in page
    assert b"shard-050.bin" not in page
    assert b"2 more." in page
    assert b"shard-051.bin" in client.get(f"{MODEL}versions/1/files/").content
