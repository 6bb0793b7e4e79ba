"""A recall: out of use in one act, refused everywhere, told to whoever has the bytes."""

from functools import partial
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from aegis.events.models import Notification, OutboxEvent
from aegis.events.outbox import dispatch
from aegis.problems import Conflict, Forbidden, Invalid, NotFound, Refusal
from approvals.available import available
from approvals.models import RequestState, StageTransition
from approvals.recalling import recall
from approvals.replay import replay
from approvals.rollback import candidates, roll_back
from registry.downloads import note_download
from registry.models import ModelVersion, Recall, RegisteredModel
from registry.readers import open_artifact
from registry.versions import create_version
from tests.approvals import attacks, making
from tests.cast import Cast
from tests.registry import making as registering

WHY = "It ranks everybody of one postcode last."


def refused(code: str, kind: type[Refusal], version: ModelVersion, **asked: object) -> None:
    with pytest.raises(kind) as caught:
        recall(version, **{"reason": WHY, **asked})  # type: ignore[arg-type]
    assert caught.value.code == code


def test_the_version_leaves_production_in_the_same_act(cast: Cast, version: ModelVersion) -> None:
    making.into_production(version, cast)
    before = making.last_entry()
    made = recall(version, actor=cast.rita, reason=WHY)
    version.refresh_from_db()
    assert (made.stage, version.stage, version.recalled_at) == (
        "Production",
        "Archived",
        made.recalled_at,
    )
    entries = making.recorded(before)
    assert [(action, actor) for action, actor, _ in entries] == [
        ("version:taken_out", "rita"),
        ("version:recalled", "rita"),
    ]
    assert entries[0][2]["target"] == "Archived"
    assert entries[1][2] == {"version": 1, "digest": version.digest, "stage": "Production"}
    assert replay().holds


@pytest.mark.parametrize("stage", ["None", "Staging"])
def test_it_is_recalled_from_every_stage(cast: Cast, version: ModelVersion, stage: str) -> None:
    if stage == "Staging":
        making.into_staging(version, cast)
    recall(version, actor=cast.marc, reason=WHY)
    version.refresh_from_db()
    assert version.recalled_at is not None
    assert version.stage == ("Archived" if stage == "Staging" else "None")


def test_the_same_files_stay_recalled_under_another_number(
    cast: Cast, model: RegisteredModel, data_folder: Path
) -> None:
    """Uploaded again they are a version of their own, which nobody is given or puts into use."""
    first = registering.new_version(model, cast.mina)
    recall(first, actor=cast.rita, reason=WHY)
    again = registering.new_version(model, cast.mina)
    making.write_card(again, cast.mina)
    elsewhere = registering.new_version(registering.new_model(cast, "other-model"), cast.mina)

    for refuses in (
        partial(open_artifact, again, actor=cast.mina),
        partial(making.ask, again, cast.mina),
        partial(making.ask, again, cast.mina, "Staging"),
    ):
        with pytest.raises(Conflict) as caught:
            refuses()
        assert caught.value.code == "version_recalled"
        assert WHY in caught.value.sentence
    for offered in available(again, cast.mina):
        if offered.name.startswith("promote_to_"):
            assert offered.refusal is not None
            assert offered.refusal.code == "version_recalled"
    same = "recalled a version of the same files"
    with pytest.raises(IntegrityError, match=same), transaction.atomic():
        StageTransition.objects.create(
            version=again, sequence=1, kind="promotion", source="None", target="Staging"
        )
    assert open_artifact(elsewhere, actor=cast.mina).size


def test_nobody_rolls_back_to_files_that_were_recalled_under_another_number(
    cast: Cast, model: RegisteredModel, data_folder: Path
) -> None:
    first = registering.new_version(model, cast.mina)
    making.write_card(first, cast.mina)
    making.into_production(first, cast)
    again = registering.new_version(model, cast.mina)
    making.into_production(making.new_version(model, cast.mina), cast)
    first.refresh_from_db()
    recall(again, actor=cast.rita, reason=WHY)
    with pytest.raises(Conflict) as caught:
        roll_back(model, actor=cast.marc, to_version=first, reason="Quickly.")
    assert caught.value.code == "version_recalled"
    button = next(one for one in available(first, cast.marc) if one.name == "roll_back")
    row = next(one for one in candidates(model) if one.version == first)
    for refusal in (button.refusal, row.refusal):
        assert refusal is not None
        assert refusal.code == "version_recalled"


def test_every_way_out_refuses_with_the_reason(cast: Cast, version: ModelVersion) -> None:
    recall(version, actor=cast.marc, reason=WHY)
    version.refresh_from_db()
    with pytest.raises(Conflict, match="postcode") as caught:
        open_artifact(version, actor=cast.mina)
    assert caught.value.code == "version_recalled"


def test_nobody_asks_for_it_or_goes_back_to_it(cast: Cast, version: ModelVersion) -> None:
    request = making.ask(version, cast.mina)
    recall(version, actor=cast.marc, reason=WHY)
    request.refresh_from_db()
    assert (request.state, request.outcome) == (RequestState.STALE, "v1 was recalled.")
    with pytest.raises(Conflict) as caught:
        making.ask(version, cast.mina)
    assert caught.value.code == "version_recalled"


def test_the_way_back_is_open(cast: Cast, version: ModelVersion) -> None:
    making.into_production(version, cast)
    bad = making.new_version(version.registered_model, cast.mina)
    making.into_production(bad, cast)
    recall(bad, actor=cast.rita, reason=WHY)
    version.refresh_from_db()
    roll_back(version.registered_model, actor=cast.rita, to_version=version, reason="Safe.")
    with pytest.raises(Conflict) as caught:
        roll_back(version.registered_model, actor=cast.rita, to_version=bad, reason="No.")
    assert caught.value.code == "version_recalled"


@pytest.mark.parametrize("who", ["mina", "vera", "ada", "otto", "ci_growth"])
def test_others_recall_nothing(cast: Cast, version: ModelVersion, who: str) -> None:
    refused("permission_missing", Forbidden, version, actor=getattr(cast, who))


def test_what_cannot_be_recalled(cast: Cast, model: RegisteredModel, version: ModelVersion) -> None:
    refused("text_empty", Invalid, version, actor=cast.marc, reason=" ")
    refused("model_not_found", NotFound, _hidden(cast), actor=cast.stan)
    pending = create_version(model, actor=cast.mina, source="upload")
    refused("version_pending", Conflict, pending, actor=cast.marc)
    recall(version, actor=cast.marc, reason=WHY)
    refused("version_recalled", Conflict, version, actor=cast.marc)


def _hidden(cast: Cast) -> ModelVersion:
    model = making.new_model(cast, "hidden", visibility="restricted")
    return making.new_version(model, cast.mina, card=False)


def test_whoever_fetched_it_is_told(cast: Cast, version: ModelVersion) -> None:
    note_download(version, actor=cast.vera, token=None)
    note_download(version, actor=cast.vera, token=None, path="model.bin")
    recall(version, actor=cast.marc, reason=WHY)
    event = OutboxEvent.objects.get(kind="version:recalled")
    dispatch()
    OutboxEvent.objects.update(dispatched_at=None)
    dispatch()  # Whatever is delivered twice is told once.
    assert not OutboxEvent.objects.exclude(last_error="").exists()
    told = Notification.objects.filter(event=event)
    assert told.get(user=cast.vera).body == WHY
    assert {one.user.username for one in told} >= {"vera", "rita"}
    assert not told.filter(user=cast.marc)


def test_whoever_may_see_the_model_no_longer_is_told_without_the_reason(cast: Cast) -> None:
    version = _hidden(cast)
    note_download(version, actor=cast.stan, token=None)
    recall(version, actor=cast.marc, reason=WHY)
    event = OutboxEvent.objects.get(kind="version:recalled")
    dispatch()
    told = Notification.objects.get(event=event, user=cast.stan)
    assert (told.title, told.url) == ("hidden v1 was recalled", "")
    assert "postcode" not in told.body


# What the database refuses, as the application's role ---------------------------------------------


def raw_recall(version: ModelVersion, reason: str = WHY) -> None:
    actor = version.created_by
    Recall.objects.create(version=version, reason=reason, stage=version.stage, recalled_by=actor)


def test_a_recalled_version_cannot_stay_in_use(cast: Cast, version: ModelVersion) -> None:
    making.into_production(version, cast)
    raw_recall(version)
    with pytest.raises(IntegrityError, match="does not stay in use"):
        attacks.at_commit()


def test_a_version_is_recalled_by_a_recall_alone(cast: Cast, version: ModelVersion) -> None:
    statement = "UPDATE registry_modelversion SET recalled_at = now() WHERE id = %s"
    with pytest.raises(IntegrityError, match="recall that says why"), transaction.atomic():
        attacks.run(statement, version.pk)
    raw_recall(version)
    taken_back = "UPDATE registry_modelversion SET recalled_at = NULL WHERE id = %s"
    with pytest.raises(IntegrityError, match="recall that says why"), transaction.atomic():
        attacks.run(taken_back, version.pk)


def test_a_recall_needs_a_reason_and_a_ready_version(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    with pytest.raises(IntegrityError, match="needs a reason"), transaction.atomic():
        raw_recall(version, " ")
    pending = create_version(model, actor=cast.mina, source="upload")
    with pytest.raises(IntegrityError, match="Only a ready version"), transaction.atomic():
        raw_recall(pending)


def test_no_version_leaves_its_stage_as_recalled_without_a_recall(
    cast: Cast, version: ModelVersion
) -> None:
    making.into_production(version, cast)
    with pytest.raises(IntegrityError, match="Only a recall"), transaction.atomic():
        attacks.insert_transition(version, kind="recall", target="Archived", reason="Why")
