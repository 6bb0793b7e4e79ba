"""Replay the audit log and compare what follows from it with what the tables say.

The chain shows that nobody changed the log; this shows that nobody changed the tables
beside it: each stage, each transition and each request's state must follow from the entries.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection, transaction

from aegis.audit.models import AuditEvent
from approvals.models import PromotionRequest, StageTransition
from approvals.states import RequestState, TransitionKind
from registry.models import ModelVersion, Stage

_KINDS: Final = {
    "version:promoted": TransitionKind.PROMOTION,
    "version:superseded": TransitionKind.SUPERSEDED,
    "version:rolled_back": TransitionKind.ROLLBACK,
    "version:archived": TransitionKind.ARCHIVE,
    "version:taken_out": TransitionKind.RECALL,
}
_STATES: Final = {
    "request:opened": RequestState.OPEN,
    "request:reopened": RequestState.OPEN,
    "request:approved": RequestState.APPROVED,
    "request:delayed": RequestState.APPROVED,
    "request:promoted": RequestState.PROMOTED,
    "request:rejected": RequestState.REJECTED,
    "request:withdrawn": RequestState.WITHDRAWN,
    "request:stale": RequestState.STALE,
    "request:expired": RequestState.EXPIRED,
    "request:failed": RequestState.FAILED,
}
_BATCH: Final = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit. ``seq`` is the last entry about it, 0 where there is none."""

    seq: int
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Replay:
    """How many versions and requests were compared, and what does not fit, by entry."""

    versions: int
    requests: int
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Say whether the tables say what the log says."""
        return not self.findings


@dataclass(slots=True)
class _Replayed:
    """What the log says: stage and sequence of versions, kept transitions, states of requests."""

    stages: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    moves: dict[str, tuple[int, tuple[Any, ...]]] = field(default_factory=dict)
    states: dict[str, tuple[str, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def replay() -> Replay:
    """Compare every version, transition and request with the log; the first finding first."""
    with _one_moment():
        said = _read_log()
        versions = list(_compare_versions(said))
        requests = list(_compare_requests(said))
        findings = [
            *said.findings,
            *(finding for finding in versions if finding),
            *_compare_transitions(said),
            *(finding for finding in requests if finding),
        ]
    ordered = tuple(sorted(findings, key=lambda finding: (finding.seq, finding.code)))
    return Replay(len(versions), len(requests), ordered)


@contextmanager
def _one_moment() -> Iterator[None]:
    """Let all reads see the same moment, whatever is committed meanwhile."""
    is_within = connection.in_atomic_block
    with transaction.atomic():
        if not is_within:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _read_log() -> _Replayed:
    said = _Replayed()
    rows = AuditEvent.objects.filter(action__in=[*_KINDS, *_STATES]).order_by("seq")
    for seq, action, key, body in rows.values_list("seq", "action", "object_id", "body").iterator(
        _BATCH
    ):
        if action in _STATES:
            said.states[key] = (_STATES[action], seq)
        else:
            _follow(said, seq, action, key, json.loads(body)["data"])
    return said


def _follow(said: _Replayed, seq: int, action: str, key: str, data: dict[str, Any]) -> None:
    stage, sequence, _ = said.stages.get(key, (Stage.NONE, 0, 0))
    if (data["source"], data["sequence"]) != (stage, sequence + 1):
        sentence = (
            f"Entry {seq} moves v{data['version']} from {data['source']}, "
            f"but by the log it was in {stage}."
        )
        said.findings.append(Finding(seq, "entry_does_not_follow", sentence))
    said.stages[key] = (data["target"], data["sequence"], seq)
    move = (key, data["sequence"], _KINDS[action].value, data["source"], data["target"])
    said.moves[data["transition"]] = (seq, move)


def _compare_versions(said: _Replayed) -> Iterator[Finding | None]:
    rows = ModelVersion.objects.order_by("pk").values_list(
        "pk", "registered_model__name", "number", "stage", "stage_sequence"
    )
    for key, model, number, stage, sequence in rows.iterator(_BATCH):
        expected, last, seq = said.stages.get(str(key), (Stage.NONE, 0, 0))
        if (stage, sequence) == (expected, last):
            yield None
            continue
        sentence = (
            f"{model} v{number} is in {stage} (move {sequence}) by its table, "
            f"but in {expected} (move {last}) by the log."
        )
        yield Finding(seq, "stage_differs", sentence)


def _compare_transitions(said: _Replayed) -> Iterator[Finding]:
    rows = StageTransition.objects.order_by("pk").values_list(
        "pk", "version_id", "sequence", "kind", "source", "target"
    )
    unseen = dict(said.moves)
    for key, version, *rest in rows.iterator(_BATCH):
        seq, move = unseen.pop(str(key), (0, None))
        if move != (str(version), *rest):
            code = "transition_differs" if move else "transition_without_entry"
            sentence = f"Transition {key} is in its table otherwise than in the log."
            yield Finding(seq, code, sentence)
    for key, (seq, _) in unseen.items():
        yield Finding(seq, "transition_missing", f"Transition {key} is in the log only.")


def _compare_requests(said: _Replayed) -> Iterator[Finding | None]:
    rows = PromotionRequest.objects.order_by("pk").values_list("pk", "number", "state")
    for key, number, state in rows.iterator(_BATCH):
        expected, seq = said.states.get(str(key), ("", 0))
        # A worker's hold of an approved request is no governed change, so the log is silent.
        present = RequestState.APPROVED if state == RequestState.PROMOTING else state
        if present == expected:
            yield None
            continue
        sentence = (
            f"Request {number} is {state} by its table, but {expected or 'unknown'} by the log."
        )
        yield Finding(seq, "request_differs", sentence)
