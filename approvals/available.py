"""What somebody may do with a request or a version, for buttons and the API's allowed actions.

The guards are the verbs' own, so what is offered is what will be accepted.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aegis.accounts.models import User
from aegis.problems import Refusal
from approvals import standing as standings
from approvals.approving import why_gates_block
from approvals.gates import GateOutcome, from_result
from approvals.governing import policies_for
from approvals.guards import (
    why_not_comment,
    why_not_decide,
    why_not_now,
    why_not_take_back,
    why_not_withdraw,
)
from approvals.machine import REQUEST_MOVES, STAGE_MOVES, Party
from approvals.models import PromotionRequest
from approvals.moving import was_in_production
from approvals.results import latest_results
from approvals.stage_guards import (
    why_held_back,
    why_not_archive,
    why_not_ask,
    why_not_recall,
    why_not_roll_back,
)
from approvals.standing import Standing
from approvals.states import UNDER_WAY, TransitionKind
from registry.models import ModelVersion
from registry.permissions import permissions_of
from registry.recalled_bytes import why_recalled


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that may be done, or why this person may not do it now.

    ``name`` is the table's, ``title`` a button's words.
    """

    name: str
    title: str
    refusal: Refusal | None = None

    @property
    def allowed(self) -> bool:
        """Say whether the verb would accept it from this person now."""
        return self.refusal is None


def available(
    thing: PromotionRequest | ModelVersion,
    user: User,
    *,
    standing: Standing | None = None,
    held: Collection[str] | None = None,
    outcomes: Sequence[GateOutcome] | None = None,
) -> list[Action]:
    """Return every action of people on a request or version, in the table's order.

    ``standing`` and ``outcomes`` (of a request) and ``held`` (permissions for its model)
    spare queries to a caller who has them.
    """
    if isinstance(thing, PromotionRequest):
        standing = standing or standings.load(thing)
        held = permissions_of(user, standing.model) if held is None else held
        if outcomes is None:
            outcomes = [from_result(result) for result in latest_results(thing)]
        return list(_of_request(standing, user, held, outcomes))
    held = permissions_of(user, thing.registered_model) if held is None else held
    return list(_of_version(thing, held))


_DECIDES: Final = frozenset({"approve", "request_changes", "reject"})


def _of_request(
    standing: Standing, user: User, held: Collection[str], outcomes: Sequence[GateOutcome]
) -> Iterator[Action]:
    decides = why_not_decide(standing, user, held)
    for move in REQUEST_MOVES:
        if Party.AEGIS in move.parties:
            continue
        now = why_not_now(standing.request, move.action)
        if move.action in _DECIDES:
            blocked = why_gates_block(outcomes) if move.action == "approve" else None
            yield Action(move.action, move.title, decides or now or blocked)
        elif move.action == "withdraw_decision":
            mine = standing.decision_of(user)
            if mine is not None:
                refusal = why_not_take_back(standing, user, mine) or now
                yield Action(move.action, move.title, refusal)
        elif move.action == "withdraw":
            yield Action(move.action, move.title, why_not_withdraw(standing, user, held) or now)
        else:
            yield Action(move.action, move.title, why_not_comment(standing, user, held))


def _of_version(version: ModelVersion, held: Collection[str]) -> Iterator[Action]:
    under_way = {
        request.target: request
        for request in PromotionRequest.objects.filter(version=version, state__in=UNDER_WAY)
    }
    seen: set[str] = set()
    for move in STAGE_MOVES:
        if Party.AEGIS in move.parties or move.action in seen:
            continue
        seen.add(move.action)
        if move.kind == TransitionKind.PROMOTION:
            refusal = why_not_ask(
                version,
                move.target,
                held=held,
                policies=policies_for(version.registered_model, move.target),
                under_way=under_way.get(move.target),
            ) or why_recalled(version)
        elif move.kind == TransitionKind.ROLLBACK:
            refusal = why_not_roll_back(
                version, held=held, was_in_production=was_in_production(version)
            ) or why_held_back(version)
        elif move.kind == TransitionKind.RECALL:
            refusal = why_not_recall(version, held=held)
        else:
            refusal = why_not_archive(version, held=held)
        yield Action(move.action, move.title, refusal)
