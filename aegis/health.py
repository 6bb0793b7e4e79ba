"""Whether Aegis lives (``/healthz``) and which part it lacks (``/readyz``)."""

from collections.abc import Callable, Mapping, Sequence

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from aegis import presence, queues

logger = structlog.get_logger(__name__)


class Missing(Exception):  # noqa: N818 -- It names a part that is missing.
    """A part does not answer; the message is the sentence for the operator."""


def database() -> None:
    """Raise Missing where PostgreSQL does not answer."""
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        message = "PostgreSQL does not answer."
        raise Missing(message) from error


def migrations() -> None:
    """Raise Missing where the tables are older than the code."""
    try:
        executor = MigrationExecutor(connections["default"])
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        message = "It cannot be read which migrations have run."
        raise Missing(message) from error
    if waiting:
        count = len(waiting)
        message = f"Not all migrations have run ({count} to go): python manage.py migrate."
        raise Missing(message)


def broker() -> None:
    """Raise Missing where Redis does not answer."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1, retry=None
    )
    try:
        client.ping()
    except redis.RedisError as error:
        message = "Redis does not answer."
        raise Missing(message) from error
    finally:
        client.close()


def worker() -> None:
    """Raise Missing where a queue that people wait for is served by no worker."""
    try:
        unserved = presence.unserved(queues.PROMPT)
    except redis.RedisError as error:
        message = "Redis does not say whether a worker runs."
        raise Missing(message) from error
    if unserved:
        message = f"No worker serves {_queues(unserved)}."
        raise Missing(message)


def imports() -> str:
    """Say whether a worker does what takes long: Aegis serves without, and that waits."""
    try:
        unserved = presence.unserved(queues.LONG)
    except redis.RedisError:
        return "Redis does not say whether a worker runs."
    return f"No worker serves {_queues(unserved)}; what is in there waits." if unserved else "ok"


def _queues(names: Sequence[str]) -> str:
    *others, last = names
    return f"the queues {', '.join(others)} and {last}" if others else f"the queue {last}"


PARTS: dict[str, Callable[[], None]] = {
    "database": database,
    "migrations": migrations,
    "redis": broker,
    "worker": worker,
}
# What other apps say of parts without which Aegis goes on serving: a load balancer must not take
# the whole site away because the signer is sealed. Each returns "ok" or a sentence within seconds,
# and asks nothing anew for every probe.
NOTICES: dict[str, Callable[[], str]] = {"imports": imports}

# A part that rests on another is not asked while that one is missing.
RESTS_ON = {"migrations": "database", "worker": "redis"}


def report() -> dict[str, str]:
    """Return for each part "ok" or a sentence that says what is missing."""
    found: dict[str, str] = {}
    for name, ask in PARTS.items():
        below = RESTS_ON.get(name)
        if below is not None and found[below] != "ok":
            found[name] = f"Not asked, because it rests on what is missing: {below}."
            continue
        try:
            ask()
        except Missing as missing:
            logger.warning("part_missing", part=name, reason=repr(missing.__cause__))
            found[name] = str(missing)
        else:
            found[name] = "ok"
    return found


def notices(parts: Mapping[str, str]) -> dict[str, str]:
    """Return what does not work, or not yet, although everything serves; nothing without tables."""
    if {parts["database"], parts["migrations"]} != {"ok"}:
        return {}
    return {name: say() for name, say in NOTICES.items()}


@require_safe
def alive(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- Every view takes it.
    """Answer 200 while the process serves at all."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 -- Every view takes it.
    """Answer 200 where every part answers, else 503; the body names each part."""
    parts = report()
    is_ready = set(parts.values()) == {"ok"}
    answer = {"ready": is_ready, "parts": parts, "notices": notices(parts)}
    return JsonResponse(answer, status=200 if is_ready else 503)
