import hashlib

import pytest
from django.utils import timezone

from approvals import promoting, sweeping, tasks
from approvals.governing import policies_for
from approvals.models import PromotionRequest, RequestState
from approvals.refreshing import keep_subject
from approvals.rollback import owed_statements, roll_back
from approvals.subject import build_subject
from registry.models import ModelVersion
from tests.approvals import making
from tests.cast import Cast
from tests.fakes import AbsentSigner


@pytest.fixture
def approved(cast: Cast, version: ModelVersion) -> PromotionRequest:
    request = making.ask(version, cast.mina)
    making.say(request, cast.rita)
    making.say(request, cast.remy)
    request.refresh_from_db()
    return request


def age(request: PromotionRequest, **ago: float) -> None:
    PromotionRequest.objects.filter(pk=request.pk).update(state_changed_at=making.long_ago(**ago))


def test_an_approved_request_whose_hint_was_lost_is_due(approved: PromotionRequest) -> None:
    assert sweeping.sweep_requests() == [approved.pk]


def test_one_that_waits_for_the_signer_is_due_at_its_time(approved: PromotionRequest) -> None:
    promoting.promote(approved.pk, signer=AbsentSigner())
    assert sweeping.sweep_requests() == []
    PromotionRequest.objects.update(next_attempt_at=timezone.now())
    assert sweeping.sweep_requests() == [approved.pk]


def test_a_dead_workers_request_is_taken_over_and_a_living_ones_is_not(
    approved: PromotionRequest,
) -> None:
    assert promoting.begin(approved.pk) is not None
    age(approved, minutes=2)
    assert sweeping.sweep_requests() == []
    age(approved, minutes=4)
    before = making.last_entry()
    assert sweeping.sweep_requests() == [approved.pk]
    ((action, actor, data),) = making.recorded(before)
    assert (action, actor, data["code"]) == ("request:delayed", None, "broke_off")
    assert promoting.promote(approved.pk) is not None
    approved.refresh_from_db()
    assert approved.state == RequestState.PROMOTED


def test_a_request_that_kills_its_workers_is_given_up(approved: PromotionRequest) -> None:
    for _ in range(promoting.MOST_BROKEN):
        assert promoting.begin(approved.pk) is not None
        age(approved, minutes=4)
        sweeping.sweep_requests()
    approved.refresh_from_db()
    assert approved.state == RequestState.FAILED
    assert approved.outcome == "Carrying it out broke off 10 times."


def test_a_request_expires(cast: Cast, version: ModelVersion) -> None:
    request = PromotionRequest.objects.create(
        version=version,
        target="Production",
        reason=making.REASON,
        requested_by=cast.mina,
        expires_at=making.long_ago(minutes=1),
    )
    policies = policies_for(version.registered_model, "Production")
    keep_subject(request, build_subject(version, "Production", policies))
    before = making.last_entry()
    sweeping.sweep_requests()
    request.refresh_from_db()
    assert request.state == RequestState.EXPIRED
    ((action, actor, data),) = making.recorded(before)
    assert (action, actor, data["code"]) == ("request:expired", None, "expired")


def test_a_change_whose_event_was_lost_is_found(cast: Cast, version: ModelVersion) -> None:
    request = making.ask(version, cast.mina)
    making.write_card(version, cast.mina, "More.")
    sweeping.sweep_requests()
    assert request.subjects.count() == 2
    sweeping.sweep_requests()
    assert request.subjects.count() == 2


def test_one_request_that_cannot_be_mended_keeps_no_other_waiting(
    cast: Cast, version: ModelVersion
) -> None:
    broken = PromotionRequest.objects.create(
        version=making.new_version(version.registered_model, cast.mina),
        target="Production",
        reason=making.REASON,
        requested_by=cast.mina,
        expires_at=making.long_ago(minutes=1),
    )
    body = "no JSON at all"
    broken.subjects.create(
        body=body, digest=hashlib.sha256(body.encode()).hexdigest(), subject_revision=1
    )
    request = making.ask(version, cast.mina)
    making.write_card(version, cast.mina, "More.")
    sweeping.sweep_requests()
    broken.refresh_from_db()
    assert broken.state == RequestState.OPEN
    assert request.subjects.count() == 2


def test_the_tasks_do_what_their_names_say(cast: Cast, approved: PromotionRequest) -> None:
    tasks.sweep()  # Without a broker it only says so; the next sweep finds the same.
    tasks.promote(str(approved.pk))
    tasks.promote(str(approved.pk))
    approved.refresh_from_db()
    assert approved.state == RequestState.PROMOTED
    former = ModelVersion.objects.get(pk=approved.version_id)
    making.into_production(making.new_version(former.registered_model, cast.mina), cast)
    rollback = roll_back(
        former.registered_model, actor=cast.marc, to_version=former, reason="Worse."
    )
    assert owed_statements().exists()
    tasks.sign_rollback(str(rollback.pk))
    tasks.sign_rollback(str(rollback.pk))
    tasks.sign_owed_rollbacks()
    assert not owed_statements().exists()
