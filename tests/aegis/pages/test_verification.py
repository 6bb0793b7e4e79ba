"""What the page of a version says of its stored package, and asking for it to be verified."""

from collections.abc import Callable

from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from aegis.accounts.models import User
from registry.models import ModelVersion, PackageWatch
from registry.reverification import verify_due
from registry.storage.configured import artifact_store
from registry.watches import watch_ready_versions
from tests.cast import Cast

AsPerson = Callable[[User], Client]
PAGE = "/models/churn-predictor/versions/1/"


def panel(client: Client) -> str:
    text = client.get(PAGE).content.decode()
    return " ".join(text.partition('id="package"')[2].partition("</section>")[0].split())


def test_a_maintainer_asks_and_the_page_says_what_was_found(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    marc, mina = as_person(cast.marc), as_person(cast.mina)
    assert "Verified once" in panel(marc)
    assert "Verify now" not in panel(mina)
    assert "Verify now" in panel(marc)
    assert mina.post(f"{PAGE}verify/").status_code == 403
    answer = marc.post(f"{PAGE}verify/", follow=True)
    assert "verified as soon as a worker is free" in answer.content.decode()
    assert verify_due(seconds=60) == 1
    assert "As recorded" in panel(mina)
    assert "to its last byte" in panel(mina)


def test_other_bytes_are_shown_with_what_was_found(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    watch_ready_versions()
    PackageWatch.objects.update(due_at=timezone.now())
    path = artifact_store().root / version.artifact.key
    path.chmod(0o640)
    path.write_bytes(path.read_bytes()[:-5])
    assert verify_due(seconds=60) == 1
    mina = as_person(cast.mina)
    assert "Other bytes" in panel(mina)
    assert version.artifact.key in panel(mina)
    assert "Download" not in mina.get(PAGE).content.decode().partition("page-actions")[2][:400]


def test_a_store_that_is_away_is_shown_since_when(
    cast: Cast,
    version: ModelVersion,
    as_person: AsPerson,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    watch_ready_versions()
    PackageWatch.objects.update(away="The bucket x does not answer.", away_since=timezone.now())
    client = as_person(cast.rita)
    assert "The bucket x does not answer." in panel(client)
    with django_assert_max_num_queries(12):
        client.get(PAGE)
