"""A real Celery worker on this process's database, for tests marked ``worker``.

It lives as long as the session, on a Redis database of its own: other tests, too, send messages,
which nobody shall act on.
"""

import os
import signal
import sys
import time
from pathlib import Path

from aegis import queues
from aegis.celery import app
from aegis.embedded.processes import Child, Plan
from aegis.settings import addresses
from tests.harness import run
from tests.harness.counting import Counter

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60.0
IDLE_SECONDS = 60.0
POLL = 0.01


class Worker:
    """The session's Celery worker."""

    def __init__(self) -> None:
        self._counter = Counter(run.worker_redis_url())
        self._child: Child | None = None

    def begin(self) -> None:
        """Let the worker act on what this process sends from now on."""
        send_to(run.worker_redis_url())
        self._counter.reset()
        if self._child is None or self._child.ended():
            self._start()
        self._counter.count()

    def wait_until_idle(self, seconds: float = IDLE_SECONDS) -> None:
        """Wait until every message has been acted on. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not self._counter.is_even():
            if time.monotonic() > deadline:
                message = f"The Celery worker was not done after {seconds} seconds:\n{self.log()}"
                raise TimeoutError(message)
            time.sleep(POLL)

    def end(self) -> None:
        """Wait until the worker is idle and send it no more; one that cannot is killed."""
        try:
            self.wait_until_idle()
        except TimeoutError:
            self.kill()
            raise
        finally:
            self._counter.stop_counting()
            send_to(run.redis_url())

    def kill(self) -> None:
        """End the worker with SIGKILL, as a crash would, and forget what it had not done."""
        if self._child is not None:
            self._child.stop(hurry=True)
        with app.connection_for_write() as connection:
            connection.default_channel.client.flushdb()

    def stop(self) -> None:
        """Stop the worker at the session's end."""
        if self._child is not None:
            self._child.stop()
        self._counter.close()

    def log(self, lines: int = 40) -> str:
        """Return the end of what the worker wrote."""
        return "\n".join(self._child.last_lines(lines)) if self._child else ""

    def _start(self) -> None:
        arguments = [
            *("-m", "celery", "-A", "tests.harness.worker_app", "worker", "--pool", "threads"),
            *("--concurrency", "2", "--queues", ",".join(queues.ALL), "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
        self._child = Child(
            Plan(
                name="worker",
                argv=[sys.executable, *arguments],
                log=run.folder() / f"worker-{run.worker()}.log",
                stop=((signal.SIGTERM, 5.0), (signal.SIGQUIT, 2.0)),
                environment={
                    **os.environ,
                    run.OF_WORKER: "1",
                    "DJANGO_SETTINGS_MODULE": "tests.settings",
                },
                cwd=ROOT,
            )
        )
        deadline = time.monotonic() + START_SECONDS
        while not app.control.ping(timeout=0.5, limit=1):
            if self._child.ended() or time.monotonic() > deadline:
                message = f"The Celery worker did not start:\n{self.log()}"
                raise RuntimeError(message)


def _broker(url: str) -> str:
    return addresses.broker("REDIS_URL", url)


def send_to(url: str) -> None:
    """Let this process send to another broker: Celery keeps pools of connections to the former."""
    app.conf.broker_url = _broker(url)
    app._pool = None
    app.amqp._producer_pool = None
