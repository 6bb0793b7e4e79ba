"""The database's guards of requests and decisions, attacked with SQL as the application's role."""

import pytest

from aegis.accounts.models import User
from aegis.accounts.people import create_person, join_accounts
from aegis.accounts.teams import add_member
from approvals.models import Decision, PromotionRequest, RequestState, RequestSubject
from registry.models import ModelVersion
from registry.recording_facts import record_fact
from tests.approvals import attacks, making
from tests.approvals.attacks import refused
from tests.cast import PASSWORD, Cast


@pytest.fixture
def request_(cast: Cast, version: ModelVersion) -> PromotionRequest:
    request = making.ask(version, cast.marc)
    request.version.refresh_from_db()
    return request


def further_account(cast: Cast, of: User) -> User:
    made = create_person(
        actor=cast.ada,
        username=f"{of.username}2",
        name="Again",
        email=f"{of.username}2@corp.example",
        password=PASSWORD,
    )
    add_member(cast.risk_team, made, actor=cast.ada)
    return join_accounts(made, actor=cast.ada, first=of)


def test_a_reviewers_decision_is_accepted(cast: Cast, request_: PromotionRequest) -> None:
    attacks.insert_decision(request_, cast.rita)
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("verdict", ["approve", "request_changes", "reject"])
@pytest.mark.parametrize("who", ["marc", "mina"])
def test_neither_the_requester_nor_the_uploader_decides(
    cast: Cast, request_: PromotionRequest, who: str, verdict: str
) -> None:
    person = getattr(cast, who)
    with refused("Whoever asked for it or uploaded it does not decide"):
        attacks.insert_decision(request_, person, verdict=verdict, comment="Why not.")


@pytest.mark.parametrize("who", ["marc", "mina"])
def test_nor_does_a_second_account_of_theirs(
    cast: Cast, request_: PromotionRequest, who: str
) -> None:
    second = further_account(cast, getattr(cast, who))
    with refused("Whoever asked for it or uploaded it does not decide"):
        attacks.insert_decision(request_, second)


def test_nobody_decides_twice_not_even_by_a_second_account(
    cast: Cast, request_: PromotionRequest
) -> None:
    second = further_account(cast, cast.rita)
    attacks.insert_decision(request_, cast.rita)
    for person in (cast.rita, second):
        with refused("This person has decided about this subject already"):
            attacks.insert_decision(request_, person)


@pytest.mark.parametrize("claimed", [0, 5, 1_000_000])
def test_the_subject_revision_is_stamped_whatever_the_insert_says(
    cast: Cast, request_: PromotionRequest, claimed: int
) -> None:
    attacks.insert_decision(request_, cast.rita, subject_revision=claimed)
    assert Decision.objects.get().subject_revision == request_.version.subject_revision


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_a_decision_names_the_present_subject(
    cast: Cast, request_: PromotionRequest, digest: str
) -> None:
    with refused("The decision is not about the present subject"):
        attacks.insert_decision(request_, cast.rita, subject_digest=digest)


def test_a_decision_about_what_was_there_before_is_refused(
    cast: Cast, request_: PromotionRequest
) -> None:
    record_fact(request_.version, actor=cast.mina, name="task", value="ranking")
    with refused("The decision is not about the present subject"):
        attacks.insert_decision(request_, cast.rita)


def test_a_no_needs_words(cast: Cast, request_: PromotionRequest) -> None:
    with refused("approvals_no_without_a_comment"):
        attacks.insert_decision(request_, cast.rita, verdict="reject")


@pytest.mark.parametrize("state", ["approved", "withdrawn", "rejected", "expired", "stale"])
def test_only_an_open_request_is_decided(
    cast: Cast, request_: PromotionRequest, state: str
) -> None:
    attacks.set_state(request_, state)
    with refused(f"Only an open request is decided; this one is {state}"):
        attacks.insert_decision(request_, cast.rita)


# Dismissals ------------------------------------------------------------------------------------


def dismiss(decision: Decision, reason: str, person: User | None) -> None:
    attacks.insert(
        "approvals_dismissal",
        {
            "decision_id": decision.pk,
            "reason": reason,
            "dismissed_by_id": person.pk if person else None,
            "dismissed_at": making.long_ago(seconds=0),
        },
    )


def test_nobody_takes_back_what_somebody_else_decided(
    cast: Cast, request_: PromotionRequest
) -> None:
    decision = making.say(request_, cast.rita, "request_changes")
    for person in (cast.remy, cast.mina, None):
        with refused("Only whoever decided takes a decision back"):
            dismiss(decision, "withdrawn", person)
    dismiss(decision, "withdrawn", cast.rita)


def test_a_decision_is_dismissed_only_over_a_subject_that_changed(
    cast: Cast, request_: PromotionRequest
) -> None:
    decision = making.say(request_, cast.rita, "request_changes")
    with refused("What was decided about has not changed"):
        dismiss(decision, "subject_changed", None)
    record_fact(request_.version, actor=cast.mina, name="task", value="ranking")
    dismiss(decision, "subject_changed", None)


# Requests --------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [state for state in RequestState if state != "open"])
def test_a_request_begins_open(cast: Cast, version: ModelVersion, state: str) -> None:
    with refused("A promotion request begins open"):
        PromotionRequest.objects.create(
            version=version,
            target="Production",
            state=state,
            reason="Now",
            requested_by=cast.mina,
            expires_at=making.long_ago(days=-1),
        )


def test_no_request_is_promoted_without_its_transition(
    cast: Cast, request_: PromotionRequest
) -> None:
    attacks.set_state(request_, "approved", "promoting")
    with refused("A request is promoted only with its transition"):
        attacks.set_state(request_, "promoted")


def test_what_was_asked_does_not_change(cast: Cast, request_: PromotionRequest) -> None:
    mutable = {
        "state",
        "state_changed_at",
        "outcome",
        "closed_by_id",
        "due_at",
        "attempts",
        "delayed_since",
        "next_attempt_at",
    }
    columns = [field.column for field in PromotionRequest._meta.concrete_fields]
    frozen = [column for column in columns if column not in mutable]
    assert len(frozen) == len(columns) - len(mutable) == 9
    for column in frozen:
        with refused("This part of a promotion request does not change any more"):
            attacks.run(*_other_value(column, request_))


def test_a_closed_request_does_not_change_at_all(cast: Cast, request_: PromotionRequest) -> None:
    attacks.set_state(request_, "withdrawn")
    for field in PromotionRequest._meta.concrete_fields:
        with refused("does not change any more"):
            attacks.run(*_other_value(field.column, request_))


def _other_value(column: str, request: PromotionRequest) -> tuple[str, object]:
    """Return an UPDATE that gives a column another value of its type."""
    kind = attacks.run(
        "SELECT data_type FROM information_schema.columns "
        "WHERE table_name = 'approvals_promotionrequest' AND column_name = %s",
        column,
    )[0][0]
    value = {
        "uuid": "gen_random_uuid()",
        "bigint": "1000000",
        "integer": "1000000",
        "timestamp with time zone": "now() + interval '1 year'",
        "text": "'something else'",
        "character varying": "'open'" if column == "state" else "'Staging'",
    }[kind]
    sql = f"UPDATE approvals_promotionrequest SET {column} = {value} WHERE id = %s"
    return sql, request.pk


@pytest.mark.parametrize(
    ("body", "digest", "off", "words"),
    [
        ("{}", "0" * 64, 0, "The subject digest is not that of the subject"),
        ("{}", None, 1, "It is not about the present subject"),
        ("{}", None, -1, "It is not about the present subject"),
    ],
)
def test_a_subject_has_its_own_digest_and_the_present_revision(
    cast: Cast, request_: PromotionRequest, body: str, digest: str | None, off: int, words: str
) -> None:
    with refused(words):
        attacks.run(
            "INSERT INTO approvals_requestsubject (request_id, body, digest, subject_revision, "
            "created_at) VALUES (%s, %s, coalesce(%s, encode(sha256(%s), 'hex')), %s, now())",
            request_.pk,
            body,
            digest,
            body.encode(),
            request_.version.subject_revision + off,
        )
    assert RequestSubject.objects.filter(request=request_).count() == 1


def test_one_request_for_a_version_and_stage_is_under_way(
    cast: Cast, request_: PromotionRequest
) -> None:
    with refused("approvals_one_request_under_way"):
        PromotionRequest.objects.create(
            version=request_.version,
            target="Production",
            reason="Again",
            requested_by=cast.mina,
            expires_at=making.long_ago(days=-1),
        )
