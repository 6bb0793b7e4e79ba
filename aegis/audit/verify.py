"""Verify the audit log as the database holds it: the chain, and the columns beside it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aegis.audit import chain
from aegis.audit.models import AuditEvent

BATCH: Final = 2000


@dataclass(frozen=True, slots=True)
class Verification:
    """How many entries hold, the hash of the last of them (hex), and the first bad one if any."""

    entries: int
    head: str
    bad: chain.BadEntry | None

    @property
    def holds(self) -> bool:
        """Say whether every entry holds."""
        return self.bad is None


class _ColumnsDiffer(Exception):  # noqa: N818 -- It carries a finding.
    """The columns of an entry say something else than its body."""

    def __init__(self, row: AuditEvent, column: str) -> None:
        super().__init__(f"its column {column} differs from its body")
        self.row = row


def verify_log(*, batch: int = BATCH) -> Verification:
    """Check every entry, from the first, in batches of ``batch`` rows; flat memory.

    Entries that are appended meanwhile are checked too.
    """
    try:
        found = chain.check(_entries(batch))
    except _ColumnsDiffer as differ:
        row = differ.row
        previous = bytes(row.previous_hash).hex()
        return Verification(row.seq - 1, previous, chain.BadEntry(row.seq, str(differ)))
    return Verification(found.seq, found.hash.hex(), found.bad)


def _entries(batch: int) -> Iterator[chain.Entry]:
    """Yield the entries in order; after each that the chain accepted, compare its columns."""
    last = None
    while True:
        rows = AuditEvent.objects.order_by("seq")
        if last is not None:
            rows = rows.filter(seq__gt=last)
        fetched = list(rows[:batch])
        for row in fetched:
            last = row.seq
            yield chain.Entry(row.seq, row.body.encode(), bytes(row.previous_hash), bytes(row.hash))
            if column := _differing_column(row):
                raise _ColumnsDiffer(row, column)
        if len(fetched) < batch:
            return


def _differing_column(row: AuditEvent) -> str | None:
    body = json.loads(row.body)
    try:
        said = {
            "seq": body["seq"],
            "occurred_at": datetime.fromisoformat(body["at"]),
            "actor": body["actor"]["id"],
            "action": body["action"],
            "object_type": body["object"]["type"],
            "object_id": body["object"]["id"],
            "model_id": body["model"],
        }
    except (KeyError, TypeError, ValueError):
        return "body"
    stored: dict[str, Any] = {
        "seq": row.seq,
        "occurred_at": row.occurred_at,
        "actor": str(row.actor_id) if row.actor_id else None,
        "action": row.action,
        "object_type": row.object_type,
        "object_id": row.object_id,
        "model_id": str(row.model_id) if row.model_id else None,
    }
    return next((column for column in said if said[column] != stored[column]), None)
