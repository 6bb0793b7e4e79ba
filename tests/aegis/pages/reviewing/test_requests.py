"""The page that asks for a promotion."""

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.models import PromotionRequest
from registry.models import ModelVersion, RegisteredModel
from tests.aegis.pages.reviewing.conftest import SignIn
from tests.approvals import making
from tests.cast import Cast

ADDRESS = "/models/churn-predictor/versions/1/promote/?to=Production"


def test_it_says_what_is_missing_who_can_mend_it_and_where(
    cast: Cast, model: RegisteredModel, signed_in: SignIn
) -> None:
    making.new_version(model, cast.mina, card=False)
    page = signed_in(cast.mina).get(ADDRESS).content.decode()
    assert "v1 has no published model card." in page
    assert 'href="/models/churn-predictor/versions/1/card/' in page
    assert "Marc Delacroix" in page
    assert "Rita Sandoval" in page


def test_a_contributor_asks(cast: Cast, version: ModelVersion, signed_in: SignIn) -> None:
    day = (timezone.localdate() + timedelta(days=9)).isoformat()
    answer = signed_in(cast.mina).post(ADDRESS, {"reason": making.REASON, "due": day})
    made = PromotionRequest.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/reviews/{made.number}/")
    assert (made.reason, made.target, made.requested_by) == (making.REASON, "Production", cast.mina)
    assert made.due_at is not None
    assert made.due_at.date().isoformat() == day


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"reason": "", "due": ""}, "Say why it should be promoted."),
        ({"reason": "Because.", "due": "2020-01-01"}, "The due time has passed already."),
        ({"reason": "Because.", "due": "soon"}, "Write a date as 2026-12-31."),
    ],
)
def test_a_faulty_request_keeps_what_was_typed(
    cast: Cast, version: ModelVersion, signed_in: SignIn, sent: dict[str, str], sentence: str
) -> None:
    answer = signed_in(cast.mina).post(ADDRESS, sent)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert sentence in page
    assert sent["reason"] in page
    assert not PromotionRequest.objects.exists()


def test_asking_twice_leads_to_the_request_that_is_there(
    cast: Cast, asked: PromotionRequest, signed_in: SignIn
) -> None:
    client = signed_in(cast.marc)
    page = client.get(ADDRESS).content.decode()
    assert f'href="/reviews/{asked.number}/"' in page
    assert client.post(ADDRESS, {"reason": "Me too."}).status_code == 409


def test_whoever_only_sees_the_model_does_not_ask(
    cast: Cast, version: ModelVersion, signed_in: SignIn
) -> None:
    client = signed_in(cast.vera)
    page = client.get(ADDRESS).content.decode()
    assert "You may see churn-predictor, but not add to it or ask for its promotion." in page
    assert 'name="reason"' not in page
    assert client.post(ADDRESS, {"reason": "Please."}).status_code == 403


def test_there_is_no_road_to_other_stages(
    cast: Cast, version: ModelVersion, signed_in: SignIn
) -> None:
    client = signed_in(cast.mina)
    assert client.get(ADDRESS.replace("Production", "Moon")).status_code == 400
    assert client.get("/models/churn-predictor/versions/9/promote/").status_code == 404
    assert client.get("/models/no-such/versions/1/promote/").status_code == 404
