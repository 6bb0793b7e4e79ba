"""The programs of the stack as it runs them, on this process's database and the worker's Redis."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from aegis.embedded import programs
from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.processes import Child, Plan
from tests.harness import run
from tests.harness.worker import Worker, send_to

PLANS: Final[Mapping[str, Callable[[EmbeddedConfig], Plan]]] = {
    "worker": programs.worker,
    "importer": programs.importer,
    "beat": programs.beat,
}


@dataclass
class Programs:
    """Some of the stack's programs, each killed and started again as a test wants.

    ``app`` is their Celery application, ``further`` are options of the importer.
    """

    environment: Mapping[str, str]
    further: Sequence[str] = ()
    app: str = "aegis.celery"
    children: dict[str, Child] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start a program; a worker that was killed is found dead by what it does not finish."""
        run.data().mkdir(exist_ok=True)
        plan = PLANS[name](replace(run.servers(), data=run.data()))
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            run.OF_WORKER: "1",
            **self.environment,
        }
        log = run.folder() / f"{name}-{run.worker()}.log"
        words = [self.app if word == "aegis.celery" else word for word in plan.argv]
        further = self.further if name == "importer" else ()
        self.children[name] = Child(
            replace(plan, argv=[*words, *further], log=log, environment=environment)
        )

    def kill(self, name: str) -> None:
        """End a program with SIGKILL, as a crash would."""
        self.children[name].stop(hurry=True)

    def log(self, name: str, lines: int = 60) -> str:
        """Return the end of what a program wrote."""
        return "\n".join(self.children[name].last_lines(lines))


@contextmanager
def running(found: Programs, *names: str, session: Worker) -> Iterator[Programs]:
    """Run the programs in place of the ``session``'s worker, which serves every queue."""
    session.kill()
    send_to(run.worker_redis_url())
    try:
        for name in names:
            found.start(name)
        yield found
    finally:
        for name in reversed(found.children):
            found.kill(name)
        session.kill()  # What they have not done is done by nobody.
        send_to(run.redis_url())
