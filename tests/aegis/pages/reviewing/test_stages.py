"""Rolling back and archiving on pages."""

import re

import pytest

from approvals.models import StageTransition
from approvals.sweeping import sign_owed
from registry.models import ModelVersion, RegisteredModel, Stage
from tests.aegis.pages.reviewing.conftest import SignIn
from tests.approvals import making
from tests.cast import Cast

ROLLBACK = "/models/churn-predictor/rollback/"
ARCHIVE = "/models/churn-predictor/versions/1/archive/"


@pytest.fixture
def second(cast: Cast, model: RegisteredModel, version: ModelVersion) -> ModelVersion:
    """The version in Production; the first was there before it."""
    making.into_production(version, cast)
    second = making.new_version(model, cast.mina)
    making.into_production(second, cast)
    return second


def test_a_reviewer_rolls_back_to_a_version_that_is_known_good(
    cast: Cast, version: ModelVersion, second: ModelVersion, signed_in: SignIn
) -> None:
    making.new_version(version.registered_model, cast.mina)
    client = signed_in(cast.rita)
    page = client.get(ROLLBACK).content.decode()
    assert "Roll back to v1" in page
    assert "v3 was never in Production, so nobody rolls back to it." in page

    answer = client.post(ROLLBACK, {"version": "1", "reason": "Fewer offers than before."})
    assert answer.status_code == 302
    version.refresh_from_db()
    second.refresh_from_db()
    assert (version.stage, second.stage) == (Stage.PRODUCTION, Stage.ARCHIVED)
    assert "Signed statement is owed." in client.get(ROLLBACK).content.decode()

    history = "/models/churn-predictor/versions/1/"
    assert "Signed statement is owed until" in client.get(history).content.decode()
    sign_owed()
    found = re.search(r'href="(/api/[^"]*/statement/)"', client.get(history).content.decode())
    assert found
    assert client.get(found[1]).json()["dsseEnvelope"]


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        ({"version": "1", "reason": " "}, 400, "Say why."),
        ({"version": "", "reason": "Worse."}, 400, "Choose the version to go back to."),
        ({"version": "2", "reason": "Worse."}, 409, "v2 is in Production now."),
    ],
)
def test_a_faulty_rollback_changes_nothing(
    cast: Cast,
    second: ModelVersion,
    signed_in: SignIn,
    sent: dict[str, str],
    status: int,
    sentence: str,
) -> None:
    moved = StageTransition.objects.count()
    answer = signed_in(cast.marc).post(ROLLBACK, sent)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert StageTransition.objects.count() == moved


def test_contributors_and_viewers_do_not_roll_back(
    cast: Cast, second: ModelVersion, signed_in: SignIn
) -> None:
    for who in (cast.mina, cast.vera):
        client = signed_in(who)
        assert client.get(ROLLBACK).status_code == 403
        sent = {"version": "1", "reason": "Worse."}
        assert client.post(ROLLBACK, sent).status_code == 403


def test_a_maintainer_archives_and_is_told_what_it_costs(
    cast: Cast, version: ModelVersion, signed_in: SignIn
) -> None:
    making.into_production(version, cast)
    client = signed_in(cast.marc)
    assert "Production of churn-predictor becomes empty." in client.get(ARCHIVE).content.decode()
    assert client.post(ARCHIVE, {"reason": ""}).status_code == 400
    assert client.post(ARCHIVE, {"reason": "Not used any more."}).status_code == 302
    version.refresh_from_db()
    assert version.stage == Stage.ARCHIVED
    assert client.get(ARCHIVE).status_code == 409


def test_others_do_not_archive(cast: Cast, version: ModelVersion, signed_in: SignIn) -> None:
    for who in (cast.mina, cast.vera, cast.rita):
        assert signed_in(who).post(ARCHIVE, {"reason": "Gone."}).status_code == 403
    version.refresh_from_db()
    assert version.stage == Stage.NONE
