"""Find and stop a PostgreSQL server that an earlier start left running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.errors import CannotStartError

POLL = 0.05


def stop_leftover(config: EmbeddedConfig) -> None:
    """Stop what still runs of this data folder's server, then forget it.

    PostgreSQL refuses to start while any process has the number in its lock files: one that
    was killed and not yet reaped, or, in a container that was restarted, another program.
    Removing the files is safe only once no process of the old server is left, since a child
    that outlives a killed server still writes to the shared memory.
    """
    for number, seconds in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        servers, children = running(config)
        # A server ends its children; to them SIGINT means something else.
        for pid in servers or children:
            _send(pid, number, config)
        if _is_gone(config, seconds):
            break
    else:
        message = (
            f"A PostgreSQL server runs on {config.postgres} and does not stop. Its processes: "
            f"{', '.join(map(str, servers + children))}. End them first."
        )
        raise CannotStartError(message)
    (config.postgres / "postmaster.pid").unlink(missing_ok=True)
    (config.sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def running(config: EmbeddedConfig) -> tuple[list[int], list[int]]:
    """Return the numbers of the data folder's servers and of their children."""
    servers, children = [], []
    for pid, words in _command_lines():
        if "-D" in words and str(config.postgres) in words and "postgres" in words[0]:
            servers.append(pid)
        elif words[0].startswith(f"postgres: {config.cluster_name}: "):
            children.append(pid)
    return servers, children


def _is_gone(config: EmbeddedConfig, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(running(config)):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def _send(pid: int, number: signal.Signals, config: EmbeddedConfig) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        message = (
            f"Another user's PostgreSQL server (process {pid}) runs on {config.postgres}; "
            "end it first."
        )
        raise CannotStartError(message) from error


def _command_lines() -> Iterator[tuple[int, list[str]]]:
    """Yield number and words of every process; one that has ended has no words."""
    if sys.platform == "linux":
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                    yield int(entry.name), words
    else:
        answer = subprocess.run(
            ["/bin/ps", "-axo", "pid=,command="], capture_output=True, check=True, text=True
        )
        for line in answer.stdout.splitlines():
            pid, _, command = line.strip().partition(" ")
            words = [command] if command.startswith("postgres: ") else command.split(" ")
            yield int(pid), words
