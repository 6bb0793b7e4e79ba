"""The whole stack as ``make run`` starts it, with the sample organisation, for tests of pages."""

import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aegis.embedded import leftovers
from aegis.embedded.processes import Child, Plan

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 600.0

# What the environment of a test process holds and a person's terminal does not.
OF_TESTS = (
    "AEGIS_SECRET_KEY",
    "AEGIS_TEST_RUN",
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DJANGO_SETTINGS_MODULE",
    "REDIS_URL",
)


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A stack that runs: where it is, and who can sign in with which password."""

    url: str
    data: Path
    passwords: dict[str, str]
    roles: dict[str, str]
    child: Child

    def stop(self) -> None:
        """Stop it as Ctrl-C does. Raises AssertionError unless it ended well and whole."""
        self.child.stop()
        assert self.child.returncode == 0, _output(self.child)
        assert leftovers.marked(self.data) == []


def start(data: Path, log: Path, **environment: str) -> RunningStack:
    """Start a stack on a free port and wait until it shows its screen."""
    child = launch(data, log, AEGIS_PORT=str(free_port()), **environment)
    deadline = time.monotonic() + START_SECONDS
    while (screen := _screen(log)) is None:
        if child.ended() or time.monotonic() > deadline:
            child.stop()
            message = f"The stack did not start:\n{_output(child)}"
            raise RuntimeError(message)
        time.sleep(0.1)
    people = screen["people"]
    return RunningStack(
        url=screen["url"],
        data=data,
        passwords={p["username"]: p["password"] for p in people if p["password"]},
        roles={p["username"]: p["role"] for p in people},
        child=child,
    )


def launch(data: Path, log: Path, **environment: str) -> Child:
    """Run the command behind ``make run`` in the environment of a terminal."""
    inherited = {name: value for name, value in os.environ.items() if name not in OF_TESTS}
    return Child(
        Plan(
            name="stack",
            argv=[sys.executable, "-m", "aegis.embedded", "--json"],
            log=log,
            stop=((signal.SIGINT, 60.0),),
            death_signal=signal.SIGTERM,
            environment={**inherited, "AEGIS_DATA": str(data), **environment},
            cwd=ROOT,
        )
    )


def free_port() -> int:
    """Return a port of this machine on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _screen(log: Path) -> dict[str, Any] | None:
    for line in log.read_text().splitlines(keepends=True):
        if line.startswith("{") and line.endswith("\n"):
            found: dict[str, Any] = json.loads(line)
            return found
    return None


def _output(child: Child) -> str:
    return "\n".join(child.last_lines(60))
