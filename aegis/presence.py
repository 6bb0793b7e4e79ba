"""Which queues are served: each worker says so of itself, so that a probe has to ask none.

The word is said by the loop that takes messages, so one that is stuck falls silent. It lasts for
longer than a worker on a busy machine is silent, by the clock of Redis alone.
"""

from collections.abc import Iterable
from typing import Any, Final

import redis
import structlog
from celery import bootsteps
from django.conf import settings

EVERY: Final = 5.0
"""Seconds from word to word."""
GOOD_FOR: Final = 20
"""Seconds after which a worker that said no more is taken for gone."""

log = structlog.get_logger(__name__)


class Presence(bootsteps.StartStopStep):
    """Says from the start of a worker on which queues it takes from."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    _timer: Any = None

    def start(self, parent: Any) -> None:
        """Say it at once and from now on."""
        queues = [queue.name for queue in parent.task_consumer.queues]
        _say(queues)
        self._timer = parent.timer.call_repeatedly(EVERY, _say, (queues,))

    def stop(self, parent: Any) -> None:  # noqa: ARG002 -- Celery's signature.
        """Say no more; what was said runs out, since another worker may serve the queues too."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def unserved(queues: Iterable[str]) -> list[str]:
    """Return those of the queues that no worker serves. Raises ``redis.RedisError``."""
    asked = list(queues)
    with _client() as client:
        said: Any = client.mget([_key(queue) for queue in asked])
    return [queue for queue, word in zip(asked, said, strict=True) if word is None]


def _say(queues: Iterable[str]) -> None:
    try:
        with _client() as client, client.pipeline(transaction=False) as pipeline:
            for queue in queues:
                pipeline.set(_key(queue), "served", ex=GOOD_FOR)
            pipeline.execute()
    except redis.RedisError as error:
        log.warning("presence.not_said", reason=type(error).__name__)


def _key(queue: str) -> str:
    return f"aegis:queue:{queue}"


def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1, retry=None
    )
