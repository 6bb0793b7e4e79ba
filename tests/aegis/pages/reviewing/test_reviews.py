"""The review page: what it shows to whom, and decisions made on it."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from aegis.accounts.models import ADMINISTRATORS
from aegis.accounts.people import set_registry_role
from approvals.models import Comment, Decision, PromotionRequest
from approvals.promoting import promote
from approvals.requests import withdraw
from registry.models import ModelVersion
from tests.aegis.pages.reviewing.conftest import SignIn
from tests.approvals import making
from tests.cast import PASSWORD, Cast

BUDGET = 12


def said(asked: PromotionRequest, verdict: str = "approve", **changes: Any) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "comment": "Read it all, and it agrees.",
        "subject_digest": making.seen(asked),
        **changes,
    }


def address(asked: PromotionRequest, act: str = "") -> str:
    return f"/reviews/{asked.number}/{act}"


def test_the_review_shows_what_is_asked_to_whoever_sees_the_model(
    asked: PromotionRequest, cast: Cast, signed_in: SignIn
) -> None:
    answer = signed_in(cast.vera).get(address(asked))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "churn-predictor v1" in page
    assert making.REASON in page
    assert making.seen(asked) in page
    assert "You are no reviewer of churn-predictor." in page
    assert 'name="verdict"' not in page


def test_a_review_that_somebody_may_not_see_is_not_there(cast: Cast, signed_in: SignIn) -> None:
    hidden = making.new_model(cast, "secret-scorer", visibility="restricted")
    asked = making.ask(making.new_version(hidden, cast.mina), cast.mina)
    assert signed_in(cast.stan).get(address(asked)).status_code == 404
    assert signed_in(cast.stan).get(address(asked, "subject.json")).status_code == 404
    assert signed_in(cast.stan).post(address(asked, "comment/"), {"body": "?"}).status_code == 404
    assert signed_in(cast.rita).get(address(asked)).status_code == 200


def test_nobody_comes_to_a_review_without_signing_in(asked: PromotionRequest) -> None:
    answer = Client().get(address(asked))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


def test_a_reviewer_approves(asked: PromotionRequest, cast: Cast, just_signed_in: SignIn) -> None:
    answer = just_signed_in(cast.rita).post(address(asked, "decide/"), said(asked))
    assert answer.status_code == 302
    assert answer["Location"] == address(asked)
    decision = Decision.objects.get()
    assert (decision.decided_by, decision.verdict) == (cast.rita, "approve")
    assert decision.subject_digest == making.seen(asked)


def test_a_reviewer_whose_sign_in_is_old_gives_the_password_in_place(
    asked: PromotionRequest, cast: Cast, signed_in: SignIn
) -> None:
    client = signed_in(cast.rita)
    assert 'name="password"' in client.get(address(asked)).content.decode()

    without = client.post(address(asked, "decide/"), said(asked, "reject", comment="Not like so."))
    assert without.status_code == 403
    page = without.content.decode()
    assert "Not like so." in page
    assert 'value="reject" data-shortcut="r" checked' in page
    wrong = client.post(address(asked, "decide/"), said(asked, password="guess"))
    assert wrong.status_code == 403
    assert "That is not your password." in wrong.content.decode()
    assert not Decision.objects.exists()

    right = client.post(address(asked, "decide/"), said(asked, password=PASSWORD))
    assert right.status_code == 302
    assert Decision.objects.get().decided_by == cast.rita
    assert 'name="password"' not in client.get(address(asked)).content.decode()


def test_guessing_the_password_in_place_is_limited(
    asked: PromotionRequest, cast: Cast, signed_in: SignIn
) -> None:
    client = signed_in(cast.rita)
    for _ in range(12):
        answer = client.post(address(asked, "decide/"), said(asked, password="guess"))
    assert answer.status_code == 429
    assert "Read it all, and it agrees." in answer.content.decode()


def test_a_decision_about_what_changed_meanwhile_is_not_recorded_but_kept(
    asked: PromotionRequest, version: ModelVersion, cast: Cast, just_signed_in: SignIn
) -> None:
    stale = said(asked)
    making.write_card(version, cast.mina, "Not for pricing.")

    answer = just_signed_in(cast.rita).post(address(asked, "decide/"), stale)

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Your decision was not recorded" in page
    assert "The model card changed from revision 1 to 2." in page
    assert "Read it all, and it agrees." in page
    assert 'value="approve" data-shortcut="a" required checked' in page
    assert not Decision.objects.exists()
    present = making.seen(asked)
    assert present != stale["subject_digest"]
    assert f'name="subject_digest" value="{present}"' in page


@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"verdict": ""}, 400, "Choose a decision."),
        ({"verdict": "maybe"}, 400, "A decision is to approve"),
        ({"verdict": "reject", "comment": " "}, 400, "Say in a comment what should change"),
        ({"subject_digest": "0" * 64}, 409, "Your decision was not recorded"),
        ({"comment": "nul \0"}, 400, "Null characters are not allowed."),
    ],
)
def test_a_faulty_decision_says_what_is_wrong(
    asked: PromotionRequest,
    cast: Cast,
    just_signed_in: SignIn,
    changes: dict[str, str],
    status: int,
    sentence: str,
) -> None:
    answer = just_signed_in(cast.rita).post(address(asked, "decide/"), said(asked) | changes)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("mina", "You asked for this promotion, so you cannot decide it."),
        ("vera", "You are no reviewer of churn-predictor."),
        ("otto", "Auditors read everything and change nothing"),
    ],
)
def test_whose_decision_does_not_count_is_refused_with_the_reason(
    asked: PromotionRequest, cast: Cast, just_signed_in: SignIn, who: str, sentence: str
) -> None:
    answer = just_signed_in(getattr(cast, who)).post(address(asked, "decide/"), said(asked))
    assert answer.status_code == 403
    assert sentence in answer.content.decode()
    assert not Decision.objects.exists()


def test_a_second_decision_of_the_same_person_is_refused(
    asked: PromotionRequest, cast: Cast, just_signed_in: SignIn
) -> None:
    client = just_signed_in(cast.rita)
    assert client.post(address(asked, "decide/"), said(asked)).status_code == 302
    again = client.post(address(asked, "decide/"), said(asked))
    assert again.status_code == 409
    assert "You decided about this already" in again.content.decode()
    assert Decision.objects.count() == 1


def test_a_reviewer_takes_the_decision_back(
    asked: PromotionRequest, cast: Cast, just_signed_in: SignIn
) -> None:
    client = just_signed_in(cast.rita)
    nothing = client.post(address(asked, "take-back/"))
    assert nothing.status_code == 409
    client.post(address(asked, "decide/"), said(asked))
    assert client.post(address(asked, "take-back/")).status_code == 302
    assert 'name="verdict"' in client.get(address(asked)).content.decode()


def test_the_deciding_approval_leads_to_signing_and_then_to_production(
    asked: PromotionRequest, cast: Cast, just_signed_in: SignIn
) -> None:
    making.say(asked, cast.rita)
    client = just_signed_in(cast.remy)
    assert "Completes 2 of 2." in client.get(address(asked)).content.decode()
    client.post(address(asked, "decide/"), said(asked))

    waiting = client.get(address(asked)).content.decode()
    assert "Approved, signing" in waiting
    assert f'hx-get="{address(asked, "state/")}"' in waiting
    assert client.get(address(asked, "state/")).status_code == 200

    promote(asked.pk)
    polled = client.get(address(asked, "state/"))
    assert (polled.status_code, polled["HX-Refresh"]) == (204, "true")
    done = client.get(address(asked)).content.decode()
    assert "came to Production" in done
    assert "Approved by Rita Sandoval and Remy Thibault" in done


def test_whoever_asked_withdraws_and_others_do_not(
    asked: PromotionRequest, cast: Cast, just_signed_in: SignIn
) -> None:
    refused = just_signed_in(cast.rita).post(address(asked, "withdraw/"), {"reason": "No."})
    assert refused.status_code == 403
    done = just_signed_in(cast.mina).post(address(asked, "withdraw/"), {"reason": "Too early."})
    assert done.status_code == 302
    asked.refresh_from_db()
    assert asked.state == "withdrawn"
    assert "Too early." in just_signed_in(cast.vera).get(address(asked)).content.decode()


def test_a_comment_is_markdown_that_runs_nothing(
    asked: PromotionRequest, cast: Cast, signed_in: SignIn
) -> None:
    client = signed_in(cast.vera)
    body = "Is it **even**? <script>alert(1)</script>"
    assert client.post(address(asked, "comment/"), {"body": body}).status_code == 302
    page = client.get(address(asked)).content.decode()
    assert "<strong>even</strong>" in page
    assert "<script>alert" not in page
    assert client.post(address(asked, "comment/"), {"body": ""}).status_code == 400
    assert Comment.objects.count() == 1


def test_the_subject_can_be_downloaded_byte_for_byte(
    asked: PromotionRequest, cast: Cast, signed_in: SignIn
) -> None:
    answer = signed_in(cast.vera).get(address(asked, "subject.json"))
    kept = asked.subjects.get()
    assert answer.content.decode() == kept.body
    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_review_keeps_its_budget_of_queries(
    asked: PromotionRequest,
    version: ModelVersion,
    cast: Cast,
    signed_in: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    making.say(asked, cast.rita)
    making.write_card(version, cast.mina, "Once more.")
    for who in (cast.rita, cast.mina, cast.ada):
        client = signed_in(who)
        with django_assert_max_num_queries(BUDGET):
            assert client.get(address(asked)).status_code == 200


@pytest.mark.parametrize("act", ["decide", "comment", "withdraw", "take-back"])
def test_reading_changes_nothing(
    asked: PromotionRequest, cast: Cast, signed_in: SignIn, act: str
) -> None:
    assert signed_in(cast.rita).get(address(asked, f"{act}/")).status_code == 405


@pytest.mark.parametrize("number", [0, 999, 10**30])
def test_a_review_that_does_not_exist_is_not_found(
    cast: Cast, signed_in: SignIn, number: int
) -> None:
    assert signed_in(cast.rita).get(f"/reviews/{number}/").status_code == 404


def test_an_administrator_who_reviews_decides_in_the_administration_on_the_same_page(
    asked: PromotionRequest, cast: Cast, just_signed_in: SignIn
) -> None:
    set_registry_role(cast.rita, actor=cast.ada, role=ADMINISTRATORS, member=True)
    client = just_signed_in(cast.rita)
    there = f"/admin/approvals/promotionrequest/{asked.pk}/change/"
    page = client.get(there).content.decode()
    assert making.seen(asked) in page
    assert f'name="back" value="{there}"' in page

    answer = client.post(address(asked, "decide/"), said(asked, back=there))
    assert (answer.status_code, answer["Location"]) == (302, there)
    assert "You decided about this already" in client.get(there).content.decode()
    elsewhere = client.post(address(asked, "take-back/"), {"back": "https://evil.example/"})
    assert elsewhere["Location"] == address(asked)


def test_a_comment_is_kept_where_nothing_can_be_decided_any_more(
    asked: PromotionRequest, cast: Cast, just_signed_in: SignIn
) -> None:
    rita = just_signed_in(cast.rita)
    assert rita.post(address(asked, "decide/"), said(asked)).status_code == 302
    again = rita.post(address(asked, "decide/"), said(asked, comment="A second <thought>."))
    assert again.status_code == 409
    assert "A second &lt;thought&gt;." in again.content.decode()
    withdraw(asked, actor=cast.mina)
    late = just_signed_in(cast.remy).post(
        address(asked, "decide/"), said(asked, comment="Too late?")
    )
    assert late.status_code == 409
    assert "Too late?" in late.content.decode()
