from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from aegis.accounts.people import create_person, join_accounts, set_active
from aegis.accounts.teams import add_member
from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal
from approvals.decisions import comment_on, withdraw_decision
from approvals.models import Decision, Dismissal, PromotionRequest, RequestState
from approvals.policies import GateSpec
from approvals.requests import withdraw
from registry.models import ModelVersion, RegisteredModel
from registry.recording_facts import record_fact
from registry.registration import edit_model
from registry.sharing import share, unshare
from tests.approvals import making
from tests.cast import PASSWORD, Cast

Say = Callable[[], object]


@pytest.fixture
def request_(cast: Cast, version: ModelVersion) -> PromotionRequest:
    return making.ask(version, cast.mina)


def refused(kind: type[Refusal], code: str, act: Say) -> Refusal:
    with pytest.raises(kind) as caught:
        act()
    assert (caught.value.code, type(caught.value)) == (code, kind)
    return caught.value


def test_the_deciding_approval_approves_and_both_are_recorded(
    cast: Cast, request_: PromotionRequest
) -> None:
    before = making.last_entry()
    moment = timezone.now()
    first = making.say(request_, cast.rita, authenticated_at=moment)
    request_.refresh_from_db()
    assert request_.state == RequestState.OPEN
    second = making.say(request_, cast.remy, comment="The limits hold.", authenticated_at=moment)
    request_.refresh_from_db()
    assert request_.state == RequestState.APPROVED
    assert (first.subject_revision, second.subject_revision) == (1, 1)
    named = {"request": request_.number, "version": 1, "target": "Production"}
    decided = {
        **named,
        "verdict": "approve",
        "subject": making.seen(request_),
        "authenticated_at": moment.isoformat(),
        "acknowledged_warnings": False,
    }
    assert making.recorded(before) == [
        ("decision:made", "rita", decided),
        ("decision:made", "remy", decided),
        ("request:approved", None, named),
    ]


def test_an_objection_keeps_the_request_open_until_it_is_taken_back(
    cast: Cast, request_: PromotionRequest
) -> None:
    ines = create_person(
        actor=cast.ada, username="ines", name="Ines", email="i@corp.example", password=PASSWORD
    )
    add_member(cast.risk_team, ines, actor=cast.ada)
    making.say(request_, cast.rita)
    objection = making.say(request_, ines, "request_changes")
    making.say(request_, cast.remy)
    request_.refresh_from_db()
    assert request_.state == RequestState.OPEN
    withdraw_decision(objection, actor=ines, authenticated_at=timezone.now())
    request_.refresh_from_db()
    assert request_.state == RequestState.APPROVED


def test_a_rejection_closes_the_request(cast: Cast, request_: PromotionRequest) -> None:
    before = making.last_entry()
    making.say(request_, cast.rita, "reject")
    request_.refresh_from_db()
    assert request_.state == RequestState.REJECTED
    assert request_.closed_by == cast.rita
    assert request_.outcome == "Rita Sandoval rejected it."
    actions = [action for action, _, _ in making.recorded(before)]
    assert actions == ["decision:made", "request:rejected"]
    refusal = refused(Conflict, "request_closed", lambda: making.say(request_, cast.remy))
    assert refusal.details["state"] == "rejected"
    assert "Rita Sandoval rejected it." in refusal.sentence


# Who decides -----------------------------------------------------------------------------------


def test_a_requester_cannot_decide_their_own_request(cast: Cast, version: ModelVersion) -> None:
    share(version.registered_model, actor=cast.marc, role="contributor", user=cast.rita)
    request = making.ask(version, cast.rita)
    for verdict in ("approve", "request_changes", "reject"):
        refused(Forbidden, "own_request", lambda v=verdict: making.say(request, cast.rita, v))
    assert making.say(request, cast.remy).verdict == "approve"


def test_an_uploader_cannot_decide(cast: Cast, model: RegisteredModel) -> None:
    share(model, actor=cast.marc, role="contributor", user=cast.rita)
    version = making.new_version(model, cast.rita, card=False)
    making.write_card(version, cast.mina)
    request = making.ask(version, cast.mina)
    refused(Forbidden, "own_upload", lambda: making.say(request, cast.rita))


def test_whoever_wrote_the_card_cannot_decide(cast: Cast, model: RegisteredModel) -> None:
    share(model, actor=cast.marc, role="contributor", user=cast.rita)
    version = making.new_version(model, cast.mina)
    making.write_card(version, cast.rita, "Rita's words.")
    request = making.ask(version, cast.mina)
    refused(Forbidden, "own_card", lambda: making.say(request, cast.rita))
    assert making.say(request, cast.remy).verdict == "approve"


def test_a_second_account_of_whoever_asked_cannot_decide(
    cast: Cast, request_: PromotionRequest
) -> None:
    second = create_person(
        actor=cast.ada, username="mina2", name="M. Okafor", email="m2@corp.example",
        password=PASSWORD,
    )  # fmt: skip
    add_member(cast.risk_team, second, actor=cast.ada)
    second = join_accounts(second, actor=cast.ada, first=cast.mina)
    refusal = refused(Forbidden, "own_request", lambda: making.say(request_, second))
    assert "both are one person" in refusal.sentence


def test_two_accounts_of_one_person_decide_once(cast: Cast, request_: PromotionRequest) -> None:
    second = create_person(
        actor=cast.ada, username="rita2", name="R. Sandoval", email="r2@corp.example",
        password=PASSWORD,
    )  # fmt: skip
    add_member(cast.risk_team, second, actor=cast.ada)
    second = join_accounts(second, actor=cast.ada, first=cast.rita)
    making.say(request_, cast.rita)
    refused(Conflict, "already_decided", lambda: making.say(request_, second))


def test_nobody_decides_twice_about_the_same(cast: Cast, request_: PromotionRequest) -> None:
    making.say(request_, cast.rita)
    refusal = refused(
        Conflict, "already_decided", lambda: making.say(request_, cast.rita, "reject")
    )
    assert refusal.details["verdict"] == "approve"
    assert Decision.objects.filter(request=request_).count() == 1


def test_a_locked_account_decides_nothing(cast: Cast, request_: PromotionRequest) -> None:
    set_active(cast.rita, actor=cast.ada, active=False)
    # The session that still holds rita as she was changes nothing.
    refused(Forbidden, "account_inactive", lambda: making.say(request_, cast.rita))


def test_a_service_account_decides_nothing(cast: Cast, request_: PromotionRequest) -> None:
    add_member(cast.risk_team, cast.ci_growth, actor=cast.ada)
    refused(Forbidden, "service_account", lambda: making.say(request_, cast.ci_growth))


def test_an_auditor_decides_nothing(cast: Cast, request_: PromotionRequest) -> None:
    refused(Forbidden, "auditor_reads_only", lambda: making.say(request_, cast.otto))
    refused(
        Forbidden, "auditor_reads_only", lambda: comment_on(request_, actor=cast.otto, body="Hm")
    )


@pytest.mark.parametrize("who", ["marc", "vera", "ada"])
def test_whoever_is_no_reviewer_decides_nothing(
    cast: Cast, request_: PromotionRequest, who: str
) -> None:
    refusal = refused(Forbidden, "not_a_reviewer", lambda: making.say(request_, getattr(cast, who)))
    assert "Rita Sandoval" in str(refusal.mend)


def test_a_reviewer_outside_the_policys_groups_decides_nothing(
    cast: Cast, request_: PromotionRequest
) -> None:
    share(request_.version.registered_model, actor=cast.marc, role="reviewer", user=cast.vera)
    refusal = refused(Forbidden, "outside_the_groups", lambda: making.say(request_, cast.vera))
    assert "Risk team" in refusal.sentence


def test_what_somebody_may_not_see_is_not_there(cast: Cast, request_: PromotionRequest) -> None:
    edit_model(request_.version.registered_model, actor=cast.marc, visibility="restricted")
    refused(NotFound, "model_not_found", lambda: making.say(request_, cast.stan))
    refused(
        NotFound, "model_not_found", lambda: comment_on(request_, actor=cast.stan, body="Hello")
    )


def test_an_approval_stops_counting_with_the_role(cast: Cast, request_: PromotionRequest) -> None:
    making.say(request_, cast.rita)
    unshare(
        request_.version.registered_model,
        actor=cast.marc,
        role="reviewer",
        group=cast.risk_team.group,
    )
    model = request_.version.registered_model
    share(model, actor=cast.marc, role="reviewer", user=cast.remy)
    making.say(request_, cast.remy)
    request_.refresh_from_db()
    assert request_.state == RequestState.OPEN


# Presence, subject, gates ----------------------------------------------------------------------


def test_a_token_decides_nothing(cast: Cast, request_: PromotionRequest) -> None:
    refused(
        Forbidden,
        "human_session_required",
        lambda: making.say(request_, cast.rita, authenticated_at=None),
    )


@pytest.mark.parametrize("ago", [timedelta(minutes=16), -timedelta(minutes=5)])
def test_an_old_or_impossible_sign_in_is_asked_for_again(
    cast: Cast, request_: PromotionRequest, ago: timedelta
) -> None:
    moment = timezone.now() - ago
    refused(
        Forbidden,
        "reauthentication_required",
        lambda: making.say(request_, cast.rita, authenticated_at=moment),
    )


def test_a_decision_on_what_changed_is_refused_and_the_change_is_kept(
    cast: Cast, request_: PromotionRequest
) -> None:
    seen = making.seen(request_)
    making.write_card(request_.version, cast.mina, "Now with limits.")
    refusal = refused(
        Conflict,
        "subject_changed",
        lambda: making.say(request_, cast.rita, subject_digest=seen),
    )
    assert refusal.details["changes"] == [
        {"part": "card", "words": "The model card changed from revision 1 to 2."}
    ]
    assert refusal.details["subject_digest"] == making.seen(request_) != seen
    assert not Decision.objects.exists()
    assert making.say(request_, cast.rita).subject_revision == 2


@pytest.mark.parametrize("digest", ["", "0" * 64, "nonsense"])
def test_a_digest_that_never_was_the_subjects_is_refused(
    cast: Cast, request_: PromotionRequest, digest: str
) -> None:
    refused(
        Conflict,
        "subject_changed",
        lambda: making.say(request_, cast.rita, subject_digest=digest),
    )


def test_nobody_approves_over_a_failing_gate(cast: Cast, model: RegisteredModel) -> None:
    request = making.ask(making.new_version(model, cast.mina, card=False), cast.mina)
    refusal = refused(Conflict, "gate_failing", lambda: making.say(request, cast.rita))
    assert [one["gate"] for one in refusal.details["gates"]] == ["model_card"]
    assert making.say(request, cast.rita, "request_changes").verdict == "request_changes"


def test_a_warning_is_approved_only_by_those_who_read_it(cast: Cast, version: ModelVersion) -> None:
    gates = [
        GateSpec("model_card"),
        GateSpec("signature"),
        GateSpec("malware_scan"),
        GateSpec("provenance", is_blocking=False),
    ]
    making.production_policy(cast, gates=gates)
    request = making.ask(version, cast.mina)
    refusal = refused(Conflict, "warnings_not_acknowledged", lambda: making.say(request, cast.rita))
    assert [one["gate"] for one in refusal.details["gates"]] == ["provenance"]
    assert making.say(request, cast.rita, acknowledged_warnings=True).verdict == "approve"


@pytest.mark.parametrize("verdict", ["request_changes", "reject"])
def test_a_no_needs_words(cast: Cast, request_: PromotionRequest, verdict: str) -> None:
    refusal = refused(
        Invalid, "comment_required", lambda: making.say(request_, cast.rita, verdict, comment=" ")
    )
    assert isinstance(refusal, Invalid)
    assert refusal.field == "comment"


@pytest.mark.parametrize("verdict", ["", "Approve", "yes", "promote"])
def test_an_unknown_verdict_is_refused(
    cast: Cast, request_: PromotionRequest, verdict: str
) -> None:
    refused(Invalid, "verdict_unknown", lambda: making.say(request_, cast.rita, verdict))


def test_a_closed_request_is_not_decided(cast: Cast, request_: PromotionRequest) -> None:
    withdraw(request_, actor=cast.mina)
    refused(Conflict, "request_closed", lambda: making.say(request_, cast.rita))


# Taking back, discussing -----------------------------------------------------------------------


def test_taking_an_approval_back_reopens_the_request(
    cast: Cast, request_: PromotionRequest
) -> None:
    decision = making.say(request_, cast.rita)
    making.say(request_, cast.remy)
    before = making.last_entry()
    withdraw_decision(decision, actor=cast.rita, authenticated_at=timezone.now())
    request_.refresh_from_db()
    assert request_.state == RequestState.OPEN
    assert Dismissal.objects.get(decision=decision).reason == "withdrawn"
    recorded = making.recorded(before)
    assert [(action, actor) for action, actor, _ in recorded] == [
        ("decision:withdrawn", "rita"),
        ("request:reopened", "rita"),
    ]
    assert recorded[1][2]["code"] == "approval_withdrawn"
    making.say(request_, cast.rita)
    request_.refresh_from_db()
    assert request_.state == RequestState.APPROVED


def test_a_decision_is_taken_back_once_by_whoever_made_it_in_person(
    cast: Cast, request_: PromotionRequest
) -> None:
    decision = making.say(request_, cast.rita)
    now = timezone.now()
    refused(
        Forbidden,
        "not_your_decision",
        lambda: withdraw_decision(decision, actor=cast.remy, authenticated_at=now),
    )
    refused(
        Forbidden,
        "human_session_required",
        lambda: withdraw_decision(decision, actor=cast.rita),
    )
    withdraw_decision(decision, actor=cast.rita, authenticated_at=now)
    refused(
        Conflict,
        "decision_dismissed",
        lambda: withdraw_decision(decision, actor=cast.rita, authenticated_at=now),
    )


def test_everybody_who_sees_it_comments_whatever_its_state(
    cast: Cast, request_: PromotionRequest
) -> None:
    withdraw(request_, actor=cast.mina)
    before = making.last_entry()
    comment = comment_on(request_, actor=cast.vera, body="Which languages were *not* tested?")
    assert comment.body == "Which languages were *not* tested?"
    ((action, actor, data),) = making.recorded(before)
    assert (action, actor) == ("comment:written", "vera")
    assert data["request"] == request_.number
    refused(Invalid, "text_empty", lambda: comment_on(request_, actor=cast.vera, body="\n"))


def test_a_change_of_any_kind_drops_the_count_to_zero(
    cast: Cast, request_: PromotionRequest
) -> None:
    making.say(request_, cast.rita)
    record_fact(request_.version, actor=cast.mina, name="code_version", value="churn@dd61a9b")
    making.say(request_, cast.remy, subject_digest=_fresh(request_))
    request_.refresh_from_db()
    assert request_.state == RequestState.OPEN
    kept = Decision.objects.filter(request=request_, dismissal=None)
    assert [decision.decided_by for decision in kept] == [cast.remy]


def _fresh(request: PromotionRequest) -> str:
    from approvals.refreshing import refresh

    return making.seen(refresh(request))
