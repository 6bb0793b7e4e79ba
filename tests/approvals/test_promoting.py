import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from aegis.accounts.people import set_active
from aegis.proof.signing.signer import Signer
from aegis.proof.signing.statement import sign_promotion, verify_promotion
from approvals import promoting
from approvals.models import (
    GateResult,
    PromotionRequest,
    PromotionStatement,
    RequestState,
    StageTransition,
)
from registry.models import ModelVersion, RegisteredModel
from registry.signing.configured import configured_signer
from tests.approvals import making
from tests.cast import Cast
from tests.fakes import AbsentSigner, EmptySigner, LyingSigner


@pytest.fixture
def approved(cast: Cast, version: ModelVersion) -> PromotionRequest:
    request = making.ask(version, cast.mina)
    making.say(request, cast.rita)
    making.say(request, cast.remy)
    request.refresh_from_db()
    assert request.state == RequestState.APPROVED
    return request


def held(request: PromotionRequest) -> promoting.Hold:
    hold = promoting.begin(request.pk)
    assert hold is not None
    return hold


def signed(hold: promoting.Hold) -> promoting.SignedBundle:
    return sign_promotion(hold.promotion, signer=configured_signer())


def test_an_approved_request_is_signed_and_its_version_moves(
    cast: Cast, approved: PromotionRequest
) -> None:
    before = making.last_entry()
    done = promoting.promote(approved.pk)
    assert done is not None
    assert done.state == RequestState.PROMOTED
    version = ModelVersion.objects.get(pk=approved.version_id)
    assert (version.stage, version.stage_sequence) == ("Production", 1)
    move = StageTransition.objects.get()
    assert (move.kind, move.source, move.target) == ("promotion", "None", "Production")
    assert (move.request, move.actor) == (approved, None)
    results = GateResult.objects.filter(request=approved).order_by("-id")[:2]
    assert {one.subject_revision for one in results} == {version.subject_revision}
    named = {"request": approved.number, "version": 1, "target": "Production"}
    assert making.recorded(before) == [
        (
            "version:promoted",
            None,
            {
                "version": 1,
                "transition": str(move.pk),
                "sequence": 1,
                "source": "None",
                "target": "Production",
                "request": approved.number,
                "cause": None,
            },
        ),
        ("request:promoted", None, named),
    ]
    connection.check_constraints()


def test_the_statement_says_who_approved_what_and_verifies(
    cast: Cast, approved: PromotionRequest
) -> None:
    hold = held(approved)
    promoting.complete_promotion(hold, signed(hold))
    statement = PromotionStatement.objects.get(request=approved)
    said = verify_promotion(
        statement.envelope.encode(), hold.promotion, public_key_pem=statement.public_key
    )
    assert said["predicate"]["subject"] == {"sha256": making.seen(approved)}
    people = {approval["person"] for approval in said["predicate"]["approvals"]}
    assert people == {str(cast.rita.pk), str(cast.remy.pk)}
    assert said["predicate"]["policies"][0]["policy"] == "production"
    assert statement.is_development


def test_the_former_version_is_archived_first_and_because_of_it(
    cast: Cast, approved: PromotionRequest
) -> None:
    promoting.promote(approved.pk)
    second = making.new_version(approved.version.registered_model, cast.mina)
    request = making.into_production(second, cast)
    assert request.state == RequestState.PROMOTED
    former = ModelVersion.objects.get(pk=approved.version_id)
    assert (former.stage, second.stage) == ("Archived", "Production")
    move = StageTransition.objects.get(version=second)
    room = StageTransition.objects.get(version=former, kind="superseded")
    assert (room.source, room.target, room.cause) == ("Production", "Archived", move)
    actions = [action for action, _, _ in making.recorded()][-3:]
    assert actions == ["version:superseded", "version:promoted", "request:promoted"]
    connection.check_constraints()


def test_a_version_superseded_in_staging_goes_back_to_none(
    cast: Cast, version: ModelVersion
) -> None:
    making.into_staging(version, cast)
    second = making.new_version(version.registered_model, cast.mina)
    making.into_staging(second, cast)
    version.refresh_from_db()
    assert (version.stage, second.stage) == ("None", "Staging")


def test_of_two_requests_for_a_stage_the_loser_names_the_winner(
    cast: Cast, approved: PromotionRequest, model: RegisteredModel
) -> None:
    rival = making.ask(making.new_version(model, cast.mina), cast.mina)
    making.say(rival, cast.rita)
    promoting.promote(approved.pk)
    rival.refresh_from_db()
    assert rival.state == RequestState.STALE
    assert rival.outcome == (
        f"v1 came to Production by request {approved.number} meanwhile. "
        "Ask again if v2 should replace it."
    )
    action, _, data = making.recorded()[-1]
    assert (action, data["code"]) == ("request:stale", "occupant_changed")


def test_a_request_for_staging_of_what_came_to_production_is_overtaken(
    cast: Cast, approved: PromotionRequest, model: RegisteredModel
) -> None:
    making.staging_policy(cast, approvals_required=1)
    lower = making.ask(approved.version, cast.mina, "Staging")
    promoting.promote(approved.pk)
    lower.refresh_from_db()
    assert (lower.state, lower.outcome) == (RequestState.STALE, "v1 is in Production now.")


# The signer ------------------------------------------------------------------------------------


@pytest.mark.parametrize("signer", [AbsentSigner(), LyingSigner(), EmptySigner()])
def test_a_signer_that_gives_no_good_answer_delays_and_says_since_when(
    cast: Cast, approved: PromotionRequest, signer: Signer
) -> None:
    before = making.last_entry()
    delayed = promoting.promote(approved.pk, signer=signer)
    assert delayed is not None
    assert delayed.state == RequestState.APPROVED
    assert delayed.delayed_since is not None
    assert delayed.outcome.startswith("The statement is not signed yet. The signer")
    assert not PromotionStatement.objects.exists()
    assert not StageTransition.objects.exists()
    ((action, _, data),) = making.recorded(before)
    assert (action, data["code"]) == ("request:delayed", "signer_unavailable")


def test_it_is_not_tried_again_before_its_time_and_the_wait_grows(
    cast: Cast, approved: PromotionRequest
) -> None:
    promoting.promote(approved.pk, signer=AbsentSigner())
    assert promoting.promote(approved.pk) is None
    first = making.long_ago(minutes=2)
    PromotionRequest.objects.filter(pk=approved.pk).update(
        delayed_since=first, next_attempt_at=timezone.now()
    )
    before = making.last_entry()
    again = promoting.promote(approved.pk, signer=AbsentSigner())
    assert again is not None
    assert again.delayed_since == first
    assert again.next_attempt_at is not None
    wait = again.next_attempt_at - timezone.now()
    assert timedelta(minutes=1, seconds=55) < wait < timedelta(minutes=2, seconds=5)
    assert again.attempts == 2
    # Only the beginning of a delay is a change that somebody looks for in the log.
    assert making.recorded(before) == []


def test_when_the_signer_is_back_the_delay_is_forgotten(
    cast: Cast, approved: PromotionRequest
) -> None:
    promoting.promote(approved.pk, signer=AbsentSigner())
    PromotionRequest.objects.filter(pk=approved.pk).update(next_attempt_at=timezone.now())
    done = promoting.promote(approved.pk)
    assert done is not None
    assert (done.state, done.delayed_since, done.outcome) == (RequestState.PROMOTED, None, "")


# Everything is checked again -------------------------------------------------------------------


def test_a_card_edited_while_it_was_being_signed_stops_the_promotion(
    cast: Cast, approved: PromotionRequest
) -> None:
    hold = held(approved)
    bundle = signed(hold)
    making.write_card(approved.version, cast.mina, "One more limit.")
    stopped = promoting.complete_promotion(hold, bundle)
    assert stopped.state == RequestState.OPEN
    assert "revision 1 to 2" in stopped.outcome
    assert not StageTransition.objects.exists()
    assert not PromotionStatement.objects.exists()


def test_an_approver_who_was_locked_meanwhile_stops_the_promotion(
    cast: Cast, approved: PromotionRequest
) -> None:
    hold = held(approved)
    bundle = signed(hold)
    set_active(cast.rita, actor=cast.ada, active=False)
    stopped = promoting.complete_promotion(hold, bundle)
    assert stopped.state == RequestState.OPEN
    assert stopped.outcome == "An approval does not count any more."
    action, _, data = making.recorded()[-1]
    assert (action, data["code"]) == ("request:reopened", "approvals_missing")


def test_a_gate_that_fails_meanwhile_stops_the_promotion(
    cast: Cast, approved: PromotionRequest, settings: object
) -> None:
    hold = held(approved)
    bundle = signed(hold)
    settings.AEGIS_PRODUCTION = True  # type: ignore[attr-defined]  # There development keys fail.
    stopped = promoting.complete_promotion(hold, bundle)
    assert stopped.state == RequestState.OPEN
    assert stopped.outcome.startswith("Signature has not passed.")
    latest = GateResult.objects.filter(request=approved, gate="signature").order_by("-id")
    assert latest[0].outcome == "fail"


def test_a_policy_published_meanwhile_makes_it_stale(
    cast: Cast, approved: PromotionRequest
) -> None:
    hold = held(approved)
    bundle = signed(hold)
    making.production_policy(cast, approvals_required=3)
    stopped = promoting.complete_promotion(hold, bundle)
    assert stopped.state == RequestState.STALE
    assert "revision 2" in stopped.outcome


def test_a_worker_that_lost_its_hold_moves_nothing(cast: Cast, approved: PromotionRequest) -> None:
    lost = held(approved)
    bundle = signed(lost)
    PromotionRequest.objects.filter(pk=approved.pk).update(
        state_changed_at=making.long_ago(minutes=4)
    )
    promoting.release(approved.pk)
    second = held(approved)
    assert second.attempt == lost.attempt + 1
    assert promoting.complete_promotion(lost, bundle).state == RequestState.PROMOTING
    assert not StageTransition.objects.exists()
    assert promoting.complete_promotion(second, signed(second)).state == RequestState.PROMOTED
    assert promoting.complete_promotion(second, signed(second)).state == RequestState.PROMOTED
    assert StageTransition.objects.count() == 1


def test_what_is_not_approved_is_not_taken(cast: Cast, version: ModelVersion) -> None:
    request = making.ask(version, cast.mina)
    assert promoting.promote(request.pk) is None


def test_what_the_databases_guard_refuses_is_given_up_with_its_sentence(
    cast: Cast, approved: PromotionRequest
) -> None:
    hold = held(approved)
    given_up = promoting.give_up(hold, reason="The database refused the move. No.")
    assert given_up.state == RequestState.FAILED
    assert given_up.outcome == "The database refused the move. No."
    action, _, data = making.recorded()[-1]
    assert (action, data["code"]) == ("request:failed", "refused_by_the_database")


def test_what_it_refuses_once_is_looked_at_again_at_once(
    cast: Cast, approved: PromotionRequest
) -> None:
    before = making.last_entry()
    back = promoting.put_back(held(approved), reason="The database refused the move. No.")
    assert back.state == RequestState.APPROVED
    assert making.recorded(before) == []
    done = promoting.promote(approved.pk)
    assert done is not None
    assert (done.state, done.attempts) == (RequestState.PROMOTED, 2)


def test_the_guards_own_sentence_is_the_reason(approved: PromotionRequest) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        StageTransition.objects.create(
            version=approved.version,
            sequence=1,
            kind="promotion",
            source="None",
            target="Production",
            request=approved,
        )
    assert promoting._sentence_of(caught.value) == (
        "The database refused the move. "
        "A promotion names its approved request for this version and stage."
    )


def test_the_subject_that_was_decided_is_canonical_json(
    cast: Cast, approved: PromotionRequest
) -> None:
    body = json.loads(approved.subjects.get().body)
    assert body["target"] == "Production"
    assert body["card"]["revision"] == 1
