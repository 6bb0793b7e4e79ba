"""A tracking server with models in it, and how Aegis is told of it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from aegis.settings.tracking import TrackingServer
from tests.servers.mlflow import server

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Tracked:
    """The address of a server, and the IDs of what was logged to it, by ``training.py``'s names."""

    uri: str
    ids: dict[str, str]

    def run(self, name: str) -> str:
        """Return a run's ID."""
        return self.ids[name]


@pytest.fixture(scope="session")
def tracked() -> Iterator[Tracked]:
    """A real tracking server with trained models, the same for all tests of a process."""
    for uri in server.running():
        yield Tracked(uri, _train(uri))


@pytest.fixture
def tracking_server(tracked: Tracked, settings: Settings) -> TrackingServer:
    """The server as Aegis knows it: configured under the name ``main``, and allowed."""
    found = TrackingServer("main", tracked.uri)
    settings.AEGIS_MLFLOW_TRACKING_URIS = {"main": found}
    settings.AEGIS_EGRESS_ALLOW = frozenset({"127.0.0.1"})
    return found


def _train(uri: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.servers.mlflow.training", uri],
        check=False,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **server.SILENT, "MLFLOW_ENABLE_ASYNC_LOGGING": "false"},
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found
