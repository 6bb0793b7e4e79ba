from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoCaptureOnCommitCallbacks

from aegis.problems import Conflict, Forbidden, Invalid, NotFound
from imports.asking import retry
from imports.models import Import
from imports.running import run
from imports.uploading import import_upload
from registry.models import ModelVersion, RegisteredModel, Upload
from registry.uploads import open_upload, receive
from tests.cast import Cast
from tests.recorded import last, recorded, refused
from tests.registry import making


@pytest.fixture
def upload(cast: Cast, model: RegisteredModel) -> Upload:
    upload = open_upload(actor=cast.mina)
    making.send(upload, cast.mina)
    return upload


def test_a_finished_upload_becomes_a_pending_version_and_a_job(
    cast: Cast, model: RegisteredModel, upload: Upload
) -> None:
    since = last()

    job = import_upload(
        model,
        upload,
        actor=cast.mina,
        label="2.1.0",
        description="Trained on October.",
        facts={"licence": "MIT"},
    )

    version = job.version
    assert (version.number, version.label, version.state) == (1, "2.1.0", "pending")
    assert (job.state, job.requested_by, job.bytes_done) == ("waiting", cast.mina, 0)
    assert job.bytes_total == 2 * sum(map(len, making.FILES.values()))
    assert isinstance(job.number, int)
    assert [step.name for step in job.steps.all()] == ["check", "scan", "package", "sign"]
    upload.refresh_from_db()
    assert (upload.state, upload.version) == ("taken", version)
    assert [action for action, _, _ in recorded(since)] == ["version:registered"]


def test_a_worker_is_told_after_the_commit(
    cast: Cast,
    model: RegisteredModel,
    upload: Upload,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        import_upload(model, upload, actor=cast.mina)

    assert len(callbacks) >= 1


BAD: list[tuple[dict[str, Any], type[Any], str]] = [
    ({"label": "3"}, Invalid, "label_reserved"),
    ({"label": "v3"}, Invalid, "label_reserved"),
    ({"label": "taken"}, Conflict, "label_taken"),
    ({"facts": {"colour": "red"}}, Invalid, "fact_unknown"),
    ({"description": "a\0"}, Invalid, "text_control_character"),
]


@pytest.mark.parametrize(("further", "kind", "code"), BAD)
def test_a_refused_import_leaves_the_upload_open(
    cast: Cast,
    model: RegisteredModel,
    upload: Upload,
    further: dict[str, Any],
    kind: type[Any],
    code: str,
) -> None:
    making.new_version(model, cast.mina, label="Taken")

    refused(kind, code, import_upload, model, upload, actor=cast.mina, **further)

    upload.refresh_from_db()
    assert upload.state == "open"
    assert (model.versions.count(), Import.objects.count()) == (1, 1)
    assert import_upload(model, upload, actor=cast.mina).version.number == 2


def test_an_empty_or_unfinished_upload_is_refused(cast: Cast, model: RegisteredModel) -> None:
    upload = open_upload(actor=cast.mina)
    refused(Invalid, "no_files", import_upload, model, upload, actor=cast.mina)
    body: Any = open("/dev/zero", "rb")  # noqa: PTH123, SIM115 -- A stream without an end.
    with body:
        receive(upload, "a", actor=cast.mina, stream=body, offset=0, length=5, total=10)
    refused(Conflict, "upload_incomplete", import_upload, model, upload, actor=cast.mina)

    assert model.versions.count() == 0


def test_an_upload_is_imported_once_and_by_its_owner(
    cast: Cast, model: RegisteredModel, upload: Upload
) -> None:
    refused(NotFound, "upload_not_found", import_upload, model, upload, actor=cast.marc)
    import_upload(model, upload, actor=cast.mina)

    refused(Conflict, "upload_taken", import_upload, model, upload, actor=cast.mina)
    assert model.versions.count() == 1


def test_only_contributors_import(cast: Cast, model: RegisteredModel, upload: Upload) -> None:
    for who in (cast.vera, cast.rita, cast.otto):
        refused(Forbidden, "permission_missing", import_upload, model, upload, actor=who)


def test_who_may_not_see_the_model_sees_no_import_of_it(cast: Cast, data_folder: Any) -> None:
    model = making.new_model(cast, "secret", visibility="restricted")
    job = making.new_import(model, cast.mina)

    assert list(Import.objects.visible_to(cast.mina)) == [job]
    for who in (cast.stan, cast.ada, AnonymousUser()):
        assert not Import.objects.visible_to(who).exists()


def failed_import(cast: Cast, model: RegisteredModel) -> Import:
    from registry.uploads import upload_folder

    job = making.new_import(model, cast.mina)
    upload_folder().discard(job.version.upload.pk)
    run(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    return job


def test_a_failed_import_is_tried_again_under_its_number(
    cast: Cast, model: RegisteredModel
) -> None:
    job = failed_import(cast, model)
    since = last()

    retried = retry(job, actor=cast.marc)

    assert (retried.state, retried.error, retried.attempts, retried.bytes_done) == (
        "waiting", "", 0, 0,
    )  # fmt: skip
    assert retried.version.pk == job.version_id
    version = ModelVersion.objects.get(pk=job.version_id)
    assert (version.state, version.number) == ("pending", 1)
    assert recorded(since) == [
        ("version:reopened", str(version.pk), {"number": 1}),
        ("import:retried", str(job.pk), {"number": job.number, "version": 1}),
    ]


def test_only_a_failed_import_is_tried_again_and_by_contributors(
    cast: Cast, model: RegisteredModel
) -> None:
    waiting = making.new_import(model, cast.mina)
    refused(Conflict, "import_not_failed", retry, waiting, actor=cast.mina)

    failed = failed_import(cast, model)
    refused(Forbidden, "permission_missing", retry, failed, actor=cast.vera)
