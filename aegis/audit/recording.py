"""How a verb records what it did: audit entries and outbox rows, in its own transaction.

``@verb`` opens the transaction and ``record`` collects. The outermost verb
appends all entries once, just before the commit, under the lock of the audit
head: a nested verb that took that lock earlier would deadlock.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import connection, models, transaction
from django.utils import timezone

from aegis.audit import actions, chain
from aegis.audit.models import AuditEvent
from aegis.events.outbox import owe

if TYPE_CHECKING:
    from aegis.accounts.models import User

P = ParamSpec("P")
R = TypeVar("R")

HEAD_LOCK = 4711
"""The key of the advisory transaction lock of the audit head; the trigger names it too."""


@dataclass(slots=True)
class Entry:
    """What will be written about one change when the outermost verb ends."""

    action: str
    actor: "User | None"
    object_type: str
    object_id: str
    model_id: UUID | None
    data: dict[str, Any]
    texts: dict[str, str]


@dataclass(slots=True)
class _Recorder:
    entries: list[Entry] = field(default_factory=list)


_recorder: ContextVar[_Recorder | None] = ContextVar("recorder", default=None)


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Make ``function`` one governed change: one transaction, recorded at its end.

    A verb may call another: then both are one change, and an exception that the
    outer one catches takes back what the inner one did and recorded.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        outer = _recorder.get()
        if outer is not None:
            return _nested(outer, function, *args, **kwargs)
        with transaction.atomic():
            recorder = _Recorder()
            token = _recorder.set(recorder)
            try:
                result = function(*args, **kwargs)
            finally:
                # Before the commit, so that a verb that is called after it is not taken for a part.
                _recorder.reset(token)
            _append(recorder.entries)
        return result

    return run


def _nested(recorder: _Recorder, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    before = len(recorder.entries)
    try:
        with transaction.atomic():
            return function(*args, **kwargs)
    except BaseException:
        del recorder.entries[before:]
        raise


def record(
    action: str,
    *,
    actor: "User | None",
    about: models.Model,
    model_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
) -> None:
    """Note that ``actor`` (None: Aegis itself) did ``action`` to ``about``.

    ``model_id`` is the registered model that it concerns, ``data`` holds ids and
    short codes (JSON values). Of ``texts`` only salted digests are kept.

    Raises RuntimeError outside a verb, and for an action that nobody declared.
    """
    recorder = _recorder.get()
    if recorder is None:
        message = f"{action} was recorded outside a verb."
        raise RuntimeError(message)
    if not actions.is_declared(action):
        message = f"Nobody declared the action {action}."
        raise RuntimeError(message)
    recorder.entries.append(
        Entry(
            action=action,
            actor=actor,
            object_type=about._meta.model_name or "",
            object_id=str(about.pk),
            model_id=model_id,
            data=dict(data or {}),
            texts={name: text for name, text in (texts or {}).items() if text},
        )
    )


def _append(entries: list[Entry]) -> None:
    if not entries:
        return
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [HEAD_LOCK])
    head = AuditEvent.objects.order_by("-seq").values_list("seq", "hash").first()
    seq, previous = (head[0], bytes(head[1])) if head else (0, chain.GENESIS)
    rows = []
    for entry in entries:
        seq += 1
        body = chain.canonical(_body(entry, seq=seq, at=now.isoformat()))
        digest = chain.entry_hash(previous, body)
        rows.append(
            AuditEvent(
                seq=seq,
                occurred_at=now,
                actor=entry.actor,
                action=entry.action,
                object_type=entry.object_type,
                object_id=entry.object_id,
                model_id=entry.model_id,
                body=body.decode(),
                previous_hash=previous,
                hash=digest,
            )
        )
        previous = digest
    AuditEvent.objects.bulk_create(rows)
    owe((row.action, _payload(entry, row.seq)) for row, entry in zip(rows, entries, strict=True))


def _body(entry: Entry, *, seq: int, at: str) -> dict[str, Any]:
    actor = entry.actor
    kind = "system" if actor is None else "service" if actor.is_service else "person"
    return {
        "format": 1,
        "seq": seq,
        "at": at,
        "actor": {"id": str(actor.pk) if actor else None, "kind": kind},
        "action": entry.action,
        "object": {"type": entry.object_type, "id": entry.object_id},
        "model": str(entry.model_id) if entry.model_id else None,
        "data": entry.data,
        "texts": {
            name: asdict(chain.salted_digest(text)) for name, text in sorted(entry.texts.items())
        },
    }


def _payload(entry: Entry, seq: int) -> dict[str, Any]:
    return {
        "seq": seq,
        "actor": str(entry.actor.pk) if entry.actor else None,
        "object": {"type": entry.object_type, "id": entry.object_id},
        "model": str(entry.model_id) if entry.model_id else None,
        "data": entry.data,
    }
