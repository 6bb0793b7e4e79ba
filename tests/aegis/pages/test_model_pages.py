"""Registering a model, its page, its settings and its aliases."""

from collections.abc import Callable

import pytest
from django.test import Client

from aegis.accounts.models import User
from registry.models import Alias, ModelVersion, RegisteredModel
from tests.cast import Cast
from tests.registry import making

AsPerson = Callable[[User], Client]
NEW = "/models/new/"


def said(cast: Cast, **changes: str) -> dict[str, str]:
    return {
        "name": "basket-recommender",
        "team": str(cast.growth.pk),
        "visibility": "internal",
        "description": "Suggests three products for a basket.",
        "task": "ranking",
        "framework": "xgboost",
        "tags": "domain = shop\nweekly",
        **changes,
    }


def test_a_model_is_registered_and_its_first_version_comes_next(
    cast: Cast, as_person: AsPerson
) -> None:
    response = as_person(cast.mina).post(NEW, said(cast))
    assert response.status_code == 302
    assert response["Location"] == "/models/basket-recommender/versions/new/"
    model = RegisteredModel.objects.get(name="basket-recommender")
    assert model.tags == {"domain": "shop", "weekly": ""}
    assert model.risk_tier == 1


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"name": "no spaces"}, 400, "name"),
        ({"name": "Churn-Predictor"}, 409, None),
        ({"task": "x" * 200}, 400, "task"),
        ({"tags": "a = 1\na = 2"}, 400, "tags"),
    ],
)
def test_a_refusal_keeps_what_was_typed(
    cast: Cast,
    model: RegisteredModel,
    as_person: AsPerson,
    changes: dict[str, str],
    status: int,
    field: str | None,
) -> None:
    response = as_person(cast.mina).post(NEW, said(cast, **changes))
    assert response.status_code == status
    assert b"Suggests three products for a basket." in response.content
    errors = response.context["form"].errors
    assert (field in errors) if field else errors
    assert RegisteredModel.objects.count() == 1


def test_nobody_registers_for_a_team_that_is_not_theirs(cast: Cast, as_person: AsPerson) -> None:
    response = as_person(cast.mina).post(NEW, said(cast, team=str(cast.risk_team.pk)))
    assert response.status_code == 400
    assert not RegisteredModel.objects.exists()


def test_somebody_without_a_team_is_told_who_can_help(cast: Cast, as_person: AsPerson) -> None:
    response = as_person(cast.vera).get(NEW)
    assert b"An administrator can add you to one." in response.content


def test_the_page_of_a_model_shows_its_versions_and_stages(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    response = as_person(cast.vera).get("/models/churn-predictor/")
    assert response.status_code == 200
    assert b"/models/churn-predictor/versions/1/" in response.content
    assert b"Add version" not in response.content
    assert b"Add version" in as_person(cast.mina).get("/models/churn-predictor/").content


def test_a_model_that_one_may_not_see_is_not_there(
    cast: Cast, data_folder: object, as_person: AsPerson
) -> None:
    making.new_model(cast, "secret", visibility="restricted")
    for address in ("", "versions/", "settings/", "versions/new/", "versions/1/"):
        response = as_person(cast.stan).get(f"/models/secret/{address}")
        assert response.status_code == 404, address


def test_a_contributor_edits_the_description_but_not_the_tier(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    typed = {"description": "Ranks customers.", "task": "", "framework": "", "tags": ""}
    client = as_person(cast.mina)
    assert "risk_tier" not in client.get("/models/churn-predictor/settings/").context["form"].fields
    response = client.post(
        "/models/churn-predictor/settings/", {**typed, "visibility": "restricted"}
    )
    assert response.status_code == 302
    model.refresh_from_db()
    assert model.description == "Ranks customers."
    assert model.visibility == "internal"


def test_a_maintainer_restricts_the_model(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    typed = {"description": "", "task": "", "framework": "", "tags": ""}
    response = as_person(cast.marc).post(
        "/models/churn-predictor/settings/", {**typed, "visibility": "restricted", "risk_tier": "1"}
    )
    assert response.status_code == 302
    model.refresh_from_db()
    assert model.visibility == "restricted"


def test_settings_are_for_those_who_contribute(
    cast: Cast, model: RegisteredModel, as_person: AsPerson
) -> None:
    response = as_person(cast.vera).get("/models/churn-predictor/settings/")
    assert response.status_code == 403
    assert b"may add to it" in response.content


def test_an_alias_is_set_moved_and_removed(
    cast: Cast, version: ModelVersion, as_person: AsPerson
) -> None:
    client = as_person(cast.mina)
    aliases = "/models/churn-predictor/aliases/"
    assert client.post(aliases, {"name": "dev-mina", "version": "1"}).status_code == 302
    assert Alias.objects.get(name="dev-mina").version == version
    assert b"dev-mina" in client.get("/models/churn-predictor/versions/dev-mina/").content
    assert client.post(f"{aliases}dev-mina/delete/").status_code == 302
    assert not Alias.objects.exists()


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"name": "production", "version": "1"}, 403),
        ({"name": "dev-x", "version": "99"}, 400),
        ({"name": "dev x", "version": "1"}, 400),
        ({"name": "", "version": ""}, 400),
    ],
)
def test_an_alias_that_may_not_be_set_says_why(
    cast: Cast, version: ModelVersion, as_person: AsPerson, typed: dict[str, str], status: int
) -> None:
    response = as_person(cast.mina).post("/models/churn-predictor/aliases/", typed)
    assert response.status_code == status
    assert response.context["form"].errors
    assert not Alias.objects.exists()
