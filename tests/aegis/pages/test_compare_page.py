"""Two versions beside each other."""

from collections.abc import Callable

from django.test import Client

from aegis.accounts.models import User
from registry.models import ModelVersion, RegisteredModel
from tests.cast import Cast
from tests.registry import making

AsPerson = Callable[[User], Client]
COMPARE = "/models/churn-predictor/compare/"


def test_one_version_is_not_two(cast: Cast, version: ModelVersion, as_person: AsPerson) -> None:
    response = as_person(cast.vera).get(COMPARE)
    assert b"There are no two versions to compare" in response.content


def test_the_newest_is_held_against_the_one_before(
    cast: Cast, version: ModelVersion, model: RegisteredModel, as_person: AsPerson
) -> None:
    files = {"config.json": b'{"layers": 3}'}
    making.new_version(model, cast.mina, files, facts={"params": {"depth": 6}})
    client = as_person(cast.vera)
    page = client.get(COMPARE).context["page"]
    assert (page.baseline.number, page.version.number) == (1, 2)
    assert [pair.title for pair in page.changes.params] == ["depth"]
    assert page.changes.file_words == "1 changed, 1 removed"
    swapped = client.get(COMPARE + page.swap_url).context["page"]
    assert (swapped.baseline.number, swapped.version.number) == (2, 1)


def test_a_version_that_is_not_there_is_refused(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    client = as_person(cast.vera)
    assert client.get(f"{COMPARE}?a=1&b=9").status_code == 404
    assert client.get(f"{COMPARE}?a=%00").status_code == 400
    assert client.get(f"{COMPARE}?a=1&b=1").status_code == 200
