"""A compromised key stops what it signed, at every gate and in the database, until re-signing."""

import pytest
from django.utils import timezone

from aegis.events.models import Notification
from aegis.events.outbox import dispatch
from approvals.gates import check
from approvals.models import PromotionRequest
from approvals.promoting import promote
from registry.models import ModelVersion, Signature, SigningKey
from registry.resigning import sign_again
from registry.signing_jobs import run_job
from registry.signing_keys import make_default
from tests.approvals import attacks, making
from tests.approvals.attacks import refused
from tests.cast import Cast
from tests.registry.keys import compromise, new_key


@pytest.fixture
def request_(cast: Cast, version: ModelVersion) -> PromotionRequest:
    request = making.ask(version, cast.mina)
    request.version.refresh_from_db()
    return request


def first_key() -> SigningKey:
    return SigningKey.objects.get(name="aegis-development")


def renew(version: ModelVersion, cast: Cast) -> Signature:
    make_default(new_key(cast, "second"), actor=cast.ada)
    made = run_job(sign_again(version, actor=cast.marc).pk)
    assert made is not None
    return made


def write_approvals(request: PromotionRequest, cast: Cast) -> None:
    """Write what a promotion needs past all verbs, as the application's role can."""
    for person in (cast.rita, cast.remy):
        attacks.insert_decision(request, person)
    attacks.set_state(request, "approved", "promoting")


def test_the_database_promotes_nothing_that_only_a_compromised_key_signed(
    cast: Cast, request_: PromotionRequest
) -> None:
    write_approvals(request_, cast)
    attacks.insert_statement(request_)
    compromise(first_key(), cast)
    with refused("signed only with a compromised key"):
        attacks.insert_transition(request_.version, request_id=request_.pk)


def test_the_application_cannot_take_a_compromise_back(
    cast: Cast, request_: PromotionRequest
) -> None:
    (marked,) = compromise(first_key(), cast)
    for statement in (
        "UPDATE registry_signingkeyversion SET compromised_reason = 'Nothing.' WHERE id = %s",
        "UPDATE registry_signingkeyversion SET hint = repeat('0', 64) WHERE id = %s",
        "DELETE FROM registry_signingkeyversion WHERE id = %s",
        "UPDATE registry_signature SET key_hint = repeat('0', 64) WHERE id = %s",
    ):
        with refused("does not change any more|permission denied"):
            attacks.run(statement, marked.pk)


def test_no_statement_is_kept_in_the_name_of_a_key_that_is_not_listed_or_compromised(
    cast: Cast, request_: PromotionRequest
) -> None:
    write_approvals(request_, cast)
    for changes in ({"key_hint": "0" * 64}, {"public_key": ""}, {"key_name": "another"}):
        with refused("No signing key of the list"):
            attacks.insert_statement(request_, **changes)
    compromise(first_key(), cast)
    with refused("compromised key signs nothing"):
        attacks.insert_statement(request_)


def test_with_a_good_signature_beside_it_the_database_promotes(
    cast: Cast, request_: PromotionRequest
) -> None:
    compromise(first_key(), cast)
    renew(request_.version, cast)
    dispatch()
    again = PromotionRequest.objects.get(pk=request_.pk)
    write_approvals(again, cast)
    attacks.insert_statement(again)
    attacks.insert_transition(again.version, request_id=again.pk)
    attacks.follow(again.version)
    attacks.at_commit()
    assert ModelVersion.objects.get(pk=again.version_id).stage == "Production"


def test_an_open_request_shows_the_gate_fail_and_signing_again_mends_it(
    cast: Cast, request_: PromotionRequest
) -> None:
    making.say(request_, cast.rita)
    compromise(first_key(), cast)
    dispatch()
    (failed,) = [one for one in check(request_.version, "Production") if one.gate == "signature"]
    assert failed.blocks
    today = f"{timezone.now():%-d %B %Y}"
    assert failed.reason.endswith(f"a key that was marked compromised on {today}; re-sign.")
    assert failed.fix is not None
    assert failed.fix.kind == "signature_renew"
    kept = request_.gate_results.filter(gate="signature").latest("id")
    assert kept.outcome == "fail"
    renew(request_.version, cast)
    dispatch()
    assert not request_.decisions.filter(dismissal=None).exists(), "the approval is of another key"
    for person in (cast.rita, cast.remy):
        making.say(request_, person)
    promote(request_.pk)
    request_.refresh_from_db()
    assert request_.state == "promoted", request_.outcome
    assert request_.statements.get().key_name == "second"


def test_an_approved_request_is_not_carried_out(cast: Cast, request_: PromotionRequest) -> None:
    making.say(request_, cast.rita)
    making.say(request_, cast.remy)
    make_default(new_key(cast, "second"), actor=cast.ada)
    compromise(first_key(), cast)
    promote(request_.pk)
    request_.refresh_from_db()
    assert request_.state == "open"
    assert "Signature has not passed." in request_.outcome
    assert ModelVersion.objects.get(pk=request_.version_id).stage == "None"


def test_the_team_and_the_maintainers_are_told_once(cast: Cast, request_: PromotionRequest) -> None:
    compromise(first_key(), cast)
    dispatch()
    dispatch()
    told = Notification.objects.filter(kind="signing_key:compromised")
    assert sorted(told.values_list("user__username", flat=True)) == ["marc", "mina"]
    note = told[0]
    assert note.url == "/models/churn-predictor/versions/1/"
    assert "churn-predictor v1" in note.body
