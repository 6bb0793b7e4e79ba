import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal
from aegis.proof.signing.rollback import verify_rollback
from approvals.models import PromotionStatement, RequestState, StageTransition
from approvals.rollback import (
    candidates,
    owed_statements,
    roll_back,
    rollback_of,
    sign_owed_statement,
)
from approvals.sweeping import sign_owed
from registry.models import ModelVersion, RegisteredModel
from registry.registration import edit_model
from registry.waivers import approve_waiver, propose_waiver
from tests.approvals import making
from tests.cast import Cast
from tests.fakes import AbsentSigner
from tests.registry import scanning

WHY = "Over-65 customers received 31% fewer offers than in February."


@pytest.fixture
def former(cast: Cast, version: ModelVersion) -> ModelVersion:
    """A version that was in Production until the next one came."""
    making.into_production(version, cast)
    making.into_production(making.new_version(version.registered_model, cast.mina), cast)
    version.refresh_from_db()
    return version


@pytest.mark.parametrize("who", ["marc", "rita"])
def test_a_maintainer_or_reviewer_rolls_back_in_one_step(
    cast: Cast, model: RegisteredModel, former: ModelVersion, who: str
) -> None:
    actor = getattr(cast, who)
    before = making.last_entry()
    moved = roll_back(model, actor=actor, to_version=former, reason=WHY)
    former.refresh_from_db()
    left = ModelVersion.objects.get(registered_model=model, number=2)
    assert (former.stage, former.stage_sequence, left.stage) == ("Production", 3, "Archived")
    assert (moved.kind, moved.actor, moved.reason) == ("rollback", actor, WHY)
    room = StageTransition.objects.get(version=left, kind="superseded")
    assert (room.cause, room.actor) == (moved, actor)
    move = {"source": "Archived", "target": "Production", "sequence": 3}
    recorded = making.recorded(before)
    assert [(action, person) for action, person, _ in recorded] == [
        ("version:superseded", who),
        ("version:rolled_back", who),
    ]
    assert recorded[1][2] == {
        **move,
        "version": 1,
        "transition": str(moved.pk),
        "request": None,
        "cause": None,
    }
    connection.check_constraints()


def test_it_makes_requests_for_production_stale(
    cast: Cast, model: RegisteredModel, former: ModelVersion
) -> None:
    request = making.ask(making.new_version(model, cast.mina), cast.mina)
    roll_back(model, actor=cast.marc, to_version=former, reason=WHY)
    request.refresh_from_db()
    assert request.state == RequestState.STALE
    assert request.outcome.startswith("v1 came to Production by a rollback meanwhile.")


def test_its_statement_is_owed_and_made_when_the_signer_is_back(
    cast: Cast, model: RegisteredModel, former: ModelVersion
) -> None:
    moved = roll_back(model, actor=cast.marc, to_version=former, reason=WHY)
    assert list(owed_statements()) == [moved]
    with pytest.raises(Refusal):
        sign_owed_statement(owed_statements().get(), signer=AbsentSigner())
    assert list(owed_statements()) == [moved]
    before = making.last_entry()
    assert sign_owed() == 1
    assert sign_owed() == 0
    statement = PromotionStatement.objects.get(transition=moved)
    said = verify_rollback(statement.envelope.encode(), public_key_pem=statement.public_key)
    assert said == rollback_of(moved)
    assert (said.person, said.replaced) == (str(cast.marc.pk), 2)
    data = {"version": 1, "transition": str(moved.pk)}
    assert making.recorded(before) == [("rollback:signed", None, data)]


def test_a_statement_is_kept_once_however_often_it_is_signed(
    cast: Cast, model: RegisteredModel, former: ModelVersion
) -> None:
    moved = roll_back(model, actor=cast.marc, to_version=former, reason=WHY)
    assert sign_owed_statement(moved) is not None
    assert sign_owed_statement(moved) is None
    assert PromotionStatement.objects.filter(transition=moved).count() == 1


def refused(code: str, kind: type[Refusal], model: RegisteredModel, **asked: object) -> None:
    with pytest.raises(kind) as caught:
        roll_back(model, **{"reason": WHY, **asked})  # type: ignore[arg-type]
    assert caught.value.code == code


@pytest.mark.parametrize("who", ["mina", "vera", "ada", "otto"])
def test_others_do_not_roll_back(
    cast: Cast, model: RegisteredModel, former: ModelVersion, who: str
) -> None:
    refused("permission_missing", Forbidden, model, actor=getattr(cast, who), to_version=former)


@pytest.mark.django_db(transaction=True)
def test_nobody_rolls_back_to_what_no_waiver_covers_any_more(
    cast: Cast, model: RegisteredModel, former: ModelVersion
) -> None:
    """Its quarantine begins with the next sweep, and the database refuses it before that, too."""
    scanning.rescan(former, scanning.unknown(former, "model.bin"))
    until = timezone.now() + timedelta(seconds=2)
    waiver = propose_waiver(
        former, actor=cast.marc, path="model.bin", reason="Fine.", expires_at=until
    )
    approve_waiver(waiver, actor=cast.rita, authenticated_at=timezone.now())
    time.sleep(max(0, (until - timezone.now()).total_seconds() + 0.1))
    former.refresh_from_db()
    assert former.quarantined_at is None

    refused("scan_blocks", Conflict, model, actor=cast.marc, to_version=former)
    offered = next(row for row in candidates(model) if row.version == former)
    assert offered.refusal is not None
    assert offered.refusal.code == "scan_blocks"
    with pytest.raises(IntegrityError, match="No valid waiver covers"), transaction.atomic():
        StageTransition.objects.create(
            version=former,
            sequence=former.stage_sequence + 1,
            kind="rollback",
            source=former.stage,
            target="Production",
            reason=WHY,
            actor=cast.marc,
        )


def test_what_is_not_seen_is_not_rolled_back(
    cast: Cast, model: RegisteredModel, former: ModelVersion
) -> None:
    edit_model(model, actor=cast.marc, visibility="restricted")
    refused("model_not_found", NotFound, model, actor=cast.stan, to_version=former)


def test_only_what_was_in_production_is_rolled_back_to(
    cast: Cast, model: RegisteredModel, former: ModelVersion
) -> None:
    new = making.new_version(model, cast.mina)
    refused("never_in_production", Conflict, model, actor=cast.marc, to_version=new)
    there = ModelVersion.objects.get(registered_model=model, stage="Production")
    refused("already_in_stage", Conflict, model, actor=cast.marc, to_version=there)


@pytest.mark.parametrize("how", ["recalled", "quarantined"])
def test_what_was_taken_away_is_not_rolled_back_to(
    cast: Cast, model: RegisteredModel, former: ModelVersion, how: str
) -> None:
    making.take_away(former, how)
    refused(f"version_{how}", Conflict, model, actor=cast.marc, to_version=former)


def test_a_rollback_needs_a_reason_and_a_version_of_the_model(
    cast: Cast, model: RegisteredModel, former: ModelVersion
) -> None:
    refused("text_empty", Invalid, model, actor=cast.marc, to_version=former, reason=" ")
    other = making.new_model(cast, "fraud")
    refused("version_not_found", NotFound, other, actor=cast.marc, to_version=former)


def test_candidates_say_which_versions_are_known_good_and_why_the_others_are_not(
    cast: Cast, model: RegisteredModel, former: ModelVersion
) -> None:
    making.new_version(model, cast.mina)
    rows = candidates(model)
    assert [(row.version.number, row.refusal and row.refusal.code) for row in rows] == [
        (3, "never_in_production"),
        (2, "already_in_stage"),
        (1, None),
    ]
    assert rows[2].since is not None
    assert rows[2].until is not None
    assert rows[1].until is None
