"""The view of the catalog that shows what came from the hub, and the button that brings more in."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from aegis.accounts.models import User
from imports.hub_watching import check_due
from imports.models import Import, ImportRight, RevisionWatch
from imports.rights import grant_import_right
from registry.models import RegisteredModel
from registry.quarantine import quarantine
from tests.cast import Cast
from tests.imports.sources.huggingface.test_importing import imported
from tests.registry import making
from tests.servers.hub import Hub, refuse, running_hub

AsPerson = Callable[[User], Client]
VIEW = "/?from=huggingface"
OF_THE_VIEW = 6
README = b"---\nlicense: apache-2.0\n---\nIt tells who calls.\n"


@pytest.fixture
def hub(cast: Cast, data_folder: Path, settings: Settings) -> Iterator[Hub]:
    """A hub from which growth may import."""
    with running_hub() as running:
        settings.AEGIS_EGRESS_ALLOW = running.hosts
        settings.HF_ENDPOINT = running.endpoint
        grant_import_right(cast.growth, actor=cast.ada, source="huggingface")
        yield running


def bring_in(cast: Cast, hub: Hub, name: str, **about: str) -> Import:
    if not RegisteredModel.objects.filter(name=name).exists():
        making.new_model(cast, name, **about)
    if f"acme/{name}" not in hub.repositories:
        hub.repository(f"acme/{name}", {"config.json": name.encode(), "README.md": README})
    job = imported(cast, f"acme/{name}", model=name)
    assert (job.state, job.error) == ("done", "")
    return job


def publish(hub: Hub, name: str) -> str:
    commit = hub.repository(f"acme/{name}").commit({"config.json": f"new {name}".encode()})
    look()
    return commit


def look() -> None:
    RevisionWatch.objects.update(due_at=timezone.now())
    check_due(seconds=30, most=100)


def words(client: Client, address: str = VIEW) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def without_tags(page: str) -> str:
    return re.sub(r"<[^>]+>", "", page)


def rows(client: Client, address: str = VIEW) -> list[str]:
    return [str(row.version) for row in client.get(address).context["shown"].rows]


def test_a_row_says_what_it_is_who_brought_it_and_how_it_stands(
    cast: Cast, hub: Hub, as_person: AsPerson
) -> None:
    job = bring_in(cast, hub, "tiny")
    client = as_person(cast.vera)
    commit = hub.repository("acme/tiny").references["main"]
    page = words(client)
    for said in (
        "tiny v1",
        f'href="{hub.endpoint}/acme/tiny/tree/{commit}"',
        commit[:12],
        "Mina Okafor",
        "Apache-2.0",
        "Development key",
        "Not asked yet",
    ):
        assert said in page, said
    look()
    assert "Newest commit" in words(client)
    hub.fail("/api/models", refuse(401, "RepoNotFound", "Invalid username or password."))
    look()
    page = words(client)
    assert "Refused" in page
    assert "The hub has no repository acme/tiny that is public." in page
    quarantine(job.made, cause="bytes", sentence="They are others.")
    assert "Quarantined" in words(client)


def test_one_click_imports_the_newer_commit_for_whoever_may(
    cast: Cast, hub: Hub, as_person: AsPerson
) -> None:
    bring_in(cast, hub, "tiny")
    commit = publish(hub, "tiny")
    button = "/models/tiny/versions/1/newer/"
    line = f"than v1: {commit[:12]}, checked"
    for person in (cast.vera, cast.rita, cast.ada):
        page = words(as_person(person), "/models/tiny/")
        assert line in without_tags(page)
        assert button not in page
        for address in (VIEW, "/models/tiny/versions/1/"):
            page = words(as_person(person), address)
            assert "Newer commit" in page
            assert commit[:12] in page
            assert button not in page
        assert as_person(person).post(button).status_code == 403
    client = as_person(cast.marc)
    for address in (VIEW, "/models/tiny/", "/models/tiny/versions/1/"):
        assert f'action="{button}"' in words(client, address)
    answer = client.post(button)
    job = Import.objects.latest("number")
    assert (answer.status_code, answer["Location"]) == (302, f"/imports/{job.number}/")
    assert (job.requested_by, job.reference["repo"]) == (cast.marc, "acme/tiny")
    # Another click leads to the same import.
    assert client.post(button)["Location"] == f"/imports/{job.number}/"

    bring_in(cast, hub, "tiny")
    page = words(client, "/models/tiny/versions/1/")
    assert 'it is <a href="/models/tiny/versions/2/">v2</a>' in page
    assert button not in page
    assert "newer commit" not in words(client, "/models/tiny/")
    ImportRight.objects.all().delete()
    publish(hub, "tiny")
    assert button not in words(client)


def test_what_one_may_not_see_is_in_no_row_count_or_choice(
    cast: Cast, hub: Hub, as_person: AsPerson
) -> None:
    bring_in(cast, hub, "open")
    bring_in(cast, hub, "secret", visibility="restricted")
    publish(hub, "secret")
    stan = as_person(cast.stan)
    for further in ("", "&newer=1", "&older=1", "&q=secret", "&team=growth", "&page=2"):
        page = words(stan, f"{VIEW}{further}")
        for said in ("secret v1", "acme/secret", "models/secret"):
            assert said not in page, further
        assert "2 version" not in page
    assert "No import from the hub is like that" in words(stan, f"{VIEW}&newer=1")
    assert rows(as_person(cast.otto)) == ["secret v1", "open v1"]
    api = "/api/v1/hub-origins/"
    for further in ("", "?newer=true", "?older=true", "?q=secret", "?team=growth"):
        found = stan.get(f"{api}{further}").json()["results"]
        assert all(one["model"] == "open" for one in found), further
    assert [one["model"] for one in as_person(cast.otto).get(api).json()["results"]] == [
        "secret",
        "open",
    ]
    assert stan.get("/api/v1/models/secret/versions/1/provenance/").status_code == 404
    newer = stan.post("/api/v1/models/secret/versions/1/newer/", content_type="application/json")
    assert newer.status_code == 404
    # Without anything to see there is no filter that could tell of a team.
    RegisteredModel.objects.filter(name="open").update(visibility="restricted")
    page = words(stan)
    assert "Nothing was imported from the hub yet" in page
    assert "Growth" not in page


def test_it_is_narrowed_by_words_team_newer_and_older(
    cast: Cast, hub: Hub, as_person: AsPerson
) -> None:
    bring_in(cast, hub, "one")
    bring_in(cast, hub, "two")
    publish(hub, "one")
    bring_in(cast, hub, "one")
    publish(hub, "two")
    client = as_person(cast.mina)
    assert rows(client) == ["one v2", "two v1"]
    assert rows(client, f"{VIEW}&older=1") == ["one v2", "two v1", "one v1"]
    assert rows(client, f"{VIEW}&newer=1") == ["two v1"]
    assert rows(client, f"{VIEW}&newer=1&older=1") == ["two v1", "one v1"]
    assert rows(client, f"{VIEW}&q=ACME/o") == ["one v2"]
    assert rows(client, f"{VIEW}&team=growth&q=two") == ["two v1"]
    assert rows(client, f"{VIEW}&team=risk-team") == []
    assert rows(client, f"{VIEW}&q=%25") == []
    for nonsense in ("q=%00", "team=%00"):
        assert client.get(f"{VIEW}&{nonsense}").status_code == 400
    assert rows(client, f"{VIEW}&page=nonsense") == ["one v2", "two v1"]


def test_it_takes_as_many_queries_for_many_rows_as_for_one(
    cast: Cast,
    hub: Hub,
    as_person: AsPerson,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = as_person(cast.mina)
    bring_in(cast, hub, "one")
    words(client)
    with django_assert_max_num_queries(30) as of_the_model:
        words(client, "/models/one/")
    with django_assert_num_queries(OF_THE_VIEW):
        words(client)
    for name in ("two", "three", "four"):
        bring_in(cast, hub, name)
        publish(hub, name)
    with django_assert_num_queries(OF_THE_VIEW):
        words(client)
    with django_assert_num_queries(len(of_the_model)):
        assert "newer commit" in words(client, "/models/two/")
