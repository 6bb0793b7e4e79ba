from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aegis.accounts.models import User
from aegis.accounts.people import set_active
from approvals.decisions import withdraw_decision
from approvals.inbox import Inbox, InboxRow, count_for, decided, inbox, requested_by
from approvals.models import PromotionRequest
from approvals.policies import GateSpec
from approvals.promoting import promote
from approvals.requests import open_request, withdraw
from registry import sharing
from registry.models import ModelVersion, RegisteredModel
from registry.permissions import Role
from registry.registration import edit_model
from registry.sharing import share, unshare
from tests.approvals import making
from tests.cast import Cast
from tests.registry.making import attach

FLOOR = [GateSpec("model_card"), GateSpec("signature"), GateSpec("malware_scan")]


@pytest.fixture
def request_(cast: Cast, version: ModelVersion) -> PromotionRequest:
    """A request for Production that nobody has decided about."""
    return making.ask(version, cast.mina)


def places(found: Inbox) -> dict[int, str]:
    """Return the section that each request is listed in."""
    sections = {
        "me": found.needs_me,
        "author": found.waits_for_author,
        "others": found.waits_for_others,
    }
    return {row.request.number: name for name, rows in sections.items() for row in rows}


def place(user: User, request: PromotionRequest) -> str | None:
    """Return where a request stands in somebody's inbox, which agrees with their count."""
    found = inbox(user)
    assert count_for(user) == len(found.needs_me)
    return places(found).get(request.number)


def row(user: User, request: PromotionRequest) -> InboxRow:
    found = inbox(user)
    rows = (*found.needs_me, *found.waits_for_author, *found.waits_for_others)
    return next(one for one in rows if one.request == request)


def test_a_new_request_needs_its_reviewers_and_nobody_else(
    cast: Cast, request_: PromotionRequest
) -> None:
    expected = {
        "rita": "me",
        "remy": "me",
        "mina": "others",
        "marc": "others",
        "vera": "others",
        "ada": "others",
        "otto": "others",
    }
    for who, section in expected.items():
        assert place(getattr(cast, who), request_) == section, who
    assert count_for(cast.ci_growth) == 0


def test_a_row_says_what_a_list_shows(cast: Cast, request_: PromotionRequest) -> None:
    making.say(request_, cast.remy)
    found = row(cast.remy, request_)
    assert (found.given, found.required, found.teams) == (1, 2, ("Risk team",))
    assert found.note == "You approved"
    assert [(one.gate, one.outcome) for one in found.gates] == [
        ("malware_scan", "pass"),
        ("model_card", "pass"),
        ("signature", "pass"),
    ]
    assert place(cast.remy, request_) == "others"
    assert (place(cast.rita, request_), row(cast.rita, request_).note) == ("me", "")


def test_what_a_person_decided_comes_back_when_it_is_dismissed(
    cast: Cast, request_: PromotionRequest
) -> None:
    making.say(request_, cast.rita)
    assert place(cast.rita, request_) == "others"
    making.write_card(request_.version, cast.mina, "Other words.")
    assert place(cast.rita, request_) == "me"
    assert row(cast.rita, request_).given == 0


def test_changes_that_were_asked_for_wait_for_the_author(
    cast: Cast, request_: PromotionRequest
) -> None:
    decision = making.say(request_, cast.rita, "request_changes")
    for who in (cast.rita, cast.remy, cast.mina):
        assert place(who, request_) == "author"
    assert row(cast.rita, request_).note == "You asked for changes"
    withdraw_decision(decision, actor=cast.rita, authenticated_at=timezone.now())
    assert place(cast.remy, request_) == "me"


def test_a_failing_gate_waits_for_the_author(cast: Cast, model: RegisteredModel) -> None:
    bare = making.ask(making.new_version(model, cast.mina, card=False), cast.mina)
    assert place(cast.rita, bare) == "author"
    assert row(cast.rita, bare).note == "Nobody can approve yet"


def test_a_gate_that_does_not_block_does_not_wait_for_the_author(
    cast: Cast, model: RegisteredModel
) -> None:
    making.production_policy(cast, gates=[*FLOOR, GateSpec("provenance", is_blocking=False)])
    request = making.ask(making.new_version(model, cast.mina), cast.mina)
    assert place(cast.rita, request) == "me"


@pytest.mark.parametrize("hand", ["asked", "uploaded", "card", "evidence"])
def test_whoever_had_a_hand_in_it_is_not_needed(
    cast: Cast, model: RegisteredModel, hand: str
) -> None:
    share(model, actor=cast.marc, role="contributor", user=cast.rita)
    version = making.new_version(model, cast.rita if hand == "uploaded" else cast.mina)
    if hand == "card":
        making.write_card(version, cast.rita, "In my own words.")
    if hand == "evidence":
        attach(version, cast.rita)
    request = making.ask(version, cast.rita if hand == "asked" else cast.mina)
    assert place(cast.rita, request) == "others"
    assert place(cast.remy, request) == "me"


def test_two_accounts_of_one_person_are_one_hand(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    share(model, actor=cast.marc, role="reviewer", user=cast.vera)
    making.production_policy(cast, groups=[])
    request = making.ask(version, cast.mina)
    assert place(cast.vera, request) == "me"
    User.objects.filter(pk=cast.vera.pk).update(same_person_as=cast.mina)
    assert place(User.objects.get(pk=cast.vera.pk), request) == "others"


def test_somebody_outside_the_groups_of_the_policy_is_not_needed(
    cast: Cast, model: RegisteredModel, request_: PromotionRequest
) -> None:
    share(model, actor=cast.marc, role="reviewer", user=cast.vera)
    assert place(cast.vera, request_) == "others"


def test_a_person_whose_policy_has_its_approvals_is_not_needed_for_another(
    cast: Cast, model: RegisteredModel, version: ModelVersion
) -> None:
    share(model, actor=cast.marc, role="reviewer", user=cast.vera)
    share(model, actor=cast.marc, role="reviewer", user=cast.stan)
    making.production_policy(cast, name="risk", approvals_required=1)
    making.production_policy(cast, name="production", approvals_required=2, groups=[])
    request = making.ask(version, cast.mina)
    making.say(request, cast.rita)
    # The risk team has said its word, and one approval of anybody is missing.
    found = row(cast.stan, request)
    assert (found.given, found.required, found.teams) == (1, 2, ())
    assert [place(who, request) for who in (cast.remy, cast.stan)] == ["me", "me"]
    making.production_policy(cast, name="production", approvals_required=1, groups=[cast.growth])
    request = making.ask(version, cast.mina)
    making.say(request, cast.rita)
    share(model, actor=cast.ada, role="reviewer", user=cast.marc)
    assert [place(who, request) for who in (cast.remy, cast.stan, cast.marc)] == [
        "others",
        "others",
        "me",
    ]


def test_roles_are_asked_at_this_moment(
    cast: Cast, model: RegisteredModel, request_: PromotionRequest
) -> None:
    unshare(model, actor=cast.marc, role="reviewer", group=cast.risk_team.group)
    assert place(cast.rita, request_) == "others"
    edit_model(model, actor=cast.marc, visibility="restricted")
    assert place(cast.rita, request_) is None
    share(model, actor=cast.marc, role="reviewer", user=cast.rita)
    assert place(cast.rita, request_) == "me"
    set_active(cast.rita, actor=cast.ada, active=False)
    assert place(User.objects.get(pk=cast.rita.pk), request_) is None


def test_what_is_approved_or_ended_needs_nobody(
    cast: Cast, request_: PromotionRequest, model: RegisteredModel
) -> None:
    making.say(request_, cast.rita)
    making.say(request_, cast.remy)
    request_.refresh_from_db()
    assert request_.state == "approved"
    assert place(cast.rita, request_) == "others"
    promote(request_.pk)
    assert place(cast.rita, request_) is None
    other = making.ask(making.new_version(model, cast.mina), cast.mina)
    withdraw(other, actor=cast.mina)
    assert [one.request.number for one in decided(cast.rita)] == [other.number, request_.number]
    assert [(one.given, one.required) for one in decided(cast.vera)] == [(0, 0), (2, 0)]


def test_the_highest_risk_comes_first_and_then_what_is_due(cast: Cast) -> None:
    def asked(name: str, tier: int, days: int | None) -> None:
        # No verb makes a model in a weaker tier yet.
        model = RegisteredModel.objects.create(
            name=name, name_key=name, team=cast.growth, created_by=cast.marc, risk_tier=tier
        )
        sharing.give(model, Role.REVIEWER, group=cast.risk_team.group)
        version = making.new_version(model, cast.mina)
        due = timezone.now() + timedelta(days=days) if days else None
        open_request(version, actor=cast.mina, target="Production", reason="Now", due_at=due)

    for name, tier, days in (
        ("third", 2, 1),
        ("late", 1, 9),
        ("whenever", 1, None),
        ("soon", 1, 2),
    ):
        asked(name, tier, days)
    names = [one.request.version.registered_model.name for one in inbox(cast.rita).needs_me]
    assert names == ["soon", "late", "whenever", "third"]


def test_a_list_that_is_cut_says_so_and_keeps_what_needs_the_person(
    cast: Cast, model: RegisteredModel
) -> None:
    first = making.ask(making.new_version(model, cast.mina), cast.mina)
    making.say(first, cast.rita)
    second = making.ask(making.new_version(model, cast.mina), cast.mina)
    assert not inbox(cast.rita, most=2).is_cut
    found = inbox(cast.rita, most=1)
    assert found.is_cut
    assert places(found) == {second.number: "me"}


def test_what_one_asked_for_is_listed_apart(cast: Cast, request_: PromotionRequest) -> None:
    assert [one.request for one in requested_by(cast.mina)] == [request_]
    assert requested_by(cast.rita) == ()


def test_the_inbox_takes_two_queries_and_its_count_one(
    cast: Cast, model: RegisteredModel, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        making.say(making.ask(making.new_version(model, cast.mina), cast.mina), cast.remy)
    assert cast.rita.group_names
    with django_assert_num_queries(1):
        assert count_for(cast.rita) == 3
    with django_assert_num_queries(2):
        found = inbox(cast.rita)
        for one in found.needs_me:
            assert one.request.version.registered_model.team.name == "Growth"
            assert str(one.request.requested_by) == "Mina Okafor"
