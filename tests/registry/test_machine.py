"""The table of a version's states, held against the trigger of the database."""

from itertools import permutations

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from registry.machine import VERSION_MOVES, source_of
from registry.models import ModelVersion, VersionState
from tests.cast import Cast

ALLOWED = {(move.source, move.target) for move in VERSION_MOVES}


@pytest.mark.parametrize(("source", "target"), tuple(permutations(VersionState, 2)))
def test_the_database_lets_a_version_go_where_the_table_says(
    cast: Cast, pending: ModelVersion, source: VersionState, target: VersionState
) -> None:
    if source == VersionState.READY:
        assert (source, target) not in ALLOWED  # That a ready row is frozen has tests of its own.
        return
    rows = ModelVersion.objects.filter(pk=pending.pk)
    if source != VersionState.PENDING:
        rows.update(state=source)
    said = _answer(rows, target)
    # Ready takes more than the move: a signed artifact, which this version has not.
    is_a_move = not said or "artifact signed" in said
    assert is_a_move == ((source, target) in ALLOWED)


def _answer(rows: QuerySet[ModelVersion], target: VersionState) -> str:
    try:
        with transaction.atomic():
            rows.update(state=target)
    except IntegrityError as refusal:
        return str(refusal)
    return ""


def test_each_state_is_come_to_from_one_other() -> None:
    assert {move.target: move.source for move in VERSION_MOVES} == {
        target: source_of(target) for target in VersionState
    }
