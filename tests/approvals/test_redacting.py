"""Redacting what people said about requests, and what a redaction means to a request."""

import pytest
from django.db import DatabaseError, transaction

from aegis.events.letters import send_owed
from aegis.events.models import Letter, Notification
from aegis.events.outbox import dispatch
from aegis.problems import NotFound
from approvals.decisions import comment_on
from approvals.models import Comment, Decision, PromotionRequest
from approvals.refreshing import refresh
from approvals.request_query import load_request
from registry.models import CardRevision, ModelVersion
from tests.approvals import making
from tests.cast import Cast
from tests.recorded import refused
from tests.registry.redacting import CANARY, agree, propose

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_(cast: Cast, version: ModelVersion) -> PromotionRequest:
    return making.ask(version, cast.mina)


def test_a_comment_goes_with_all_that_people_were_told_of_it(
    cast: Cast, version: ModelVersion, request_: PromotionRequest
) -> None:
    comment = comment_on(request_, actor=cast.vera, body=f"Ask {CANARY} about it.")
    dispatch()
    send_owed()
    told = Notification.objects.filter(kind="comment:written")
    assert any(CANARY in one.body for one in told)
    redaction = propose(version, cast.mina, "comment", comment.pk)

    agree(redaction, cast.rita)

    tombstone = Comment.objects.get(pk=comment.pk)
    assert (tombstone.body, tombstone.redaction_id) == ("", redaction.pk)
    assert (tombstone.written_by, tombstone.written_at) == (cast.vera, comment.written_at)
    assert len(redaction.salt) == 32
    assert not Notification.objects.filter(body__contains=CANARY).exists()
    assert not Letter.objects.filter(body__contains=CANARY).exists()


def test_a_comment_that_nobody_heard_of_yet_is_told_empty(
    cast: Cast, version: ModelVersion, request_: PromotionRequest
) -> None:
    comment = comment_on(request_, actor=cast.vera, body=CANARY)
    agree(propose(version, cast.mina, "comment", comment.pk), cast.rita)

    dispatch()

    assert not Notification.objects.filter(body__contains=CANARY).exists()


def test_the_words_of_a_decision_go_and_the_decision_counts_on(
    cast: Cast, version: ModelVersion, request_: PromotionRequest
) -> None:
    decision = making.say(request_, cast.rita, "approve", comment=CANARY)
    agree(propose(version, cast.mina, "decision", decision.pk), cast.marc)

    decision = Decision.objects.get(pk=decision.pk)
    assert (decision.comment, decision.verdict) == ("(redacted)", "approve")
    record = load_request(request_.number, user=cast.vera)
    assert record.request.state == "open"
    assert not hasattr(decision, "dismissal")


def test_a_comment_on_another_version_is_not_found(
    cast: Cast, version: ModelVersion, request_: PromotionRequest
) -> None:
    comment = comment_on(request_, actor=cast.vera, body=CANARY)
    other = making.new_version(version.registered_model, cast.mina)
    refused(
        NotFound, "redaction_target_not_found", propose, other, cast.mina, "comment", comment.pk
    )


def test_the_database_empties_a_comment_for_its_own_redaction_alone(
    cast: Cast, version: ModelVersion, request_: PromotionRequest
) -> None:
    comment = comment_on(request_, actor=cast.vera, body=CANARY)
    other = comment_on(request_, actor=cast.vera, body="Fine.")
    redaction = propose(version, cast.mina, "comment", comment.pk)
    rows = Comment.objects.filter(pk=comment.pk)
    for words in ({"body": "", "redaction": redaction}, {"body": "Better."}):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            rows.update(**words)
    agree(redaction, cast.rita)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Comment.objects.filter(pk=other.pk).update(body="", redaction=redaction)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        rows.update(body=CANARY, redaction=None)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        rows.update(written_by=cast.mina)


def test_a_redacted_card_fails_its_gate_and_spends_the_approvals(
    cast: Cast, version: ModelVersion, request_: PromotionRequest
) -> None:
    making.say(request_, cast.rita)
    card = CardRevision.objects.get(version=version)

    agree(propose(version, cast.mina, "card_revision", card.pk), cast.marc)
    refresh(request_)

    record = load_request(request_.number, user=cast.vera)
    outcome = {one.gate: one.outcome for one in record.request.gate_results.order_by("id")}
    assert outcome["model_card"] == "fail"
    making.write_card(version, cast.mina, "Once more.")
    refresh(request_)
    outcome = {one.gate: one.outcome for one in record.request.gate_results.order_by("id")}
    assert outcome["model_card"] == "pass"
