"""The database's guard of stages, attacked with SQL as the application's role.

Each attack leaves out one thing of a promotion that would otherwise be accepted.
"""

import pytest

from aegis.accounts.models import User
from aegis.accounts.people import create_person, join_accounts
from aegis.accounts.teams import add_member
from aegis.embedded.config import APPLICATION
from aegis.keys import new_key
from approvals.models import PromotionRequest
from registry.models import ModelVersion, RegisteredModel
from registry.recording_facts import record_fact
from registry.sharing import share
from tests.approvals import attacks, making
from tests.approvals.attacks import refused
from tests.cast import PASSWORD, Cast


@pytest.fixture
def request_(cast: Cast, version: ModelVersion) -> PromotionRequest:
    request = making.ask(version, cast.mina)
    request.version.refresh_from_db()
    return request


def approve(request: PromotionRequest, *people: User) -> None:
    """Write approvals past all verbs, as one could who has the application's password."""
    for person in people:
        attacks.insert_decision(request, person)
    attacks.set_state(request, "approved", "promoting")


def promote(request: PromotionRequest) -> None:
    """Write the statement and the move, all that the guard has to judge."""
    attacks.insert_statement(request)
    attacks.insert_transition(request.version, request_id=request.pk)


def person(cast: Cast, username: str, *, of_the_risk_team: bool = True) -> User:
    made = create_person(
        actor=cast.ada,
        username=username,
        name=username.capitalize(),
        email=f"{username}@corp.example",
        password=PASSWORD,
    )
    if of_the_risk_team:
        add_member(cast.risk_team, made, actor=cast.ada)
    return made


def test_the_attacker_is_the_application(cast: Cast) -> None:
    assert attacks.run("SELECT current_user") == [(APPLICATION,)]


def test_with_all_in_place_the_move_is_accepted(cast: Cast, request_: PromotionRequest) -> None:
    approve(request_, cast.rita, cast.remy)
    promote(request_)
    attacks.follow(request_.version)
    attacks.set_state(request_, "promoted")
    attacks.at_commit()
    assert ModelVersion.objects.get(pk=request_.version_id).stage == "Production"


# The request -----------------------------------------------------------------------------------


def test_no_promotion_without_a_request(cast: Cast, request_: PromotionRequest) -> None:
    approve(request_, cast.rita, cast.remy)
    attacks.insert_statement(request_)
    for key in (None, new_key()):
        with refused("names its approved request"):
            attacks.insert_transition(request_.version, request_id=key)


def test_no_promotion_with_the_request_of_another_version(
    cast: Cast, model: RegisteredModel, request_: PromotionRequest
) -> None:
    other = making.new_version(model, cast.mina)
    approve(request_, cast.rita, cast.remy)
    attacks.insert_statement(request_)
    with refused("names its approved request"):
        attacks.insert_transition(other, request_id=request_.pk)


def test_no_promotion_with_the_request_for_another_stage(
    cast: Cast, request_: PromotionRequest
) -> None:
    approve(request_, cast.rita, cast.remy)
    attacks.insert_statement(request_)
    with refused("names its approved request"):
        attacks.insert_transition(request_.version, request_id=request_.pk, target="Staging")


@pytest.mark.parametrize("states", [(), ("approved",), ("approved", "promoting", "failed")])
def test_no_promotion_with_a_request_that_is_not_being_promoted(
    cast: Cast, request_: PromotionRequest, states: tuple[str, ...]
) -> None:
    for reviewer in (cast.rita, cast.remy):
        attacks.insert_decision(request_, reviewer)
    attacks.set_state(request_, *states)
    with refused("names its approved request"):
        promote(request_)


# Approvals -------------------------------------------------------------------------------------


def test_no_promotion_without_enough_approvals(cast: Cast, request_: PromotionRequest) -> None:
    approve(request_, cast.rita)
    with refused("1 of 2 approvals count"):
        promote(request_)


def test_the_approval_of_somebody_outside_the_groups_does_not_count(
    cast: Cast, request_: PromotionRequest
) -> None:
    approve(request_, cast.rita, cast.vera)
    with refused("1 of 2 approvals count"):
        promote(request_)


def test_the_approval_of_a_locked_account_does_not_count(
    cast: Cast, request_: PromotionRequest
) -> None:
    approve(request_, cast.rita, cast.remy)
    attacks.run("UPDATE accounts_user SET is_active = false WHERE id = %s", cast.rita.pk)
    with refused("1 of 2 approvals count"):
        promote(request_)


def test_the_approval_of_a_service_account_does_not_count(
    cast: Cast, request_: PromotionRequest
) -> None:
    add_member(cast.risk_team, cast.ci_growth, actor=cast.ada)
    approve(request_, cast.rita, cast.ci_growth)
    with refused("1 of 2 approvals count"):
        promote(request_)


def test_two_accounts_of_one_person_count_once(cast: Cast, request_: PromotionRequest) -> None:
    second = person(cast, "rita2")
    approve(request_, cast.rita, second)
    join_accounts(second, actor=cast.ada, first=cast.rita)
    with refused("1 of 2 approvals count"):
        promote(request_)


def test_the_approval_of_whoever_wrote_the_card_does_not_count(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    share(model, actor=cast.marc, role="contributor", user=cast.rita)
    making.write_card(version, cast.rita, "Rita's words.")
    request = making.ask(version, cast.mina)
    request.version.refresh_from_db()
    approve(request, cast.rita, cast.remy)
    with refused("1 of 2 approvals count"):
        promote(request)


def test_whoever_was_joined_to_the_requester_afterwards_does_not_count(
    cast: Cast, request_: PromotionRequest
) -> None:
    second = person(cast, "mina2")
    approve(request_, cast.rita, second)
    join_accounts(second, actor=cast.ada, first=cast.mina)
    with refused("1 of 2 approvals count"):
        promote(request_)


def test_a_dismissed_approval_does_not_count(cast: Cast, request_: PromotionRequest) -> None:
    approve(request_, cast.rita, cast.remy)
    attacks.run(
        "INSERT INTO approvals_dismissal (decision_id, reason, dismissed_by_id, dismissed_at) "
        "SELECT id, 'withdrawn', decided_by_id, now() FROM approvals_decision "
        "WHERE decided_by_id = %s",
        cast.rita.pk,
    )
    with refused("1 of 2 approvals count"):
        promote(request_)


@pytest.mark.parametrize("verdict", ["request_changes", "reject"])
def test_no_promotion_over_an_objection(
    cast: Cast, request_: PromotionRequest, verdict: str
) -> None:
    attacks.insert_decision(request_, person(cast, "ines"), verdict=verdict, comment="No.")
    approve(request_, cast.rita, cast.remy)
    with refused("A reviewer asked for changes or rejected"):
        promote(request_)


def test_approvals_of_what_was_there_before_do_not_count(
    cast: Cast, request_: PromotionRequest
) -> None:
    approve(request_, cast.rita, cast.remy)
    record_fact(request_.version, actor=cast.mina, name="task", value="ranking")
    request_.version.refresh_from_db()
    with refused("0 of 2 approvals count"):
        promote(request_)


def test_every_matching_policy_is_asked(cast: Cast, request_: PromotionRequest) -> None:
    approve(request_, cast.rita, cast.remy)
    making_room = (
        "INSERT INTO approvals_promotionpolicy (id, name, created_at) VALUES (%s, %s, now())"
    )
    policy = new_key()
    attacks.run(making_room, policy, "second")
    attacks.run(
        "INSERT INTO approvals_policyrevision (id, policy_id, number, target, risk_tiers, "
        "approvals_required, groups, expires_after_days, in_force, description, digest, "
        "published_at) VALUES (%s, %s, 1, 'Production', '{1}', 3, '{}', 30, true, '', '', now())",
        new_key(),
        policy,
    )
    with refused("2 of 3 approvals count"):
        promote(request_)


def test_no_promotion_where_no_policy_governs_it(cast: Cast, request_: PromotionRequest) -> None:
    approve(request_, cast.rita, cast.remy)
    attacks.run(
        "INSERT INTO approvals_policyrevision (id, policy_id, number, target, risk_tiers, "
        "approvals_required, groups, expires_after_days, in_force, description, digest, "
        "published_at) SELECT %s, policy_id, 2, target, risk_tiers, 0, '{}', 30, false, '', '', "
        "now() FROM approvals_policyrevision WHERE target = 'Production'",
        new_key(),
    )
    with refused("No policy governs this move"):
        promote(request_)


# Statement, gates ------------------------------------------------------------------------------


def test_no_promotion_without_its_statement(cast: Cast, request_: PromotionRequest) -> None:
    approve(request_, cast.rita, cast.remy)
    with refused("statement of the present subject is not signed"):
        attacks.insert_transition(request_.version, request_id=request_.pk)


def test_no_promotion_with_a_statement_over_other_files(
    cast: Cast, request_: PromotionRequest
) -> None:
    approve(request_, cast.rita, cast.remy)
    attacks.insert_statement(request_, manifest_digest="0" * 64)
    with refused("statement of the present subject is not signed"):
        attacks.insert_transition(request_.version, request_id=request_.pk)


def insert_result(request: PromotionRequest, gate: str, outcome: str, revision: int) -> None:
    attacks.run(
        "INSERT INTO approvals_gateresult (request_id, policy_revision_id, gate, outcome, reason, "
        "findings, is_blocking, subject_revision, checked_at) SELECT %s, id, %s, %s, '', '{}', "
        "true, %s, now() FROM approvals_policyrevision WHERE target = 'Production'",
        request.pk,
        gate,
        outcome,
        revision,
    )


@pytest.mark.parametrize("outcome", ["fail", "error"])
def test_no_promotion_over_a_gate_whose_last_word_is_no(
    cast: Cast, request_: PromotionRequest, outcome: str
) -> None:
    approve(request_, cast.rita, cast.remy)
    insert_result(request_, "signature", outcome, request_.version.subject_revision)
    with refused("The gate signature has not passed"):
        promote(request_)


def test_no_promotion_over_a_gate_that_did_not_run(cast: Cast, version: ModelVersion) -> None:
    request = PromotionRequest(
        version=version, target="Production", reason="Now", requested_by=cast.mina
    )
    request.expires_at = making.long_ago(days=-1)
    request.save()
    body = "{}"
    attacks.run(
        "INSERT INTO approvals_requestsubject (request_id, body, digest, subject_revision, "
        "created_at) VALUES (%s, %s, encode(sha256(%s), 'hex'), %s, now())",
        request.pk,
        body,
        body.encode(),
        version.subject_revision,
    )
    approve(request, cast.rita, cast.remy)
    with refused("The gate model_card has not passed|The gate signature has not passed"):
        promote(request)


@pytest.mark.parametrize("off", [-1, 1])
def test_what_a_gate_said_about_another_subject_cannot_be_written(
    cast: Cast, request_: PromotionRequest, off: int
) -> None:
    revision = request_.version.subject_revision
    with refused("not about the present subject"):
        insert_result(request_, "signature", "pass", revision + off)
    with refused("not about the present subject"):
        attacks.insert_statement(request_, subject_revision=revision + off)


# Steps of the version --------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["Staging", "Production", "Archived"])
@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_stage_does_not_change_without_its_transition(
    cast: Cast, version: ModelVersion, stage: str, step: int
) -> None:
    with refused("A stage changes only along a recorded transition"):
        attacks.run(
            "UPDATE registry_modelversion SET stage = %s, stage_sequence = stage_sequence + %s "
            "WHERE id = %s",
            stage,
            step,
            version.pk,
        )


def test_a_sequence_does_not_change_without_its_transition(
    cast: Cast, version: ModelVersion
) -> None:
    with refused("A stage changes only along a recorded transition"):
        attacks.run("UPDATE registry_modelversion SET stage_sequence = 1 WHERE id = %s", version.pk)


def test_the_orm_does_not_get_around_it(cast: Cast, version: ModelVersion) -> None:
    words = "only along a recorded transition"
    with refused(words):
        ModelVersion.objects.filter(pk=version.pk).update(stage="Production")
    version.stage = "Production"
    with refused(words):
        version.save()
    with refused(words):
        ModelVersion.objects.bulk_update([version], ["stage"])
    with refused("permission denied"):
        ModelVersion.objects.filter(pk=version.pk)._raw_delete("default")


def test_a_version_goes_only_where_its_transition_says(
    cast: Cast, request_: PromotionRequest
) -> None:
    approve(request_, cast.rita, cast.remy)
    promote(request_)
    with refused("A stage changes only along a recorded transition"):
        attacks.follow(request_.version, "Staging")
    attacks.follow(request_.version, "Production")
    attacks.at_commit()


def test_a_transition_without_its_move_is_refused_at_the_commit(
    cast: Cast, request_: PromotionRequest
) -> None:
    approve(request_, cast.rita, cast.remy)
    with refused("its version did not make"):
        promote(request_)
        attacks.at_commit()


def test_a_transition_follows_the_last_one(cast: Cast, version: ModelVersion) -> None:
    for changes in ({"sequence": 2}, {"sequence": 0}, {"source": "Staging"}):
        with refused("does not follow the version's last one"):
            attacks.insert_transition(version, **changes)


def test_there_is_one_version_in_production(cast: Cast, request_: PromotionRequest) -> None:
    making.into_production(making.new_version(request_.version.registered_model, cast.mina), cast)
    request = making.ask(
        making.new_version(request_.version.registered_model, cast.mina), cast.mina
    )
    request.version.refresh_from_db()
    approve(request, cast.rita, cast.remy)
    with refused("registry_one_production_version"):
        promote(request)
        attacks.follow(request.version)


@pytest.mark.parametrize(
    ("kind", "source", "reason", "words"),
    [
        ("rollback", "None", "Why", "does not go from None to Production by rollback"),
        ("superseded", "None", "", "does not go from None to Production by superseded"),
        ("archive", "None", "Why", "does not go from None to Production by archive"),
        ("emergency", "None", "Why", "does not go from None to Production by emergency"),
    ],
)
def test_no_other_kind_of_transition_leads_to_production(
    cast: Cast, version: ModelVersion, kind: str, source: str, reason: str, words: str
) -> None:
    with refused(words):
        attacks.insert_transition(version, kind=kind, source=source, reason=reason)


@pytest.fixture
def archived(cast: Cast, version: ModelVersion) -> ModelVersion:
    """Archived, and never in Production."""
    attacks.insert_transition(version, kind="archive", target="Archived", reason="Why")
    attacks.follow(version, "Archived")
    version.refresh_from_db()
    return version


def test_no_rollback_to_what_was_never_there(cast: Cast, archived: ModelVersion) -> None:
    with refused("Only a version that was in Production before"):
        attacks.insert_transition(archived, kind="rollback", reason="Why")


@pytest.fixture
def former(cast: Cast, version: ModelVersion) -> ModelVersion:
    """In Production once, and archived since."""
    making.into_production(version, cast)
    attacks.insert_transition(version, kind="archive", target="Archived", reason="Why")
    attacks.follow(version, "Archived")
    version.refresh_from_db()
    return version


def test_a_rollback_to_what_was_there_is_accepted_with_a_reason_only(
    cast: Cast, former: ModelVersion
) -> None:
    for changes in ({"reason": ""}, {"reason": "  "}, {"reason": "Why", "actor_id": None}):
        with refused("This transition needs a reason and somebody"):
            attacks.insert_transition(former, kind="rollback", **changes)
    attacks.insert_transition(former, kind="rollback", reason="Why")
    attacks.follow(former)
    attacks.at_commit()


@pytest.mark.parametrize("how", ["recalled", "quarantined"])
def test_what_was_taken_away_is_put_to_no_use(cast: Cast, former: ModelVersion, how: str) -> None:
    making.take_away(former, how)
    with refused("is not put into use"):
        attacks.insert_transition(former, kind="rollback", reason="Why")


def test_a_version_makes_room_only_for_another(cast: Cast, version: ModelVersion) -> None:
    making.into_production(version, cast)
    with refused("makes room only for the transition that it names"):
        attacks.insert_transition(version, kind="superseded", target="Archived")
    with refused("violates foreign key constraint"):
        attacks.insert_transition(version, kind="superseded", target="Archived", cause_id=new_key())
        attacks.follow(version, "Archived")
        attacks.at_commit()


def test_a_pending_version_has_no_transition(cast: Cast, model: RegisteredModel) -> None:
    from registry.versions import create_version

    version = create_version(model, actor=cast.mina, source="upload")
    with refused("Only a ready version"):
        attacks.insert_transition(version, kind="archive", target="Archived", reason="Why")


def test_an_old_request_does_not_serve_twice(cast: Cast, version: ModelVersion) -> None:
    request = making.into_production(version, cast)
    attacks.insert_transition(version, kind="archive", target="Archived", reason="Why")
    attacks.follow(version, "Archived")
    version.refresh_from_db()
    with refused("does not go from Archived to Production by promotion"):
        attacks.insert_transition(version, request_id=request.pk)
    attacks.at_commit()
