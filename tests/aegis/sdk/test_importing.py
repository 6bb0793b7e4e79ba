"""Imports as scripts ask for them, at a real registry with a worker."""

import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest

from aegis.problems import Refusal, Unavailable
from aegis.sdk import (
    Conflict,
    Failed,
    Forbidden,
    Invalid,
    ModelRegistry,
    NotFound,
    Progress,
    Unreachable,
    WaitInterrupted,
    import_huggingface,
)
from imports.models import Import
from imports.rights import withdraw_import_right
from imports.sources.protocol import LeftOutFile, Notice
from tests.aegis.sdk.serving import Serving
from tests.registry import making

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def registry(serving: Serving) -> Iterator[ModelRegistry]:
    """The registry as mina sees it, who is in one team."""
    with ModelRegistry(serving.url, serving.token(serving.cast.mina)) as there:
        yield there


def test_a_repository_becomes_a_signed_version_that_knows_its_origin(
    serving: Serving, registry: ModelRegistry
) -> None:
    reports: list[Progress] = []

    made = registry.import_huggingface("acme/tiny", "tiny", version="hf-1", progress=reports.append)

    assert (made.name, made.label, made.state) == ("tiny@1", "hf-1", "ready")
    assert not made.already_registered
    assert made.document["signature"]["key_name"] == "aegis-development"
    assert made.job is not None
    assert made.job.found is not None
    assert made.job.found["pinned"]["commit"] == "c0ffee"
    origin = registry.provenance("tiny", 1)
    assert origin["identity"] == made.job.found["identity"]
    assert {file["path"]: file["size"] for file in origin["files"]} == {
        path: len(data) for path, data in serving.folder.files.items()
    }
    assert {report.step for report in reports} == {"importing"}
    assert reports[-1].done == reports[-1].total


def test_without_a_label_the_version_gets_the_next_free_one(serving: Serving) -> None:
    token = serving.token(serving.cast.mina)
    made = import_huggingface("acme/tiny", "tiny", url=serving.url, token=token)
    assert made.label == "1.0.0"


def test_the_same_revision_again_gives_the_version_that_is_there(registry: ModelRegistry) -> None:
    first = registry.import_huggingface("acme/tiny", "tiny")
    again = registry.import_huggingface("acme/tiny", "tiny")
    another = registry.import_huggingface("acme/tiny", "tiny", new_version=True)

    assert (again.number, again.already_registered, again.digest) == (1, True, first.digest)
    assert (another.number, another.already_registered) == (2, False)


def test_without_wait_the_version_has_its_number_and_is_pending(
    serving: Serving, registry: ModelRegistry
) -> None:
    away = Unavailable("hub_unreachable", "The hub does not answer.")
    serving.folder.breaks["config.json"] = (1, away)

    made = registry.import_huggingface("acme/tiny", "tiny", wait=False)

    assert (made.number, made.state) == (1, "pending")
    assert made.job is not None
    assert registry.import_of(made.job.number).is_under_way


def test_without_wait_a_typo_is_still_an_error(registry: ModelRegistry) -> None:
    with pytest.raises(NotFound) as caught:
        registry.import_huggingface("acme/tyni", "tiny", wait=False)
    assert caught.value.code == "hub_repo_not_found"


@pytest.mark.parametrize(
    ("arguments", "kind", "code"),
    [
        ({"repo_id": "acme/tyni"}, NotFound, "hub_repo_not_found"),
        ({"revision": "no such"}, Invalid, "reference_invalid"),
        ({"model_name": "a/b"}, Invalid, "name_invalid"),
        ({"team": "no-such-team"}, Invalid, "team_unknown"),
        ({"sign_key": "no-such-key"}, Refusal, "signing_key_unknown"),
    ],
)
def test_what_is_wrong_is_the_refusal_that_it_is(
    registry: ModelRegistry, arguments: dict[str, str], kind: type[Refusal], code: str
) -> None:
    repo_id = arguments.pop("repo_id", "acme/tiny")
    model_name = arguments.pop("model_name", "tiny")
    with pytest.raises(kind) as caught:
        registry.import_huggingface(repo_id, model_name, **arguments)
    assert caught.value.code == code
    assert list(registry.models()) == []


def test_who_has_no_right_to_import_is_told_so(serving: Serving, registry: ModelRegistry) -> None:
    withdraw_import_right(serving.cast.growth.import_rights.get(), actor=serving.cast.ada)
    with pytest.raises(Forbidden) as caught:
        registry.import_huggingface("acme/tiny", "tiny")
    assert caught.value.code == "import_right_missing"


def test_other_bytes_under_the_same_revision_are_a_conflict(
    serving: Serving, registry: ModelRegistry
) -> None:
    registry.import_huggingface("acme/tiny", "tiny")
    serving.folder.files["config.json"] = b'{"layers": 3}'
    with pytest.raises(Conflict) as caught:
        registry.import_huggingface("acme/tiny", "tiny")
    assert caught.value.code == "source_rewritten"


def test_a_failed_import_can_be_tried_again_once_it_is_mended(
    serving: Serving, registry: ModelRegistry
) -> None:
    plan = serving.folder.plan({"repo": "acme/tiny"})
    serving.folder.about = {"files": (replace(plan.files[0], sha256="0" * 64), *plan.files[1:])}
    with pytest.raises(Conflict) as caught:
        registry.import_huggingface("acme/tiny", "tiny")
    number = caught.value.details["import"]
    assert f"aegis import retry {number}" in (caught.value.mend or "")
    failed = registry.import_of(number)
    assert failed.error is not None
    assert (failed.state, failed.error["kind"]) == ("failed", "conflict")

    registry.retry_import(number)

    with pytest.raises(Conflict):
        registry.wait_for_import(number)


def test_an_import_that_waits_for_longer_than_one_does_goes_on_by_itself(
    serving: Serving,
) -> None:
    away = Unavailable("hub_unreachable", "The hub does not answer.")
    serving.folder.breaks["config.json"] = (1, away)
    token = serving.token(serving.cast.mina)
    with ModelRegistry(serving.url, token, patience=0.5) as hasty:
        with pytest.raises(Unreachable) as caught:
            hasty.import_huggingface("acme/tiny", "tiny")
        assert caught.value.code == "hub_unreachable"
        assert "The hub does not answer." in caught.value.sentence
        number = caught.value.details["import"]
        assert f"aegis import status {number} --wait" in (caught.value.mend or "")

        Import.objects.update(lease_until=None)
    with ModelRegistry(serving.url, token) as patient:
        assert patient.wait_for_import(number).state == "ready"


def test_who_waits_hears_that_somebody_cancelled(serving: Serving, registry: ModelRegistry) -> None:
    mina = serving.token(serving.cast.mina)
    with serving.worker.paused(), ModelRegistry(serving.url, mina) as other:

        def cancel(report: Progress) -> None:
            job = next(other.imports(mine="true"))
            if job.is_under_way:
                assert report.what == "Waiting"
                other.cancel_import(job.number)

        with pytest.raises(Failed) as caught:
            registry.import_huggingface("acme/tiny", "tiny", progress=cancel)
    assert caught.value.code == "import_cancelled"


def interrupt(_: Progress) -> None:
    """Press Ctrl-C while the command waits."""
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_ends_the_wait_and_not_the_import(serving: Serving, registry: ModelRegistry) -> None:
    heeded = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with serving.worker.paused(), pytest.raises(WaitInterrupted) as caught:
            registry.import_huggingface("acme/tiny", "tiny", progress=interrupt)
    finally:
        signal.signal(signal.SIGINT, heeded)

    number = caught.value.number
    assert caught.value.command == f"aegis import status {number} --wait"
    assert registry.wait_for_import(number).state == "ready"


def test_a_plan_says_what_would_come_in_and_leaves_nothing(
    serving: Serving, registry: ModelRegistry
) -> None:
    left_out = LeftOutFile("model.bin", "twin of model.safetensors", 7, "b" * 64)
    notice = Notice("remote_code", "It holds code that is never run.")
    serving.folder.about = {"left_out": (left_out,), "notices": (notice,)}

    job = registry.plan_import("huggingface", {"repo": "acme/tiny"}, "tiny")

    assert job.state == "cancelled"
    assert job.found is not None
    assert job.found["left_out"][0]["rule"] == "twin of model.safetensors"
    assert [one["path"] for one in job.found["files"]] == sorted(making.FILES)
    assert list(registry.models()) == []


def test_a_plan_that_is_kept_can_be_started(registry: ModelRegistry) -> None:
    job = registry.plan_import("huggingface", {"repo": "acme/tiny"}, "tiny", keep=True)
    assert (job.state, job.version) == ("planned", None)
    with pytest.raises(Conflict) as caught:
        registry.wait_for_import(job.number)
    assert caught.value.code == "import_not_started"

    registry.start_import(job.number)

    assert registry.wait_for_import(job.number).name == "tiny@1"


def test_imports_are_listed_the_newest_first(registry: ModelRegistry) -> None:
    registry.import_huggingface("acme/tiny", "tiny")
    registry.import_huggingface("acme/tiny", "tiny")
    newest, older = registry.imports(model="tiny")
    assert (newest.already_registered, older.already_registered) == (True, False)
    assert newest.number > older.number
    assert list(registry.imports(state="failed")) == []


def test_what_was_uploaded_comes_from_nowhere(serving: Serving, registry: ModelRegistry) -> None:
    serving.new_version(making.new_model(serving.cast))
    with pytest.raises(NotFound) as caught:
        registry.provenance("churn-predictor", 1)
    assert caught.value.code == "provenance_none"


def test_a_version_is_archived_with_its_reason(serving: Serving) -> None:
    serving.new_version(making.new_model(serving.cast))
    with ModelRegistry(serving.url, serving.token(serving.cast.marc)) as maintainers:
        assert maintainers.archive("churn-predictor", 1, reason="Old.").stage == "Archived"
