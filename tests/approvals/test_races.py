"""Races with real threads: each has its own connection, and commits."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from aegis.problems import Conflict, Refusal
from aegis.proof.signing.statement import sign_promotion
from approvals import promoting
from approvals.decisions import withdraw_decision
from approvals.models import Decision, PromotionRequest, RequestState, StageTransition
from approvals.refreshing import refresh
from approvals.replay import replay
from approvals.rollback import roll_back
from registry.models import ModelVersion, RegisteredModel
from registry.signing.configured import configured_signer
from tests.approvals import making
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

Act = Callable[[], object]


def race(*acts: Act) -> list[object]:
    """Do all acts at once, each in a thread of its own; return results and refusals in order."""
    barrier = threading.Barrier(len(acts))

    def run(act: Act) -> object:
        try:
            barrier.wait(timeout=20)
            return act()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def codes(results: list[object]) -> Counter[str]:
    return Counter(one.code if isinstance(one, Refusal) else "done" for one in results)


def approved(cast: Cast, version: ModelVersion) -> PromotionRequest:
    request = making.ask(version, cast.mina)
    making.say(request, cast.rita)
    making.say(request, cast.remy)
    return request


def test_twenty_identical_decisions_at_once_count_once(cast: Cast, version: ModelVersion) -> None:
    request = making.ask(version, cast.mina)
    digest, moment = making.seen(request), timezone.now()
    say = lambda: making.say(  # noqa: E731
        request, cast.rita, subject_digest=digest, authenticated_at=moment
    )
    assert codes(race(*[say] * 20)) == {"done": 1, "already_decided": 19}
    assert Decision.objects.count() == 1
    assert refresh(request).state == RequestState.OPEN
    assert replay().holds


def test_two_reviewers_at_once_complete_it_once(cast: Cast, version: ModelVersion) -> None:
    request = making.ask(version, cast.mina)
    results = race(lambda: making.say(request, cast.rita), lambda: making.say(request, cast.remy))
    assert codes(results) == {"done": 2}
    assert refresh(request).state == RequestState.APPROVED
    actions = [action for action, _, _ in making.recorded()]
    assert actions.count("request:approved") == 1


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_requests_in_order_one_is_promoted_and_one_stale(
    cast: Cast, model: RegisteredModel, first: int
) -> None:
    requests = [approved(cast, making.new_version(model, cast.mina)) for _ in range(2)]
    holds = [promoting.begin(request.pk) for request in requests]
    bundles = [sign_promotion(hold.promotion, signer=configured_signer()) for hold in holds if hold]
    for which in (first, 1 - first):
        hold = holds[which]
        assert hold is not None
        promoting.complete_promotion(hold, bundles[which])
    _one_won(model, winner=requests[first], loser=requests[1 - first])


def test_of_two_requests_at_once_one_is_promoted_and_one_stale(
    cast: Cast, model: RegisteredModel
) -> None:
    requests = [approved(cast, making.new_version(model, cast.mina)) for _ in range(2)]
    race(*[lambda r=request: promoting.promote(r.pk) for request in requests])
    states = {refresh(request).state: request for request in requests}
    assert states.keys() == {RequestState.PROMOTED, RequestState.STALE}
    _one_won(model, winner=states[RequestState.PROMOTED], loser=states[RequestState.STALE])


def _one_won(model: RegisteredModel, *, winner: PromotionRequest, loser: PromotionRequest) -> None:
    winner.refresh_from_db()
    loser.refresh_from_db()
    assert (winner.state, loser.state) == (RequestState.PROMOTED, RequestState.STALE)
    assert loser.outcome.startswith(
        f"v{winner.version.number} came to Production by request {winner.number} meanwhile."
    )
    there = ModelVersion.objects.get(registered_model=model, stage="Production")
    assert there.pk == winner.version_id
    assert replay().holds


def test_two_workers_carry_a_request_out_once(cast: Cast, version: ModelVersion) -> None:
    request = approved(cast, version)
    race(*[lambda: promoting.promote(request.pk)] * 6)
    assert refresh(request).state == RequestState.PROMOTED
    assert StageTransition.objects.count() == 1
    assert replay().holds


def test_a_decision_and_an_edit_of_the_card_never_pass_each_other(
    cast: Cast, version: ModelVersion
) -> None:
    request = making.ask(version, cast.mina)
    making.say(request, cast.rita)
    digest = making.seen(request)
    race(
        lambda: making.say(request, cast.remy, subject_digest=digest),
        lambda: making.write_card(version, cast.mina, "Without limits."),
    )
    settled = refresh(request)
    # Whichever came first: nothing that was decided about the old card counts for the new one.
    assert settled.state == RequestState.OPEN
    assert not Decision.objects.filter(dismissal=None).exists()
    assert promoting.promote(request.pk) is None
    assert replay().holds


def test_an_edit_of_the_card_and_the_promotion_never_pass_each_other(
    cast: Cast, version: ModelVersion
) -> None:
    request = approved(cast, version)
    hold = promoting.begin(request.pk)
    assert hold is not None
    bundle = sign_promotion(hold.promotion, signer=configured_signer())
    race(
        lambda: promoting.complete_promotion(hold, bundle),
        lambda: making.write_card(version, cast.mina, "Without limits."),
    )
    state = refresh(request).state
    version.refresh_from_db()
    in_production = version.stage == "Production"
    assert in_production == (state == RequestState.PROMOTED)
    assert in_production or state == RequestState.OPEN
    assert replay().holds


def test_taking_an_approval_back_and_the_promotion_never_pass_each_other(
    cast: Cast, version: ModelVersion
) -> None:
    request = approved(cast, version)
    decision = Decision.objects.get(decided_by=cast.rita)
    results = race(
        lambda: promoting.promote(request.pk),
        lambda: withdraw_decision(decision, actor=cast.rita, authenticated_at=timezone.now()),
    )
    state = refresh(request).state
    if isinstance(results[1], Conflict):
        assert state == RequestState.PROMOTED
    else:
        assert state == RequestState.OPEN
    assert replay().holds


def test_a_rollback_and_a_promotion_at_once_leave_one_in_production(
    cast: Cast, model: RegisteredModel
) -> None:
    former = making.new_version(model, cast.mina)
    making.into_production(former, cast)
    making.into_production(making.new_version(model, cast.mina), cast)
    request = approved(cast, making.new_version(model, cast.mina))
    race(
        lambda: promoting.promote(request.pk),
        lambda: roll_back(model, actor=cast.marc, to_version=former, reason="Worse."),
    )
    assert ModelVersion.objects.filter(stage="Production").count() == 1
    assert refresh(request).state in {RequestState.PROMOTED, RequestState.STALE}
    assert replay().holds


def test_a_version_is_asked_for_once_at_a_time(cast: Cast, version: ModelVersion) -> None:
    asking = [lambda: making.ask(version, cast.mina)] * 8
    assert codes(race(*asking)) == {"done": 1, "request_under_way": 7}
