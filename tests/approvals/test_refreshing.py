import pytest

from aegis.accounts.teams import create_team
from aegis.events.outbox import dispatch
from approvals.models import Dismissal, GateResult, PromotionRequest, RequestState
from approvals.policies import GateSpec
from approvals.promoting import begin
from approvals.refreshing import refresh, refresh_requests_of
from registry.models import ModelVersion, RegisteredModel
from registry.recording_facts import record_fact, record_metric
from tests.approvals import making
from tests.cast import Cast
from tests.registry import scanning


@pytest.fixture
def request_(cast: Cast, version: ModelVersion) -> PromotionRequest:
    request = making.ask(version, cast.mina)
    making.say(request, cast.rita)
    return request


def test_nothing_new_changes_nothing(cast: Cast, request_: PromotionRequest) -> None:
    before = making.last_entry()
    refresh(request_)
    refresh(request_)
    assert making.recorded(before) == []
    assert request_.subjects.count() == 1
    assert GateResult.objects.filter(request=request_).count() == 3


def test_a_new_card_makes_a_new_subject_and_dismisses_what_was_decided(
    cast: Cast, request_: PromotionRequest
) -> None:
    old = making.seen(request_)
    making.write_card(request_.version, cast.mina, "Now with limits.")
    before = making.last_entry()
    refresh(request_)
    new = request_.subjects.first()
    assert new is not None
    assert new.digest != old
    assert new.subject_revision == 2
    assert Dismissal.objects.get().reason == "subject_changed"
    assert GateResult.objects.filter(request=request_, subject_revision=2).count() == 3
    named = {"request": request_.number, "version": 1, "target": "Production"}
    assert making.recorded(before) == [
        ("request:changed", None, {**named, "from": old, "to": new.digest, "parts": ["card"]}),
        ("decision:dismissed", None, {**named, "verdict": "approve"}),
    ]


def test_an_approved_request_is_open_again(cast: Cast, request_: PromotionRequest) -> None:
    making.say(request_, cast.remy)
    making.write_card(request_.version, cast.mina, "Now with limits.")
    again = refresh(request_)
    assert again.state == RequestState.OPEN
    assert again.outcome == "The model card changed from revision 1 to 2."
    assert Dismissal.objects.count() == 2


def test_one_that_is_being_signed_is_open_again(cast: Cast, request_: PromotionRequest) -> None:
    making.say(request_, cast.remy)
    assert begin(request_.pk) is not None
    record_metric(request_.version, actor=cast.mina, name="accuracy", value=0.94)
    assert refresh(request_).state == RequestState.OPEN


def test_the_same_fact_stated_again_dismisses_too_as_the_database_counts_rows(
    cast: Cast, version: ModelVersion
) -> None:
    record_fact(version, actor=cast.mina, name="task", value="classification")
    request = making.ask(version, cast.mina)
    making.say(request, cast.rita)
    old = making.seen(request)
    record_fact(version, actor=cast.mina, name="task", value="classification")
    refresh(request)
    assert making.seen(request) == old
    assert Dismissal.objects.count() == 1


def test_a_card_that_was_missing_completes_what_needs_gates_alone(
    cast: Cast, model: RegisteredModel
) -> None:
    version = making.new_version(model, cast.mina, card=False)
    request = making.ask(version, cast.mina, "Staging")
    assert request.state == RequestState.OPEN
    making.write_card(version, cast.mina)
    dispatch()  # As a worker does, on the event of the card.
    request.refresh_from_db()
    assert request.state == RequestState.APPROVED


def test_a_card_event_reaches_the_requests_of_its_model_only(
    cast: Cast, request_: PromotionRequest
) -> None:
    other = making.new_version(making.new_model(cast, "fraud"), cast.mina)
    making.ask(other, cast.mina)
    making.write_card(request_.version, cast.mina, "Now with limits.")
    dispatch()
    dispatch()
    assert request_.subjects.count() == 2
    assert Dismissal.objects.count() == 1
    assert PromotionRequest.objects.get(version=other).subjects.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"approvals_required": 3}, "The policy production is in revision 2 now; it was 1."),
        ({"in_force": False}, "No policy governs moves to Production any more."),
        ({"name": "second"}, "The policy second governs the move now."),
    ],
)
def test_another_policy_makes_it_stale(
    cast: Cast, request_: PromotionRequest, changes: dict[str, object], words: str
) -> None:
    making.production_policy(cast, **changes)
    request_.refresh_from_db()
    assert request_.state == RequestState.STALE
    assert words in request_.outcome
    action, _, data = making.recorded()[-1]
    assert (action, data["code"]) == ("request:stale", "policy_changed")


def test_a_policy_for_others_leaves_it_alone(cast: Cast, request_: PromotionRequest) -> None:
    other = create_team(actor=cast.ada, slug="credit", name="Credit")
    gates = [
        GateSpec("model_card"),
        GateSpec("signature"),
        GateSpec("malware_scan"),
        GateSpec("licence", {"allowed": ["MIT"]}),
    ]
    making.production_policy(cast, name="credit", team=other, gates=gates)
    assert refresh(request_).state == RequestState.OPEN


def test_closed_requests_are_left_alone(cast: Cast, request_: PromotionRequest) -> None:
    making.say(request_, cast.remy, "reject")
    making.write_card(request_.version, cast.mina, "Now with limits.")
    refresh_requests_of(request_.version.registered_model_id)
    assert request_.subjects.count() == 1


def test_a_scan_that_finds_the_same_leaves_approvals_as_they_are(
    version: ModelVersion, request_: PromotionRequest
) -> None:
    before = making.seen(request_)

    scanning.rescan(version, ruleset="aegis-9 test")
    refresh(request_)

    assert making.seen(request_) == before
    assert Dismissal.objects.count() == 0


def test_a_version_that_turns_bad_makes_its_request_stale(
    version: ModelVersion, request_: PromotionRequest
) -> None:
    scanning.rescan(version, scanning.unknown(version, "model.bin"))
    refresh(request_)

    request_.refresh_from_db()
    assert (request_.state, request_.outcome) == ("stale", "v1 was quarantined.")
