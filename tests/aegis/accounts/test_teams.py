from typing import Any

import pytest

from aegis.accounts import teams
from aegis.accounts.models import Team
from aegis.accounts.people import set_active
from aegis.problems import Conflict, Forbidden, Invalid
from tests.cast import Cast
from tests.recorded import last, recorded, refused

pytestmark = pytest.mark.django_db


def members(team: Team) -> set[str]:
    return set(team.group.user_set.values_list("username", flat=True))


def test_an_administrator_makes_and_renames_a_team(cast: Cast) -> None:
    since = last()
    team = teams.create_team(actor=cast.ada, slug="fraud", name="Fraud")
    teams.rename_team(team, actor=cast.ada, name="Fraud and abuse")
    teams.rename_team(team, actor=cast.ada, name="Fraud and abuse")
    team.refresh_from_db()
    assert (team.slug, team.name, team.group.name) == ("fraud", "Fraud and abuse", "team:fraud")
    assert recorded(since) == [
        ("team:created", str(team.pk), {"slug": "fraud"}),
        ("team:renamed", str(team.pk), {}),
    ]


@pytest.mark.parametrize(
    ("slug", "name", "code"),
    [
        ("", "Fraud", "text_empty"),
        ("Fraud", "Fraud", "slug_form"),
        ("fraud team", "Fraud", "slug_form"),
        ("-fraud", "Fraud", "slug_form"),
        ("f" * 61, "Fraud", "text_too_long"),
        ("models", "Models", "slug_reserved"),
        ("api", "API", "slug_reserved"),
        ("fraud", "", "text_empty"),
        ("fraud", "f" * 121, "text_too_long"),
    ],
)
def test_bad_names_of_teams_are_refused(cast: Cast, slug: str, name: str, code: str) -> None:
    refused(Invalid, code, teams.create_team, actor=cast.ada, slug=slug, name=name)


def test_a_short_name_is_taken_once(cast: Cast) -> None:
    act = teams.create_team
    refused(Conflict, "slug_taken", act, actor=cast.ada, slug="growth", name="Another")


def test_members_come_and_go_and_are_recorded_once(cast: Cast) -> None:
    since = last()
    for _ in range(2):
        teams.add_member(cast.growth, cast.vera, actor=cast.ada)
    assert members(cast.growth) == {"mina", "marc", "ci-growth", "vera"}
    for _ in range(2):
        teams.remove_member(cast.growth, cast.vera, actor=cast.ada)
    assert members(cast.growth) == {"mina", "marc", "ci-growth"}
    who = {"user": str(cast.vera.pk)}
    assert recorded(since) == [
        ("team:member_added", str(cast.growth.pk), who),
        ("team:member_removed", str(cast.growth.pk), who),
    ]


def test_a_member_may_leave(cast: Cast) -> None:
    teams.remove_member(cast.growth, cast.mina, actor=cast.mina)
    assert "mina" not in members(cast.growth)


@pytest.mark.parametrize("who", ["marc", "otto", "rita", "ci_growth"])
def test_only_administrators_keep_teams(cast: Cast, who: str) -> None:
    actor = getattr(cast, who)

    def forbidden(act: Any, *args: Any, **kwargs: Any) -> None:
        refused(Forbidden, "administrators_only", act, *args, actor=actor, **kwargs)

    forbidden(teams.create_team, slug="fraud", name="Fraud")
    forbidden(teams.rename_team, cast.growth, name="Mine")
    forbidden(teams.add_member, cast.risk_team, cast.mina)
    forbidden(teams.remove_member, cast.growth, cast.ada)


def test_nobody_puts_themselves_into_a_team(cast: Cast) -> None:
    refused(Forbidden, "own_membership", teams.add_member, cast.risk_team, cast.ada, actor=cast.ada)


def test_a_locked_account_joins_no_team(cast: Cast) -> None:
    vera = set_active(cast.vera, actor=cast.ada, active=False)
    refused(Conflict, "account_inactive", teams.add_member, cast.growth, vera, actor=cast.ada)


def test_the_first_team_needs_nobody_and_is_the_first(cast: Cast) -> None:
    act = teams.found_team
    refused(Conflict, "team_exists", act, slug="default", name="Default", members=[cast.ada])
