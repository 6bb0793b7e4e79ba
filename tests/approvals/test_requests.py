from datetime import timedelta

import pytest
from django.utils import timezone

from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal
from approvals.models import GateResult, RequestState
from approvals.policies import GateSpec
from approvals.requests import open_request, withdraw
from registry.models import ModelVersion, RegisteredModel
from registry.registration import edit_model
from registry.versions import create_version, mark_failed
from tests.approvals import making
from tests.cast import Cast


def refused(kind: type[Refusal], code: str, *args: object, **kwargs: object) -> Refusal:
    with pytest.raises(kind) as caught:
        open_request(*args, **kwargs)  # type: ignore[arg-type]
    assert caught.value.code == code
    return caught.value


def test_a_contributor_asks_and_everything_that_decisions_rest_on_is_stored(
    cast: Cast, version: ModelVersion
) -> None:
    before = making.last_entry()
    request = making.ask(version, cast.mina)
    assert request.state == RequestState.OPEN
    assert request.replaces is None
    assert request.number >= 1
    assert timedelta(days=29) < request.expires_at - timezone.now() < timedelta(days=31)
    subject = request.subjects.get()
    assert subject.subject_revision == version.subject_revision == 1
    results = GateResult.objects.filter(request=request)
    assert {(one.gate, one.outcome) for one in results} == {
        ("model_card", "pass"),
        ("signature", "pass"),
        ("malware_scan", "pass"),
    }
    ((action, actor, data),) = making.recorded(before)
    assert (action, actor) == ("request:opened", "mina")
    assert data == {
        "request": request.number,
        "version": 1,
        "target": "Production",
        "replaces": None,
        "subject": subject.digest,
        "policies": ["production r1"],
        "gates": {
            "production/model_card": "pass",
            "production/signature": "pass",
            "production/malware_scan": "pass",
        },
    }


def test_a_request_may_be_opened_while_gates_fail(cast: Cast, model: RegisteredModel) -> None:
    request = making.ask(making.new_version(model, cast.mina, card=False), cast.mina)
    assert request.state == RequestState.OPEN
    assert GateResult.objects.get(request=request, gate="model_card").outcome == "fail"


def test_gates_alone_approve_at_once_and_not_while_one_fails(
    cast: Cast, model: RegisteredModel
) -> None:
    documented = making.new_version(model, cast.mina)
    bare = making.new_version(model, cast.mina, card=False)
    assert making.ask(documented, cast.mina, "Staging").state == RequestState.APPROVED
    assert making.ask(bare, cast.mina, "Staging").state == RequestState.OPEN


def test_a_service_account_may_ask(cast: Cast, version: ModelVersion) -> None:
    assert making.ask(version, cast.ci_growth).requested_by == cast.ci_growth


@pytest.mark.parametrize("who", ["vera", "rita", "otto", "ada"])
def test_whoever_does_not_contribute_does_not_ask(
    cast: Cast, version: ModelVersion, who: str
) -> None:
    refusal = refused(
        Forbidden,
        "permission_missing",
        version,
        actor=getattr(cast, who),
        target="Production",
        reason="Now",
    )
    assert "Mina Okafor" in str(refusal.mend)


def test_what_somebody_may_not_see_is_not_there(cast: Cast, version: ModelVersion) -> None:
    edit_model(version.registered_model, actor=cast.marc, visibility="restricted")
    refused(
        NotFound, "model_not_found", version, actor=cast.stan, target="Production", reason="Now"
    )


@pytest.mark.parametrize("target", ["None", "Archived", "production", "", "Elsewhere"])
def test_a_promotion_goes_to_staging_or_production(
    cast: Cast, version: ModelVersion, target: str
) -> None:
    refused(Invalid, "target_unknown", version, actor=cast.mina, target=target, reason="Now")


def test_a_request_needs_a_reason(cast: Cast, version: ModelVersion) -> None:
    refused(Invalid, "text_empty", version, actor=cast.mina, target="Production", reason=" \n")


def test_a_due_time_lies_ahead_and_has_a_zone(cast: Cast, version: ModelVersion) -> None:
    asked = {"actor": cast.mina, "target": "Production", "reason": "Now"}
    refused(Invalid, "due_in_past", version, due_at=making.long_ago(hours=1), **asked)
    naive = timezone.now().replace(tzinfo=None) + timedelta(days=1)
    refused(Invalid, "due_without_zone", version, due_at=naive, **asked)
    due = timezone.now() + timedelta(days=3)
    assert open_request(version, due_at=due, **asked).due_at == due  # type: ignore[arg-type]


def test_only_a_ready_version_is_asked_for(cast: Cast, model: RegisteredModel) -> None:
    version = create_version(model, actor=cast.mina, source="upload")
    asked = {"actor": cast.mina, "target": "Production", "reason": "Now"}
    refused(Conflict, "version_pending", version, **asked)
    mark_failed(version, actor=None, code="file_missing", reason="A file is missing.")
    refused(Conflict, "version_failed", version, **asked)


def test_a_version_is_asked_for_once_at_a_time(cast: Cast, version: ModelVersion) -> None:
    first = making.ask(version, cast.mina)
    refusal = refused(
        Conflict,
        "request_under_way",
        version,
        actor=cast.marc,
        target="Production",
        reason="Now",
    )
    assert refusal.details == {"number": first.number}
    withdraw(first, actor=cast.mina)
    assert making.ask(version, cast.marc).number > first.number


def test_without_a_policy_nothing_is_asked_for(cast: Cast, version: ModelVersion) -> None:
    making.production_policy(cast, in_force=False)
    refused(Conflict, "no_policy", version, actor=cast.mina, target="Production", reason="Now")


def test_a_version_goes_nowhere_that_the_table_does_not_name(
    cast: Cast, version: ModelVersion
) -> None:
    asked = {"actor": cast.mina, "reason": "Now"}
    making.into_staging(version, cast)
    refused(Conflict, "already_in_stage", version, target="Staging", **asked)
    making.into_production(version, cast)
    refused(Conflict, "already_in_stage", version, target="Production", **asked)
    refused(Conflict, "stage_order", version, target="Staging", **asked)
    making.into_production(making.new_version(version.registered_model, cast.mina), cast)
    version.refresh_from_db()
    assert version.stage == "Archived"
    refused(Conflict, "version_archived", version, target="Production", **asked)


def test_the_shortest_of_all_policies_says_how_long_a_request_lasts(
    cast: Cast, version: ModelVersion
) -> None:
    making.production_policy(
        cast,
        name="hasty",
        expires_after_days=3,
        gates=[GateSpec("model_card"), GateSpec("signature"), GateSpec("malware_scan")],
    )
    request = making.ask(version, cast.mina)
    assert request.expires_at - timezone.now() < timedelta(days=3, minutes=1)
    assert GateResult.objects.filter(request=request).count() == 6


@pytest.mark.parametrize("who", ["mina", "marc"])
def test_the_requester_and_a_maintainer_withdraw(
    cast: Cast, version: ModelVersion, who: str
) -> None:
    request = making.ask(version, cast.mina)
    before = making.last_entry()
    actor = getattr(cast, who)
    closed = withdraw(request, actor=actor, reason="The report is wrong.")
    assert closed.state == RequestState.WITHDRAWN
    assert closed.closed_by == actor
    assert closed.outcome == f"{actor} withdrew it: The report is wrong."
    assert making.recorded(before) == [
        (
            "request:withdrawn",
            who,
            {"request": request.number, "version": 1, "target": "Production"},
        )
    ]
    with pytest.raises(Conflict) as caught:
        withdraw(request, actor=actor)
    assert caught.value.code == "request_closed"


@pytest.mark.parametrize("who", ["rita", "vera", "ci_growth"])
def test_others_do_not_withdraw(cast: Cast, version: ModelVersion, who: str) -> None:
    request = making.ask(version, cast.mina)
    with pytest.raises(Forbidden) as caught:
        withdraw(request, actor=getattr(cast, who))
    assert caught.value.code == "not_your_request"
