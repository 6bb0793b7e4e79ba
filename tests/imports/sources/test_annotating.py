from datetime import timedelta

import pytest
from django.utils import timezone

from aegis.events.outbox import dispatch
from aegis.problems import Invalid, Unavailable
from imports.annotating import owed_notes, write_note
from imports.models import Import
from imports.rights import grant_import_right
from imports.sources.configured import KINDS
from imports.tasks import write_owed_notes
from tests.cast import Cast
from tests.imports.sources.folder import FolderSource
from tests.imports.sources.test_asking import asked, done
from tests.registry import making


@pytest.fixture
def source(cast: Cast, data_folder: object, monkeypatch: pytest.MonkeyPatch) -> FolderSource:
    folder = FolderSource(dict(making.FILES))
    monkeypatch.setitem(KINDS, "huggingface", folder.as_kind(keeps_notes=True))
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    return folder


@pytest.fixture
def job(cast: Cast, source: FolderSource) -> Import:
    return done(asked(cast))


def test_the_origin_is_told_which_version_it_became(job: Import, source: FolderSource) -> None:
    assert write_owed_notes() == 1

    version = job.made
    (tags,) = source.annotated
    assert tags["aegis.registry.uri"] == "models:/tiny/1"
    assert tags["aegis.registry.digest"] == f"sha256:{version.digest}"
    assert tags["aegis.registry.url"].endswith("/models/tiny/versions/1/")
    assert tags["aegis.registry.stage"] == "None"
    assert tags["aegis.registry.signature_key"].startswith("aegis-development:v")
    assert write_owed_notes() == 0


def test_a_source_that_is_away_is_told_later(job: Import, source: FolderSource) -> None:
    source.refuses_notes = Unavailable("mlflow_unreachable", "It does not answer.")

    assert not write_note(job)
    assert not owed_notes(timezone.now()).exists()
    assert owed_notes(timezone.now() + timedelta(minutes=1)).exists()

    source.refuses_notes = None
    assert write_note(job)


def test_a_source_that_refuses_is_not_asked_again_and_the_step_says_why(
    job: Import, source: FolderSource
) -> None:
    source.refuses_notes = Invalid("mlflow_run_deleted", "The run was deleted.")

    assert not write_note(job)

    step = job.steps.get(name="annotate")
    assert step.result["reason"] == "The run was deleted."
    assert write_owed_notes() == 0


def test_the_end_of_an_import_owes_a_note_again(job: Import, source: FolderSource) -> None:
    write_owed_notes()

    while dispatch():
        pass
    write_owed_notes()

    first, again = source.annotated
    assert first == again
