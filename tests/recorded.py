"""What verbs left behind in the audit log, and what they refused."""

import json
from typing import Any

import pytest

from aegis.audit.models import AuditEvent
from aegis.problems import Refusal


def last() -> int:
    """Return the number of the last entry."""
    entry = AuditEvent.objects.order_by("-seq").first()
    return entry.seq if entry else 0


def recorded(since: int) -> list[tuple[str, str, Any]]:
    """Return action, object's key and data of the entries after ``since``."""
    found = AuditEvent.objects.filter(seq__gt=since).order_by("seq")
    return [(entry.action, entry.object_id, json.loads(entry.body)["data"]) for entry in found]


def refused(kind: type[Refusal], code: str, act: Any, *args: Any, **kwargs: Any) -> Refusal:
    """Call a verb that must refuse with ``code`` and record nothing; return the refusal."""
    since = last()
    with pytest.raises(kind) as caught:
        act(*args, **kwargs)
    assert caught.value.code == code
    assert recorded(since) == []
    return caught.value
