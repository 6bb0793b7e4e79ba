import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aegis.embedded import config
from aegis.embedded.config import EmbeddedConfig
from aegis.embedded.postgres import PostgresServer


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name through which every user may pass, as a checkout's would be."""
    made = Path(tempfile.mkdtemp(prefix="aegis-embedded-", dir="/tmp"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def found(folder: Path) -> EmbeddedConfig:
    return config.load(folder / "var")


@pytest.fixture
def start(found: EmbeddedConfig) -> Iterator[Callable[[], PostgresServer]]:
    """Start a server of the data folder, as often as the test calls it."""
    servers: list[PostgresServer] = []

    def start_one() -> PostgresServer:
        server = PostgresServer(found)
        servers.append(server)
        server.start()
        return server

    yield start_one
    for server in servers:
        server.stop(hurry=True)


@pytest.fixture
def as_other_user() -> Callable[[Callable[[], str]], str]:
    """Call a function as a user who is not root, and return its answer."""

    def call(function: Callable[[], str]) -> str:
        if os.geteuid() != 0:
            return function()
        receiver, sender = os.pipe()
        if (child := os.fork()) == 0:
            try:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                os.write(sender, function().encode())
            finally:
                os.kill(os.getpid(), signal.SIGKILL)
        os.close(sender)
        with os.fdopen(receiver) as pipe:
            answer = pipe.read()
        os.waitpid(child, 0)
        return answer

    return call


@pytest.fixture(scope="session")
def shared() -> Iterator[PostgresServer]:
    """One server for tests that change nothing in it."""
    made = Path(tempfile.mkdtemp(prefix="aegis-embedded-", dir="/tmp"))
    made.chmod(0o711)
    server = PostgresServer(config.load(made / "var"), fast=True)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(made)
