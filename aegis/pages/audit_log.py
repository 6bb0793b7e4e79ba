"""The audit log as one person may read it, a page at a time."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from aegis.accounts.models import User
from aegis.audit.actions import sentence_of
from aegis.audit.models import AuditEvent
from aegis.pages.stages import stage_look
from aegis.text import name_key
from registry.audit_entries import entries_visible_to
from registry.models import RegisteredModel

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """An entry, with what it is about in words and the path of that page."""

    entry: AuditEvent
    sentence: str
    about: str
    path: str
    note: str

    @property
    def hash(self) -> str:
        """Return the hash of the entry, in hex."""
        return bytes(self.entry.hash).hex()


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries, the newest first; ``newer`` and ``older`` are the entries to go on from."""

    lines: tuple[Line, ...]
    newer: int | None
    older: int | None


def may_verify(user: User) -> bool:
    """Say whether ``user`` may have the whole log checked: auditors and administrators."""
    return user.is_auditor or user.is_administrator


def log_page(
    user: User,
    *,
    actor: str = "",
    action: str = "",
    model: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    after: int | None = None,
) -> LogPage:
    """Return the entries that match: those below ``before``, or the next ones above ``after``."""
    entries = entries_visible_to(user).select_related("actor")
    if actor:
        is_actor = Q(actor__username__iexact=actor) | Q(actor__name__icontains=actor)
        is_system = Q(actor=None) if actor.casefold() == "aegis" else Q()
        entries = entries.filter(is_actor | is_system if is_system else is_actor)
    if action:
        entries = entries.filter(
            Q(action=action) if ":" in action else Q(action__startswith=f"{action}:")
        )
    if model:
        named = RegisteredModel.objects.visible_to(user).filter(name_key=name_key(model))
        entries = entries.filter(model_id__in=named.values("pk"))
    if since:
        entries = entries.filter(occurred_at__gte=since)
    if until:
        entries = entries.filter(occurred_at__lt=until)
    return _page(entries, before, after)


def _page(entries: QuerySet[AuditEvent], before: int | None, after: int | None) -> LogPage:
    if after is not None:
        found = list(entries.filter(seq__gt=after).order_by("seq")[: PAGE + 1])
        has_newer, has_older = len(found) > PAGE, True
        found = found[:PAGE][::-1]
    else:
        wanted = entries if before is None else entries.filter(seq__lt=before)
        found = list(wanted.order_by("-seq")[: PAGE + 1])
        has_newer, has_older = before is not None, len(found) > PAGE
        found = found[:PAGE]
    return LogPage(
        lines=tuple(_lines(found)),
        newer=found[0].seq if found and has_newer else None,
        older=found[-1].seq if found and has_older else None,
    )


def _lines(entries: Iterable[AuditEvent]) -> Iterable[Line]:
    entries = list(entries)
    bodies = [json.loads(entry.body) for entry in entries]
    keys = {entry.model_id for entry in entries if entry.model_id}
    models = dict(RegisteredModel.objects.filter(pk__in=keys).values_list("pk", "name"))
    people = _people(entries, bodies)
    for entry, body in zip(entries, bodies, strict=True):
        data = body["data"]
        about, path = _about(entry, data, models, people)
        yield Line(entry, sentence_of(entry.action), about, path, _note(data, people))


def _people(entries: list[AuditEvent], bodies: list[Any]) -> Mapping[str, str]:
    keys = {entry.object_id for entry in entries if entry.object_type == "user"}
    keys |= {body["data"]["user"] for body in bodies if "user" in body["data"]}
    wanted = {UUID(key) for key in keys if _is_key(key)}
    if not wanted:
        return {}
    return {str(user.pk): str(user) for user in User.objects.filter(pk__in=wanted)}


def _is_key(text: Any) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


def _about(
    entry: AuditEvent,
    data: Mapping[str, Any],
    models: Mapping[UUID, str],
    people: Mapping[str, str],
) -> tuple[str, str]:
    name = models.get(entry.model_id) if entry.model_id else None
    if name is None:
        named = people.get(entry.object_id) if entry.object_type == "user" else None
        known = data.get("slug") or data.get("name") or data.get("policy")
        return str(named or known or entry.object_type), ""
    number = data.get("version") or data.get("number")
    if isinstance(number, int):
        label, path = f"{name} v{number}", f"/models/{name}/versions/{number}/"
    else:
        label, path = name, f"/models/{name}/"
    return label, f"/reviews/{data['request']}/" if isinstance(data.get("request"), int) else path


_TOLD = ("target", "verdict", "kind", "outcome", "role", "alias", "label", "code", "revision")


def _note(data: Mapping[str, Any], people: Mapping[str, str]) -> str:
    """Return the short codes of an entry, as a reader wants them."""
    told = {key: data[key] for key in _TOLD if isinstance(data.get(key), str | int)}
    if "target" in told and "source" in data:
        told["target"] = " to ".join(stage_look(data[key]).name for key in ("source", "target"))
    said = [str(value).replace("_", " ") for value in told.values() if value != ""]
    if isinstance(data.get("request"), int):
        said.append(f"review {data['request']}")
    if str(data.get("user")) in people:
        said.append(people[str(data["user"])])
    return ", ".join(said)
