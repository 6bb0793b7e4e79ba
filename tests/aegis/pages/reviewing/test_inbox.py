"""The inbox: what needs a person, what waits for whom, what has ended."""

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from approvals.models import PromotionRequest
from registry.models import ModelVersion
from tests.aegis.pages.reviewing.conftest import SignIn
from tests.approvals import making
from tests.cast import Cast

BUDGET = 8


def test_a_reviewer_finds_what_needs_them_and_the_count_says_so(
    asked: PromotionRequest, cast: Cast, signed_in: SignIn
) -> None:
    page = signed_in(cast.rita).get("/reviews/").content.decode()
    assert f'href="/reviews/{asked.number}/"' in page
    assert "Nothing needs your review" not in page
    assert '1<span class="visually-hidden"> need your review</span>' in page


def test_what_somebody_asked_for_waits_for_others(
    asked: PromotionRequest, cast: Cast, signed_in: SignIn
) -> None:
    client = signed_in(cast.mina)
    page = client.get("/reviews/").content.decode()
    assert "Nothing needs your review" in page
    assert "Waiting for others" in page
    assert f'href="/reviews/{asked.number}/"' in client.get("/reviews/?list=mine").content.decode()


def test_what_changes_were_asked_for_waits_for_its_author(
    asked: PromotionRequest, cast: Cast, signed_in: SignIn
) -> None:
    making.say(asked, cast.rita, "request_changes")
    page = signed_in(cast.remy).get("/reviews/").content.decode()
    assert "Waiting for the author" in page


def test_what_has_ended_is_kept(version: ModelVersion, cast: Cast, signed_in: SignIn) -> None:
    ended = making.into_production(version, cast)
    page = signed_in(cast.vera).get("/reviews/?list=decided").content.decode()
    assert f'href="/reviews/{ended.number}/"' in page
    assert "Promoted" in page


@pytest.mark.parametrize("name", ["", "mine", "open", "decided", "no-such-list"])
def test_every_list_stands_empty_and_keeps_its_budget(
    cast: Cast,
    signed_in: SignIn,
    name: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = signed_in(cast.rita)
    with django_assert_max_num_queries(BUDGET):
        answer = client.get(f"/reviews/?list={name}")
    assert answer.status_code == 200
    assert "empty-state" in answer.content.decode()


def test_a_stranger_does_not_see_requests_about_restricted_models(
    cast: Cast, signed_in: SignIn
) -> None:
    hidden = making.new_model(cast, "secret-scorer", visibility="restricted")
    making.ask(making.new_version(hidden, cast.mina), cast.mina)
    for name in ("", "open", "mine"):
        page = signed_in(cast.stan).get(f"/reviews/?list={name}").content.decode()
        assert "secret-scorer" not in page
