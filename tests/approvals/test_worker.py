"""The same by a real worker: what verbs owe is carried out without a hand."""

import pytest

from aegis.events.models import Notification
from approvals.models import RequestState
from approvals.rollback import owed_statements, roll_back
from registry.models import ModelVersion
from tests.approvals import making
from tests.cast import Cast
from tests.harness.worker import Worker

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def test_the_deciding_approval_is_carried_out_and_told(
    worker: Worker, cast: Cast, version: ModelVersion
) -> None:
    request = making.ask(version, cast.mina)
    making.say(request, cast.rita)
    making.say(request, cast.remy)
    worker.wait_until_idle()
    request.refresh_from_db()
    version.refresh_from_db()
    assert (request.state, version.stage) == (RequestState.PROMOTED, "Production")
    told = Notification.objects.filter(user=cast.mina, kind="request:promoted")
    assert told.count() == 1


def test_a_rollback_owes_its_statement_for_a_moment_only(
    worker: Worker, cast: Cast, version: ModelVersion
) -> None:
    second = making.new_version(version.registered_model, cast.mina)
    for one in (version, second):
        making.into_production(one, cast)
        worker.wait_until_idle()  # It may have taken the request up before this process did.
    roll_back(version.registered_model, actor=cast.marc, to_version=version, reason="Worse.")
    worker.wait_until_idle()
    assert not owed_statements().exists()


def test_an_edited_card_reaches_the_request_by_itself(
    worker: Worker, cast: Cast, version: ModelVersion
) -> None:
    request = making.ask(version, cast.mina)
    making.say(request, cast.rita)
    making.write_card(version, cast.mina, "With limits.")
    worker.wait_until_idle()
    assert request.subjects.count() == 2
    assert request.decisions.filter(dismissal=None).count() == 0
