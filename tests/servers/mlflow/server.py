"""A real MLflow tracking server for the tests of this process: SQLite, artifacts through it."""

import os
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from aegis.embedded.processes import Child, Plan
from tests.harness import run
from tests.harness.stack import free_port

START_SECONDS: Final = 240.0
SILENT: Final = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


def running() -> Iterator[str]:
    """Yield the address of a server that answers, and stop it afterwards."""
    address, child = start()
    yield address
    child.stop()


def start() -> tuple[str, Child]:
    """Start MLflow's application as its command line does, without loading that as well."""
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="mlflow-", dir=run.folder()))
    stores = {
        "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{folder}/mlflow.db",
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(folder / "artifacts"),
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        # A server may be set to take such roots; Aegis has to know what to do with them.
        "MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES": "mlflow-artifacts",
    }
    child = Child(
        Plan(
            name="mlflow",
            argv=[
                *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"),
                *("--threads", "4", "--timeout", "600", "--no-control-socket"),
                "mlflow.server:app",
            ],
            log=folder / "server.log",
            stop=((signal.SIGTERM, 5.0),),
            environment={**os.environ, **SILENT, **stores},
            cwd=folder,
        )
    )
    address = f"http://127.0.0.1:{port}"
    _wait(address, child)
    return address, child


def _wait(address: str, child: Child) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(address):
        if time.monotonic() > deadline or child.ended():
            lines = "\n".join(child.last_lines(30))
            message = f"MLflow does not answer at {address}:\n{lines}"
            raise RuntimeError(message)
        time.sleep(0.2)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False
