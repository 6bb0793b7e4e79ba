"""Who is told what: by the outbox, once each."""

import pytest

from aegis.events.models import Notification, OutboxEvent
from aegis.events.outbox import dispatch
from approvals.decisions import comment_on
from approvals.models import PromotionRequest
from approvals.promoting import promote
from approvals.requests import withdraw
from approvals.rollback import roll_back
from registry.models import ModelVersion
from registry.registration import edit_model
from registry.sharing import unshare
from tests.approvals import making
from tests.cast import Cast
from tests.fakes import AbsentSigner


@pytest.fixture
def request_(cast: Cast, version: ModelVersion) -> PromotionRequest:
    request = making.ask(version, cast.mina)
    told()
    return request


def told() -> list[tuple[str, str, str]]:
    """Let a worker carry out what is owed, and return whom it told what, and where, since."""
    before = set(Notification.objects.values_list("pk", flat=True))
    dispatch()
    OutboxEvent.objects.update(dispatched_at=None)
    dispatch()  # Whatever is delivered twice is told once.
    assert not OutboxEvent.objects.exclude(last_error="").exists()
    rows = Notification.objects.exclude(pk__in=before).select_related("user")
    return sorted((row.user.username, row.title, row.url) for row in rows)


def test_those_who_can_decide_hear_that_somebody_asks(cast: Cast, version: ModelVersion) -> None:
    told()  # What was said before, of roles that were given.
    request = making.ask(version, cast.mina)
    title = "Mina Okafor asks for churn-predictor v1 to Production"
    url = f"/reviews/{request.number}/"
    assert told() == [("remy", title, url), ("rita", title, url)]
    assert Notification.objects.filter(body=making.REASON).count() == 2


def test_whoever_asked_hears_each_word(cast: Cast, request_: PromotionRequest) -> None:
    url = f"/reviews/{request_.number}/"
    name = "churn-predictor v1 to Production"
    making.say(request_, cast.rita, "request_changes")
    assert told() == [("mina", f"Rita Sandoval decided: request changes, {name}", url)]
    comment_on(request_, actor=cast.mina, body="Done.")
    assert told() == [("rita", f"Mina Okafor commented: {name}", url)]


def test_all_who_took_part_hear_how_it_goes_on(cast: Cast, request_: PromotionRequest) -> None:
    making.say(request_, cast.rita)
    making.say(request_, cast.remy)
    told()
    promote(request_.pk, signer=AbsentSigner())
    title = "churn-predictor v1 to Production waits for the signer"
    assert [(who, said) for who, said, _ in told()] == [
        ("mina", title),
        ("remy", title),
        ("rita", title),
    ]
    PromotionRequest.objects.update(next_attempt_at=None)
    promote(request_.pk)
    title = "churn-predictor v1 to Production is done"
    assert [(who, said) for who, said, _ in told()] == [
        ("mina", title),
        ("remy", title),
        ("rita", title),
    ]


def test_whoever_decided_hears_that_it_does_not_count_any_more(
    cast: Cast, request_: PromotionRequest
) -> None:
    making.say(request_, cast.rita)
    told()
    making.write_card(request_.version, cast.mina, "With limits.")
    told()  # The event of the card dismisses the decision, and that is an event again.
    titles = Notification.objects.filter(user=cast.rita).values_list("title", flat=True)
    assert "Your decision does not count any more: churn-predictor v1 to Production" in titles


def test_whoever_withdraws_hears_nothing_of_it(cast: Cast, request_: PromotionRequest) -> None:
    making.say(request_, cast.rita)
    told()
    withdraw(request_, actor=cast.mina)
    assert [who for who, _, _ in told()] == ["rita"]


def test_reviewers_and_whoever_asked_hear_of_a_rollback(cast: Cast, version: ModelVersion) -> None:
    making.into_production(version, cast)
    making.into_production(making.new_version(version.registered_model, cast.mina), cast)
    told()
    roll_back(version.registered_model, actor=cast.marc, to_version=version, reason="Worse.")
    title = "Marc Delacroix rolled churn-predictor back to v1"
    url = "/models/churn-predictor/versions/1/"
    assert told() == [("mina", title, url), ("remy", title, url), ("rita", title, url)]


def test_whoever_may_not_see_the_model_any_more_hears_nothing(
    cast: Cast, request_: PromotionRequest
) -> None:
    making.say(request_, cast.rita)
    told()
    model = request_.version.registered_model
    edit_model(model, actor=cast.marc, visibility="restricted")
    unshare(model, actor=cast.marc, role="reviewer", group=cast.risk_team.group)
    told()
    withdraw(request_, actor=cast.marc)
    assert [who for who, _, _ in told()] == ["mina"]
