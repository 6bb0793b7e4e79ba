"""What pages and API offer is what the verbs accept."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from aegis.accounts.models import User
from aegis.problems import Refusal
from approvals.archiving import archive
from approvals.available import available
from approvals.decisions import comment_on, withdraw_decision
from approvals.models import Decision, PromotionRequest
from approvals.recalling import recall
from approvals.requests import open_request, withdraw
from approvals.rollback import roll_back
from registry.models import ModelVersion, RegisteredModel
from registry.versions import create_version
from tests.approvals import making
from tests.cast import Cast

PEOPLE = ["ada", "otto", "mina", "marc", "rita", "remy", "vera", "ci_growth"]


def say(verdict: str) -> Callable[[PromotionRequest, User], object]:
    return lambda request, actor: making.say(request, actor, verdict, acknowledged_warnings=True)


def take_back(request: PromotionRequest, actor: User) -> object:
    decision = Decision.objects.get(request=request, decided_by=actor, dismissal=None)
    return withdraw_decision(decision, actor=actor, authenticated_at=timezone.now())


OF_REQUESTS: dict[str, Callable[[PromotionRequest, User], object]] = {
    "approve": say("approve"),
    "request_changes": say("request_changes"),
    "reject": say("reject"),
    "withdraw_decision": take_back,
    "withdraw": lambda request, actor: withdraw(request, actor=actor),
    "comment": lambda request, actor: comment_on(request, actor=actor, body="Fine."),
}
OF_VERSIONS: dict[str, Callable[[ModelVersion, User], object]] = {
    "promote_to_staging": lambda version, actor: making.ask(version, actor, "Staging"),
    "promote_to_production": lambda version, actor: open_request(
        version, actor=actor, target="Production", reason="Now"
    ),
    "roll_back": lambda version, actor: roll_back(
        version.registered_model, actor=actor, to_version=version, reason="Now"
    ),
    "archive": lambda version, actor: archive(version, actor=actor, reason="Now"),
    "recall": lambda version, actor: recall(version, actor=actor, reason="Now"),
}


def code_of(act: Callable[[], object]) -> str:
    """Return the code with which a verb refuses, or nothing; what it did is taken back."""
    from django.db import transaction

    try:
        with transaction.atomic():
            act()
            transaction.set_rollback(True)
    except Refusal as refusal:
        return refusal.code
    return ""


def nobody_decided(cast: Cast, request: PromotionRequest) -> None:
    pass


def one_approved(cast: Cast, request: PromotionRequest) -> None:
    making.say(request, cast.rita)


def both_approved(cast: Cast, request: PromotionRequest) -> None:
    making.say(request, cast.rita)
    making.say(request, cast.remy)


def one_rejected(cast: Cast, request: PromotionRequest) -> None:
    making.say(request, cast.rita, "reject")


@pytest.mark.parametrize(
    ("prepare", "card"),
    [
        (nobody_decided, True),
        (nobody_decided, False),
        (one_approved, True),
        (both_approved, True),
        (one_rejected, True),
        (one_rejected, False),
    ],
)
def test_what_is_offered_of_a_request_is_what_is_accepted(
    cast: Cast,
    model: RegisteredModel,
    prepare: Callable[[Cast, PromotionRequest], None],
    card: bool,
) -> None:
    request = making.ask(making.new_version(model, cast.mina, card=card), cast.mina)
    prepare(cast, request)
    request.refresh_from_db()
    offered = {}
    for name in PEOPLE:
        person = getattr(cast, name)
        for action in available(request, person):
            refused = code_of(lambda a=action, p=person: OF_REQUESTS[a.name](request, p))
            offered[name, action.name] = action.refusal.code if action.refusal else ""
            assert offered[name, action.name] == refused, (name, action.name)
    assert offered["vera", "comment"] == ""
    assert offered["mina", "approve"] == "own_request"
    if prepare is nobody_decided:
        assert offered["rita", "approve"] == ("" if card else "gate_failing")
        assert offered["mina", "withdraw"] == offered["marc", "withdraw"] == ""


@pytest.mark.parametrize("stage", ["pending", "None", "asked", "Staging", "Production", "former"])
def test_what_is_offered_of_a_version_is_what_is_accepted(
    cast: Cast, model: RegisteredModel, stage: str
) -> None:
    version = (
        create_version(model, actor=cast.mina, source="upload")
        if stage == "pending"
        else making.new_version(model, cast.mina)
    )
    if stage == "asked":
        making.ask(version, cast.mina)
    elif stage == "Staging":
        making.into_staging(version, cast)
    elif stage in {"Production", "former"}:
        making.into_production(version, cast)
    if stage == "former":
        archive(version, actor=cast.marc, reason="Now")
    version.refresh_from_db()
    offered = {}
    for name in PEOPLE:
        person = getattr(cast, name)
        for action in available(version, person):
            refused = code_of(lambda a=action, p=person: OF_VERSIONS[a.name](version, p))
            offered[name, action.name] = action.refusal.code if action.refusal else ""
            assert offered[name, action.name] == refused, (name, action.name)
    if stage == "former":
        assert offered["rita", "roll_back"] == offered["marc", "roll_back"] == ""
        assert offered["mina", "roll_back"] == "permission_missing"
    if stage == "None":
        assert offered["ci_growth", "promote_to_production"] == ""


def test_a_stranger_is_offered_nothing_of_what_they_may_not_see(
    cast: Cast, version: ModelVersion
) -> None:
    from registry.registration import edit_model

    request = making.ask(version, cast.mina)
    edit_model(version.registered_model, actor=cast.marc, visibility="restricted")
    version.registered_model.refresh_from_db()
    for action in [*available(request, cast.stan), *available(version, cast.stan)]:
        assert action.refusal is not None
        assert action.refusal.code == "model_not_found"
