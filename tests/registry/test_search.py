from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aegis.accounts.models import User
from aegis.problems import Invalid
from registry.models import ModelVersion, RegisteredModel
from registry.registration import edit_model, register_model
from registry.search import Page, catalog
from registry.versions import create_version
from tests.cast import Cast
from tests.recorded import refused
from tests.registry import making

SHELF: list[dict[str, Any]] = [
    {
        "name": "churn-predictor",
        "description": "Ranks customers by their chance of cancelling.",
        "task": "classification",
        "framework": "xgboost",
        "tags": {"domain": "crm", "pii": ""},
    },
    {
        "name": "fraudScorer",
        "description": "Scores card payments before authorisation.",
        "task": "classification",
        "framework": "lightgbm",
        "tags": {"domain": "payments"},
    },
    {
        "name": "demand.forecast_v2",
        "description": "Weekly unit demand per warehouse; über alles.",
        "task": "forecasting",
        "framework": "lightgbm",
    },
    {
        "name": "secret-scorer",
        "description": "Scores what nobody may know.",
        "task": "classification",
        "framework": "skops",
        "visibility": "restricted",
    },
]


@pytest.fixture
def shelf(cast: Cast, data_folder: Any) -> list[RegisteredModel]:
    return [register_model(actor=cast.mina, team=cast.growth, **fields) for fields in SHELF]


def names(page: Page) -> list[str]:
    return [row.model.name for row in page.rows]


WORDS = [
    ("churn", {"churn-predictor"}),
    ("chur", {"churn-predictor"}),
    ("CHURN predictor", {"churn-predictor"}),
    ("churn-predictor", {"churn-predictor"}),
    ("customer", {"churn-predictor"}),
    ("ranking cancelled", {"churn-predictor"}),
    ("scorer", {"fraudScorer"}),
    ("fraudscorer", {"fraudScorer"}),
    ("forecast v2", {"demand.forecast_v2"}),
    ("über", {"demand.forecast_v2"}),
    ("lightgbm", {"fraudScorer", "demand.forecast_v2"}),
    ("crm", {"churn-predictor"}),
    ("domain payments", {"fraudScorer"}),
    ("classification", {"churn-predictor", "fraudScorer"}),
    ("churn fraud", set()),
    ("nothing", set()),
    ("---", set()),
    ("' & | ! :* \\", set()),
    ("by their", {"churn-predictor"}),
]


@pytest.mark.parametrize(("q", "expected"), WORDS)
def test_words_find_models(
    cast: Cast, shelf: list[RegisteredModel], q: str, expected: set[str]
) -> None:
    page = catalog(cast.vera, q=q)

    assert set(names(page)) == expected
    assert page.total == len(expected)


def test_a_name_weighs_more_than_a_description(cast: Cast, shelf: list[RegisteredModel]) -> None:
    register_model(
        actor=cast.mina, name="aaa", team=cast.growth, description="Not the churn model, churn."
    )

    assert names(catalog(cast.vera, q="churn")) == ["churn-predictor", "aaa"]


def test_an_edit_is_found_at_once(cast: Cast, shelf: list[RegisteredModel]) -> None:
    edit_model(shelf[0], actor=cast.mina, description="Predicts attrition.", tags={"area": "west"})

    assert names(catalog(cast.vera, q="attrition")) == ["churn-predictor"]
    assert names(catalog(cast.vera, q="area west")) == ["churn-predictor"]
    assert names(catalog(cast.vera, q="customers")) == []


FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({"task": "forecasting"}, {"demand.forecast_v2"}),
    ({"task": ["forecasting", "classification"]}, {"churn-predictor", "fraudScorer",
                                                   "demand.forecast_v2"}),
    ({"framework": "lightgbm", "task": "classification"}, {"fraudScorer"}),
    ({"tag": "domain"}, {"churn-predictor", "fraudScorer"}),
    ({"tag": "domain=crm"}, {"churn-predictor"}),
    ({"tag": ["domain=crm", "domain=payments"]}, {"churn-predictor", "fraudScorer"}),
    ({"tag": "pii="}, {"churn-predictor"}),
    ({"team": "growth", "q": "demand"}, {"demand.forecast_v2"}),
    ({"team": "risk-team"}, set()),
    ({"risk_tier": 1, "q": "churn"}, {"churn-predictor"}),
    ({"risk_tier": "2"}, set()),
    ({"stage": "Production"}, set()),
    ({"stage": "development"}, {"churn-predictor"}),
    ({"stage": ["None", "Production"]}, {"churn-predictor"}),
    ({"task": ""}, {"churn-predictor", "fraudScorer", "demand.forecast_v2"}),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "expected"), FILTERS)
def test_filters_narrow_the_catalog(
    cast: Cast, shelf: list[RegisteredModel], filters: dict[str, Any], expected: set[str]
) -> None:
    making.new_version(shelf[0], cast.mina)
    create_version(shelf[1], actor=cast.mina, source=ModelVersion.Source.UPLOAD)

    page = catalog(cast.vera, **filters)

    assert set(names(page)) == expected
    assert page.total == len(expected)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"stage": "live"}, "stage_unknown"),
        ({"risk_tier": "9"}, "risk_tier_unknown"),
        ({"sort": "size"}, "sort_unknown"),
        ({"page_size": 0}, "page_size_invalid"),
        ({"page_size": 101}, "page_size_invalid"),
        ({"page_size": "20"}, "page_size_invalid"),
        ({"q": "a\0b"}, "text_control_character"),
        ({"q": "x" * 201}, "text_too_long"),
        ({"task": "a\0"}, "text_control_character"),
        ({"task": [str(number) for number in range(51)]}, "filter_too_many"),
        ({"cursor": "x"}, "cursor_invalid"),
        ({"cursor": "!!"}, "cursor_invalid"),
        ({"cursor": "bnVsbA"}, "cursor_invalid"),
        ({"cursor": "WyJuYW1lIl0"}, "cursor_invalid"),
        ({"cursor": "WyJ1cGRhdGVkIiwiMSIsIjIiXQ"}, "cursor_invalid"),
        ({"cursor": "\u00e9"}, "cursor_invalid"),
        ({"cursor": "WyJuYW1lIiwiXHUwMDAwIl0"}, "cursor_invalid"),
    ],
)
def test_bad_questions_are_refused(cast: Cast, given: dict[str, Any], code: str) -> None:
    refused(Invalid, code, catalog, cast.vera, **given)


@pytest.mark.parametrize(("sort", "q"), [("name", ""), ("updated", ""), ("relevance", "model")])
def test_pages_follow_each_other_without_gap_or_repetition(
    cast: Cast, data_folder: Any, sort: str, q: str
) -> None:
    for number in range(7):
        register_model(
            actor=cast.mina,
            name=f"m{number}",
            team=cast.growth,
            description="model " * (number % 3 + 1),
        )
    whole = names(catalog(cast.vera, q=q, sort=sort, page_size=100))
    assert len(whole) == 7

    seen: list[str] = []
    cursor = None
    for _ in range(4):
        page = catalog(cast.vera, q=q, sort=sort, cursor=cursor, page_size=2)
        seen += names(page)
        cursor = page.next_cursor
    assert cursor is None
    assert seen == whole


def test_a_cursor_belongs_to_its_order(cast: Cast, shelf: list[RegisteredModel]) -> None:
    cursor = catalog(cast.vera, sort="name", page_size=1).next_cursor

    refused(Invalid, "cursor_invalid", catalog, cast.vera, sort="updated", cursor=cursor)


def test_what_changed_last_comes_first(cast: Cast, shelf: list[RegisteredModel]) -> None:
    create_version(shelf[0], actor=cast.mina, source=ModelVersion.Source.UPLOAD)

    assert names(catalog(cast.vera, sort="updated"))[0] == "churn-predictor"


def test_a_row_has_the_versions_that_a_reader_asks_for(
    cast: Cast, shelf: list[RegisteredModel]
) -> None:
    making.new_version(shelf[0], cast.mina)
    pending = create_version(shelf[0], actor=cast.mina, source=ModelVersion.Source.UPLOAD)

    row, without = catalog(cast.vera, task="classification").rows

    assert (row.latest, row.production, row.staging) == (pending, None, None)
    assert (without.latest, without.model.team.name) == (None, "Growth")


def test_lists_counts_and_facets_agree_with_what_may_be_opened(
    cast: Cast, shelf: list[RegisteredModel]
) -> None:
    for user in [*User.objects.all(), AnonymousUser()]:
        page = catalog(user, page_size=100)
        visible = {model.name for model in RegisteredModel.objects.visible_to(user)}
        assert set(names(page)) == visible
        assert page.total == len(visible)
        facets = {facet.name: {c.value: c.count for c in facet.choices} for facet in page.facets}
        assert facets["task"].get("classification", 0) == len(
            visible & {"churn-predictor", "fraudScorer", "secret-scorer"}
        )
        assert ("skops" in facets["framework"]) == ("secret-scorer" in visible)
        assert facets["team"] == ({"growth": len(visible)} if visible else {})


def test_a_facet_counts_what_a_further_value_would_add(
    cast: Cast, shelf: list[RegisteredModel]
) -> None:
    making.new_version(shelf[0], cast.mina)

    page = catalog(cast.vera, framework="lightgbm", stage="Production")

    facets = {facet.name: facet for facet in page.facets}
    counts = {
        name: [(c.value, c.label, c.count, c.is_wanted) for c in facet.choices]
        for name, facet in facets.items()
    }
    assert counts == {
        "stage": [("Production", "Production", 0, True)],
        "risk_tier": [],
        "task": [],
        "framework": [("lightgbm", "lightgbm", 0, True)],
        "team": [],
    }
    alone = {facet.name: facet.choices for facet in catalog(cast.vera, framework="lightgbm").facets}
    assert {(c.value, c.count) for c in alone["framework"]} == {("lightgbm", 2), ("xgboost", 1)}
    assert {(c.value, c.count) for c in alone["task"]} == {
        ("classification", 1),
        ("forecasting", 1),
    }


def test_a_page_of_the_catalog_takes_four_queries(cast: Cast, shelf: list[RegisteredModel]) -> None:
    for model in shelf:
        making.new_version(model, cast.mina)
    for filters in ({}, {"q": "scores", "stage": "None", "tag": "domain", "sort": "updated"}):
        with CaptureQueriesContext(connection) as queries:
            page = catalog(User.objects.get(pk=cast.vera.pk), **filters)
            for row in page.rows:
                assert row.model.team.name
                assert row.latest
                assert row.latest.created_by.name
        # One of them is the test's own: the person.
        assert len(queries) - 1 <= 4
