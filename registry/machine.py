"""The states of a version's bytes, as one table.

The verbs' guard and the diagram of the docs are made from ``VERSION_MOVES``; a test holds the
trigger of the database against it.
"""

from dataclasses import dataclass
from typing import Final

from aegis.state_machines import StateMachine
from registry.models import VersionState


@dataclass(frozen=True, slots=True)
class VersionMove:
    """One way from state to state."""

    action: str
    source: VersionState
    target: VersionState


VERSION_MOVES: Final = (
    VersionMove("stored and signed", VersionState.PENDING, VersionState.READY),
    VersionMove("cannot be imported", VersionState.PENDING, VersionState.FAILED),
    VersionMove("tried again", VersionState.FAILED, VersionState.PENDING),
)


def source_of(target: VersionState) -> VersionState:
    """Return the one state from which a version comes to ``target``."""
    return next(move.source for move in VERSION_MOVES if move.target == target)


MACHINES: Final = (
    StateMachine(
        "State of a version",
        VersionState.PENDING,
        [(move.source, move.target, move.action) for move in VERSION_MOVES],
        [VersionState.READY],
    ),
)
"""What the docs draw."""
