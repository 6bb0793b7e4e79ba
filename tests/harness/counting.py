"""Count messages that were sent and tasks that ended, so that a test can wait for the difference.

The broker's own keys do not show a message that a worker has taken and not yet noted.
"""

from collections.abc import Callable
from typing import Any

import redis
from celery import signals

SENT, ENDED = "test:sent", "test:ended"


class Counter:
    """What the test process and its worker have counted in their Redis database."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url)
        self._handlers: list[Callable[..., None]] = []

    def count(self) -> None:
        """Count what this process sends and what ends in it, each once, from now on."""
        self.stop_counting()
        for signal, key in (
            (signals.before_task_publish, SENT),
            (signals.task_postrun, ENDED),
            (signals.task_revoked, ENDED),
        ):
            signal.connect(self._handler(key), weak=False)

    def stop_counting(self) -> None:
        """Count no more."""
        for handler in self._handlers:
            for signal in (signals.before_task_publish, signals.task_postrun, signals.task_revoked):
                signal.disconnect(handler)
        self._handlers.clear()

    def is_even(self) -> bool:
        """Tell whether every message that was sent has been acted on."""
        sent, ended = (int(value or 0) for value in self._redis.mget(SENT, ENDED))
        return ended >= sent

    def reset(self) -> None:
        """Forget all."""
        self._redis.delete(SENT, ENDED)

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def _handler(self, key: str) -> Callable[..., None]:
        def increment(**_: Any) -> None:
            self._redis.incr(key)

        self._handlers.append(increment)
        return increment
