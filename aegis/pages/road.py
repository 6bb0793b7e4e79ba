"""The road of a version to a stage: what is behind it and what is ahead. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from approvals.models import PolicyRevision
from approvals.records import VersionRecord
from approvals.wording import counted
from registry.models import Stage, VersionState


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: ``state`` is done, current or ahead; ``at`` is since when, where it is known."""

    text: str
    state: str
    at: datetime | None = None
    note: str = ""


def road(
    record: VersionRecord, target: str, *, open_points: int, policies: Iterable[PolicyRevision]
) -> tuple[Stop, ...]:
    """Return the stops of ``record`` on its way to ``target``."""
    needed = max((policy.approvals_required for policy in policies), default=0)
    is_ready = record.state == VersionState.READY
    papers = "current" if is_ready and open_points else "done" if is_ready else "ahead"
    stops = [
        Stop("Imported and signed", "done" if is_ready else "current", record.ready_at),
        *_staging(record, target),
        Stop("Card and evidence", papers, note=f"{open_points} open" if open_points else ""),
        Stop("Ask for promotion", "current" if papers == "done" else "ahead"),
        Stop(counted(needed, "approval") if needed else "The gates alone decide", "ahead"),
        Stop(f"Signed, then {record.name} becomes {target}", "ahead"),
    ]
    return tuple(stops)


def _staging(record: VersionRecord, target: str) -> list[Stop]:
    if target != Stage.PRODUCTION:
        return []
    if record.stage == Stage.STAGING:
        return [Stop("Staging", "done", record.in_stage_since)]
    return [Stop("Staging", "ahead", note="not needed")]
