"""The two tables hold everywhere: in the database, in the verbs, in the docs."""

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from aegis import state_machines
from approvals.machine import (
    REQUEST_MOVES,
    STAGE_MOVES,
    Party,
    may_happen,
    request_edges,
    request_move,
    stage_edges,
    stage_move,
)
from approvals.models import RequestState, TransitionKind
from approvals.states import CLOSED, UNDER_WAY
from registry.models import ModelVersion, Stage
from tests.approvals import attacks, making
from tests.cast import Cast

EDGES = set(request_edges())
NEEDS_ITS_TRANSITION = RequestState.PROMOTED


def path_to(state: RequestState) -> list[RequestState]:
    """Return the shortest way from open to ``state`` along the table."""
    ways = deque([[RequestState.OPEN]])
    while ways:
        way = ways.popleft()
        if way[-1] == state:
            return way[1:]
        ways.extend([*way, target] for source, target in EDGES if source == way[-1])
    raise AssertionError(state)


def test_every_action_has_one_row() -> None:
    actions = [move.action for move in REQUEST_MOVES]
    assert len(actions) == len(set(actions))
    assert request_move("approve").parties == (Party.REVIEWER,)


def test_every_state_is_reached_and_only_closed_ones_are_never_left() -> None:
    for state in RequestState:
        assert state == RequestState.OPEN or path_to(state)
        leaves = any(source == state for source, _ in EDGES)
        assert leaves == (state in UNDER_WAY) == (state not in CLOSED)


def test_nothing_but_a_comment_happens_to_a_closed_request() -> None:
    for state in CLOSED:
        happening = {move.action for move in REQUEST_MOVES if may_happen(move.action, state)}
        assert happening == {"comment"}


@pytest.mark.parametrize("source", [s for s in RequestState if s != NEEDS_ITS_TRANSITION])
def test_the_database_lets_a_request_go_where_the_table_says_and_nowhere_else(
    cast: Cast, version: ModelVersion, source: RequestState
) -> None:
    request = making.ask(version, cast.mina)
    attacks.set_state(request, *path_to(source))
    for target in RequestState:
        if target == source:
            continue
        words = _refusal_of(partial(attacks.set_state, request, target))
        if (source, target) not in EDGES:
            assert "does not go from" in words or "closed promotion request" in words
        elif target == NEEDS_ITS_TRANSITION:
            assert "only with its transition" in words
        else:
            assert words == ""


def _refusal_of(act: Callable[[], object]) -> str:
    """Return the words with which the database refuses, or nothing; what it did is taken back."""
    try:
        with transaction.atomic():
            act()
            transaction.set_rollback(True)
    except DatabaseError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("source", list(Stage))
def test_the_database_lets_a_version_go_where_the_table_says_and_nowhere_else(
    cast: Cast, version: ModelVersion, source: Stage
) -> None:
    if source == Stage.STAGING:
        making.into_staging(version, cast)
    elif source == Stage.PRODUCTION:
        making.into_production(version, cast)
    elif source == Stage.ARCHIVED:
        attacks.insert_transition(version, kind="archive", target="Archived", reason="Why")
        attacks.follow(version, "Archived")
    version.refresh_from_db()
    for kind in TransitionKind:
        for target in Stage:
            insert = partial(
                attacks.insert_transition, version, kind=kind, target=target, reason="Why"
            )
            words = _refusal_of(insert)
            is_refused = "does not go from" in words
            assert is_refused == ((kind, source, target) not in set(stage_edges())), words


def test_only_what_people_answer_for_is_peoples() -> None:
    peoples = {move.action for move in STAGE_MOVES if Party.AEGIS not in move.parties}
    assert peoples == {
        *("promote_to_staging", "promote_to_production", "roll_back", "archive", "recall"),
    }
    assert stage_move(TransitionKind.ROLLBACK, "None", "Production") is None


def test_the_drawn_machines_are_current() -> None:
    page = Path(settings.ROOT) / "docs" / "architecture.md"
    text = page.read_text()
    assert state_machines.drawn_into(text) == text, "Run `make docs`."
    for source, target in EDGES:
        assert f"{source} --> {target}: " in text


def test_a_diagram_has_one_arrow_between_two_states() -> None:
    machine = state_machines.StateMachine(
        "Light", "off", [("off", "on", "press"), ("on", "off", "press"), ("off", "on", "clap")]
    )
    assert state_machines.mermaid(machine).splitlines() == [
        "stateDiagram-v2",
        "    [*] --> off",
        "    off --> on: press, clap",
        "    on --> off: press",
    ]
