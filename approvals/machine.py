"""The two state machines of approvals, each as one table.

The verbs' guards, the buttons on pages, the API's allowed actions, the triggers of
the database, the diagrams of the docs and the matrix of the tests are all made from
``REQUEST_MOVES`` and ``STAGE_MOVES``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aegis.state_machines import StateMachine
from approvals.states import CLOSED, UNDER_WAY, RequestState, TransitionKind
from registry.models import Stage


class Party(StrEnum):
    """Who may make a move; Aegis makes some itself."""

    REQUESTER = "requester"
    CONTRIBUTOR = "contributor"
    REVIEWER = "reviewer"
    DECIDER = "decider"
    VIEWER = "viewer"
    MAINTAINER = "maintainer"
    AEGIS = "Aegis"


@dataclass(frozen=True, slots=True)
class RequestMove:
    """One thing that may happen to a promotion request. Without a target its state stays."""

    action: str
    title: str
    sources: tuple[RequestState, ...]
    target: RequestState | None
    parties: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class StageMove:
    """One way for a version from stage to stage, by a transition of ``kind``."""

    action: str
    title: str
    kind: TransitionKind
    source: Stage
    target: Stage
    parties: tuple[Party, ...]


_S = RequestState

REQUEST_MOVES: Final = (
    RequestMove("approve", "Approve", (_S.OPEN,), None, (Party.REVIEWER,)),
    RequestMove("request_changes", "Request changes", (_S.OPEN,), None, (Party.REVIEWER,)),
    RequestMove("reject", "Reject", (_S.OPEN,), _S.REJECTED, (Party.REVIEWER,)),
    RequestMove("withdraw_decision", "Take back", (_S.OPEN, _S.APPROVED), None, (Party.DECIDER,)),
    RequestMove(
        "withdraw",
        "Withdraw",
        (_S.OPEN, _S.APPROVED),
        _S.WITHDRAWN,
        (Party.REQUESTER, Party.MAINTAINER),
    ),
    RequestMove("comment", "Comment", tuple(RequestState), None, (Party.VIEWER,)),
    RequestMove("complete", "Nothing is missing", (_S.OPEN,), _S.APPROVED, (Party.AEGIS,)),
    RequestMove(
        "reopen", "Something changed", (_S.APPROVED, _S.PROMOTING), _S.OPEN, (Party.AEGIS,)
    ),
    RequestMove("begin", "A worker takes it", (_S.APPROVED,), _S.PROMOTING, (Party.AEGIS,)),
    RequestMove("delay", "The signer is away", (_S.PROMOTING,), _S.APPROVED, (Party.AEGIS,)),
    RequestMove("promote", "Signed and moved", (_S.PROMOTING,), _S.PROMOTED, (Party.AEGIS,)),
    RequestMove("fail", "It cannot be made", (_S.PROMOTING,), _S.FAILED, (Party.AEGIS,)),
    RequestMove("outdate", "Overtaken", UNDER_WAY, _S.STALE, (Party.AEGIS,)),
    RequestMove("expire", "Too late", (_S.OPEN, _S.APPROVED), _S.EXPIRED, (Party.AEGIS,)),
)

_STAFF = (Party.MAINTAINER, Party.REVIEWER)

STAGE_MOVES: Final = (
    *(
        StageMove(
            f"promote_to_{target.lower()}",
            f"Ask for {target}",
            TransitionKind.PROMOTION,
            source,
            target,
            (Party.CONTRIBUTOR,),
        )
        for source, target in (
            (Stage.NONE, Stage.STAGING),
            (Stage.NONE, Stage.PRODUCTION),
            (Stage.STAGING, Stage.PRODUCTION),
        )
    ),
    *(
        StageMove(
            "supersede", "Make room", TransitionKind.SUPERSEDED, source, target, (Party.AEGIS,)
        )
        for source, target in ((Stage.PRODUCTION, Stage.ARCHIVED), (Stage.STAGING, Stage.NONE))
    ),
    StageMove(
        "roll_back",
        "Roll back to it",
        TransitionKind.ROLLBACK,
        Stage.ARCHIVED,
        Stage.PRODUCTION,
        _STAFF,
    ),
    *(
        StageMove(
            "archive",
            "Archive",
            TransitionKind.ARCHIVE,
            source,
            Stage.ARCHIVED,
            (Party.MAINTAINER,),
        )
        for source in (Stage.NONE, Stage.STAGING, Stage.PRODUCTION)
    ),
    *(
        StageMove("recall", "Recall", TransitionKind.RECALL, source, Stage.ARCHIVED, _STAFF)
        for source in (Stage.STAGING, Stage.PRODUCTION)
    ),
)

TARGETS: Final = (Stage.STAGING, Stage.PRODUCTION)
"""The stages that a promotion request may name."""


def request_move(action: str) -> RequestMove:
    """Return the row of ``action``; KeyError if the table has none."""
    return _BY_ACTION[action]


def may_happen(action: str, state: str) -> bool:
    """Say whether the table lets ``action`` happen to a request in ``state``."""
    return state in request_move(action).sources


def request_edges() -> list[tuple[RequestState, RequestState]]:
    """Return every change of state that the table allows, once, in its order."""
    edges = {
        (source, move.target): None
        for move in REQUEST_MOVES
        for source in move.sources
        if move.target is not None
    }
    return list(edges)


def stage_edges() -> list[tuple[TransitionKind, Stage, Stage]]:
    """Return kind, source and target of every transition that the table allows."""
    return [(move.kind, move.source, move.target) for move in STAGE_MOVES]


def stage_move(kind: TransitionKind, source: str, target: str) -> StageMove | None:
    """Return the row of a transition, or None if the table does not allow it."""
    for move in STAGE_MOVES:
        if (move.kind, move.source, move.target) == (kind, source, target):
            return move
    return None


def sql_rows(rows: Iterable[tuple[str, ...]]) -> str:
    """Return rows of the tables' words as an SQL list, for the triggers.

    Each word is a choice of ours, so none needs quoting beyond the quotes.
    """
    return ", ".join("({})".format(", ".join(f"'{word!s}'" for word in row)) for row in rows)


_BY_ACTION: Final = {move.action: move for move in REQUEST_MOVES}

MACHINES: Final = (
    StateMachine(
        "Promotion request",
        RequestState.OPEN,
        [
            (source, move.target, move.action)
            for move in REQUEST_MOVES
            if move.target is not None
            for source in move.sources
        ],
        CLOSED,
    ),
    StateMachine(
        "Stage of a version",
        Stage.NONE,
        [(move.source, move.target, move.kind) for move in STAGE_MOVES],
    ),
)
"""What the docs draw."""
