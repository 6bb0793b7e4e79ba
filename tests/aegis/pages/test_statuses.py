from xml.etree import ElementTree as ET

import pytest
from django.contrib.staticfiles import finders

from aegis.pages import stages, statuses
from approvals.models import Decision, GateResult, RequestState
from registry.models import Evidence, Stage, VersionState

STATUSES = {"pass", "warn", "fail", "open", "idle"}


def icons() -> set[str]:
    sprite = ET.parse(finders.find("aegis/icons.svg"))
    return {symbol.attrib["id"].removeprefix("icon-") for symbol in sprite.getroot()}


@pytest.mark.parametrize("subject", statuses.LOOKS)
def test_every_look_has_a_status_that_is_styled_and_an_icon_that_is_drawn(subject: str) -> None:
    for look in statuses.LOOKS[subject].values():
        assert look.status in STATUSES
        assert look.icon in icons()
        assert look.word


@pytest.mark.parametrize(
    ("subject", "values"),
    [
        ("gate", GateResult.Outcome.values),
        ("request", RequestState.values),
        ("version", VersionState.values),
        ("evidence", Evidence.Outcome.values),
        ("verdict", Decision.Verdict.values),
    ],
)
def test_every_state_of_the_domain_has_a_look_of_its_own(subject: str, values: list[str]) -> None:
    assert set(values) <= set(statuses.LOOKS[subject])


def test_an_unknown_value_is_shown_as_its_own_word() -> None:
    assert statuses.look("request", "on-hold") == statuses.Look("idle", "idle", "On hold")


def test_outcomes_are_counted_by_name_and_the_gravest_leads() -> None:
    outcomes = ["pass"] * 5 + ["warn", "warn", "error"]
    assert statuses.outcome_words(outcomes) == "5 passed, 2 warnings, 1 could not be checked"
    assert statuses.worst(outcomes) == "error"
    assert statuses.outcome_words([]) == "no gates"
    assert statuses.worst([]) == "pass"


def test_every_stage_is_shown_with_its_name_and_a_drawn_icon() -> None:
    for value, name in Stage.choices:
        shown = stages.stage_look(value)
        assert shown.name == name
        assert f"stage-{shown.key}" in icons()
    assert stages.stage_look(None).name == "Development"
