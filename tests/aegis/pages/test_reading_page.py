"""What the run of a version says now, on the version's page."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from aegis.accounts.models import User
from aegis.problems import Unavailable
from imports.annotating import note_of, write_note
from imports.models import Import, RunReading
from imports.rights import grant_import_right
from imports.sources.configured import KINDS
from imports.tasks import sweep_readings
from tests.cast import Cast
from tests.imports.sources.folder import FolderSource
from tests.imports.sources.test_asking import asked, done
from tests.registry import making

AsPerson = Callable[[User], Client]
PAGE = "/models/tiny/versions/1/"
MORE_THAN_OF_AN_UPLOAD = 4
"""The provenance, the number of the import, the commit of a hub, the reading."""


@pytest.fixture
def source(cast: Cast, data_folder: object, monkeypatch: pytest.MonkeyPatch) -> FolderSource:
    """A source that keeps notes, from which growth may import."""
    folder = FolderSource(dict(making.FILES))
    monkeypatch.setitem(KINDS, "huggingface", folder.as_kind(keeps_notes=True))
    grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
    return folder


@pytest.fixture
def job(cast: Cast, source: FolderSource) -> Import:
    return done(asked(cast))


def words(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_somebody_who_sees_it_has_the_run_read_back(
    cast: Cast, job: Import, source: FolderSource, as_person: AsPerson
) -> None:
    assert write_note(job)
    client = as_person(cast.stan)
    assert "Not read yet" in words(client)
    answer = client.post(f"{PAGE}reading/again/")
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}#source")
    for address in (PAGE, f"{PAGE}reading/"):
        page = words(client, address)
        assert f'hx-get="{PAGE}reading/" hx-trigger="every 2s"' in page
        assert "A worker is asking" in page
    sweep_readings()
    page = words(client, f"{PAGE}reading/")
    assert "Names this version" in page
    assert "hx-trigger" not in page
    again = client.post(f"{PAGE}reading/again/")
    assert again.status_code == 409
    assert "The run was read a moment ago." in again.content.decode()

    source.annotated.append({**note_of(job.made), "aegis.registry.digest": "sha256:<b>"})
    RunReading.objects.update(asked_at=timezone.now() - timedelta(minutes=2))
    client.post(f"{PAGE}reading/again/")
    sweep_readings()
    page = words(client)
    for said in ("Names another digest", "sha256:&lt;b&gt;", f"sha256:{job.made.digest}"):
        assert said in page, said

    source.refuses_notes = Unavailable("mlflow_busy", "It has too much to do.")
    RunReading.objects.update(asked_at=timezone.now() - timedelta(minutes=2))
    client.post(f"{PAGE}reading/again/")
    sweep_readings()
    page = words(client)
    for said in ("Names another digest", "Not read since", "It has too much to do."):
        assert said in page, said


def test_an_upload_has_no_run_and_pays_for_none(
    cast: Cast,
    job: Import,
    as_person: AsPerson,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    making.new_version(making.new_model(cast), cast.mina)
    client = as_person(cast.mina)
    upload = "/models/churn-predictor/versions/1/"
    assert "What the run says now" not in words(client, upload)
    assert client.get(f"{upload}reading/").status_code == 404
    assert client.post(f"{upload}reading/again/").status_code == 409
    with django_assert_max_num_queries(100) as of_upload:
        words(client, upload)
    with django_assert_max_num_queries(len(of_upload) + MORE_THAN_OF_AN_UPLOAD):
        words(client)
