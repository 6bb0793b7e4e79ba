"""The states of an import, as one table: verbs, buttons and the docs are made from it.

What Aegis does by itself is ``claim``, ``let go``, ``look up``, ``finish`` and ``give up``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aegis.problems import Conflict
from aegis.state_machines import StateMachine
from imports.models import Import, ImportState

_S = ImportState


@dataclass(frozen=True, slots=True)
class ImportMove:
    """One thing that may happen to an import; a person's has the ``title`` of its button."""

    action: str
    sources: tuple[ImportState, ...]
    target: ImportState
    title: str = ""


IMPORT_MOVES: Final = (
    ImportMove("claim", (_S.WAITING,), _S.RUNNING),
    ImportMove("let go", (_S.RUNNING,), _S.WAITING),
    ImportMove("look up", (_S.RUNNING,), _S.PLANNED),
    ImportMove("start", (_S.PLANNED,), _S.WAITING, "Start import"),
    ImportMove("finish", (_S.RUNNING,), _S.DONE),
    ImportMove("give up", (_S.RUNNING,), _S.FAILED),
    ImportMove("cancel", (_S.WAITING, _S.RUNNING, _S.PLANNED), _S.CANCELLED, "Cancel"),
    ImportMove("retry", (_S.FAILED,), _S.WAITING, "Try again"),
)
_BY_ACTION: Final = {move.action: move for move in IMPORT_MOVES}


def actions_of(job: Import) -> list[ImportMove]:
    """Return what people may do with ``job`` in its state."""
    return [move for move in IMPORT_MOVES if move.title and job.state in move.sources]


def guard(job: Import, action: str) -> ImportState:
    """Return the state that ``action`` leads to, or raise ``Conflict`` if it cannot happen now."""
    move = _BY_ACTION[action]
    if job.state in move.sources:
        return move.target
    raise Conflict(
        "import_not_" + ("failed" if action == "retry" else _IN[move.sources]),
        f"Import {job.number} {_WORDS[ImportState(job.state)]}, so it cannot be {_DONE[action]}.",
        details={"state": job.state},
    )


_IN: Final = {
    (_S.PLANNED,): "looked_up",
    (_S.WAITING, _S.RUNNING, _S.PLANNED): "under_way",
}
_DONE: Final = {"start": "started", "cancel": "cancelled", "retry": "tried again"}
_WORDS: Final = {
    _S.WAITING: "is waiting",
    _S.RUNNING: "is running",
    _S.PLANNED: "was looked up and waits to be started",
    _S.DONE: "is done",
    _S.FAILED: "has failed",
    _S.CANCELLED: "was cancelled",
}


def _edges(moves: Iterable[ImportMove]) -> list[tuple[str, str, str]]:
    return [(source, move.target, move.action) for move in moves for source in move.sources]


MACHINES: Final = (
    StateMachine("Import", _S.WAITING, _edges(IMPORT_MOVES), [_S.DONE, _S.CANCELLED]),
)
"""What the docs draw."""
