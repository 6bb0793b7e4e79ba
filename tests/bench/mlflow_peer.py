"""MLflow's own server as the peer: default workers, no authentication, on the same PostgreSQL."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from aegis.embedded.config import SUPERUSER, EmbeddedConfig
from tests.bench.filling import VERSIONS, name_of

DATABASE = "mlflow"
START_SECONDS = 120


def _uri(config: EmbeddedConfig) -> str:
    password = config.passwords[SUPERUSER]
    return f"postgresql+psycopg://{SUPERUSER}:{password}@/{DATABASE}?host={config.sockets}"


def fill(config: EmbeddedConfig, count: int) -> None:
    """Make the same models, versions, tags and aliases in a database of MLflow's."""
    with psycopg.connect(
        host=str(config.sockets),
        user=SUPERUSER,
        password=config.passwords[SUPERUSER],
        dbname="postgres",
        autocommit=True,
    ) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    subprocess.run(
        [sys.executable, "-m", "tests.bench.mlflow_filling", _uri(config), str(count)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def server(config: EmbeddedConfig, port: int, log: Path) -> Iterator[None]:
    """Run ``mlflow server`` as it comes until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mlflow", "server"),
                *("--backend-store-uri", _uri(config)),
                *("--host", "127.0.0.1", "--port", str(port)),
                *("--default-artifact-root", str(log.parent / "mlflow-artifacts")),
            ],
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"},
        )
        try:
            _wait(port, process, log)
            yield
        finally:
            os.killpg(process.pid, 15)
            process.wait(timeout=30)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
        except (OSError, urllib.error.URLError):
            time.sleep(0.5)
        else:
            return
    message = f"MLflow did not start:\n{log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(message)


def paths(count: int) -> tuple[list[str], list[str]]:
    """Return the addresses of versions by number and by alias."""
    names = [name_of(index) for index in range(0, count, 7)]
    base = "/api/2.0/mlflow"
    by_number = [
        f"{base}/model-versions/get?name={name}&version={1 + index % VERSIONS}"
        for index, name in enumerate(names)
    ]
    by_alias = [f"{base}/registered-models/alias?name={name}&alias=dev-bench" for name in names]
    return by_number, by_alias
