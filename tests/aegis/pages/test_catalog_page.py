"""The catalog: what it finds, how it is narrowed, what it says where there is nothing."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from aegis.accounts.models import User
from registry.models import RegisteredModel
from tests.cast import Cast
from tests.registry import making

AsPerson = Callable[[User], Client]


@pytest.fixture
def models(cast: Cast, data_folder: object) -> list[RegisteredModel]:
    """Three models; the last one is restricted."""
    return [
        making.new_model(cast, "churn-predictor", task="classification", framework="xgboost"),
        making.new_model(cast, "fraud-scorer", task="classification", tags={"domain": "cards"}),
        making.new_model(cast, "secret-pricing", task="regression", visibility="restricted"),
    ]


def names(client: Client, address: str, **headers: str) -> list[str]:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return [row.row.model.name for row in response.context["shown"].rows]


def test_somebody_sees_what_they_may_and_no_more(
    cast: Cast, models: object, as_person: AsPerson
) -> None:
    assert names(as_person(cast.mina), "/?sort=name") == [
        "churn-predictor",
        "fraud-scorer",
        "secret-pricing",
    ]
    response = as_person(cast.vera).get("/")
    assert b"secret-pricing" not in response.content
    assert b"2 models" in response.content


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/?q=chur", ["churn-predictor"]),
        ("/?task=regression", ["secret-pricing"]),
        ("/?framework=xgboost&team=growth", ["churn-predictor"]),
        ("/?tag=domain", ["fraud-scorer"]),
        ("/?stage=Production", []),
    ],
)
def test_words_and_facets_narrow_it(
    cast: Cast, models: object, as_person: AsPerson, address: str, expected: list[str]
) -> None:
    assert names(as_person(cast.mina), address) == expected


def test_each_filter_is_a_chip_that_removes_it_alone(
    cast: Cast, models: object, as_person: AsPerson
) -> None:
    response = as_person(cast.mina).get("/?q=fraud&task=classification")
    chips = {chip.label: chip.url for chip in response.context["shown"].chips}
    assert chips == {"“fraud”": "/?task=classification", "classification": "/?q=fraud"}


def test_without_hits_it_says_how_to_find_more(
    cast: Cast, models: object, as_person: AsPerson
) -> None:
    response = as_person(cast.mina).get("/?q=nothing-like-it&team=growth")
    assert b"No models match" in response.content
    assert b"Remove growth" in response.content


def test_an_empty_registry_offers_the_first_step(cast: Cast, as_person: AsPerson) -> None:
    response = as_person(cast.vera).get("/")
    assert b"There is no model here yet" in response.content
    assert b'href="/models/new/"' in response.content


def test_htmx_gets_results_and_counts_without_the_page(
    cast: Cast, models: object, as_person: AsPerson
) -> None:
    response = as_person(cast.mina).get("/?task=regression", headers={"HX-Request": "true"})
    assert b"<html" not in response.content
    assert b'id="results"' in response.content
    assert b'hx-swap-oob="true"' in response.content
    assert response["HX-Push-Url"] == "/?task=regression"


def test_pages_follow_each_other_and_lose_nothing(
    cast: Cast, data_folder: object, as_person: AsPerson
) -> None:
    expected = {f"model-{number:02}" for number in range(23)}
    for name in sorted(expected):
        making.new_model(cast, name)
    client, address, found = as_person(cast.mina), "/?sort=name", []
    while address:
        response = client.get(address)
        found += [row.row.model.name for row in response.context["shown"].rows]
        address = response.context["shown"].next_url
    assert found == sorted(expected)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/?sort=best", "sort_unknown"),
        ("/?cursor=nonsense", "cursor_invalid"),
        ("/?stage=Gone", "stage_unknown"),
    ],
)
def test_an_address_that_means_nothing_is_refused_with_a_sentence(
    cast: Cast, as_person: AsPerson, address: str, code: str
) -> None:
    response = as_person(cast.mina).get(address)
    assert response.status_code == 400
    assert code.encode() in response.content


def test_suggestions_name_models_that_the_person_may_open(
    cast: Cast, models: object, as_person: AsPerson
) -> None:
    assert b"secret-pricing" in as_person(cast.mina).get("/search/?q=secr").content
    assert b"secret-pricing" not in as_person(cast.vera).get("/search/?q=secr").content
    assert as_person(cast.vera).get("/search/?q=").content.strip() == b""


def test_the_catalog_costs_six_queries(
    cast: Cast,
    models: object,
    as_person: AsPerson,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = as_person(cast.mina)
    client.get("/")
    with django_assert_max_num_queries(6):
        client.get("/?q=chur&task=classification")


@pytest.mark.parametrize("address", ["/", "/search/", "/models/new/", "/imports/", "/models/x/"])
@pytest.mark.django_db
def test_nobody_comes_in_without_signing_in(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")
