"""Measure Aegis: ``make bench``, or ``python -m tests.bench [reads] [packaging] [pipeline]``.

``reads`` starts a stack and an MLflow server on the same PostgreSQL, fills both with the same
models, and reads versions by number and by alias: ours with token, permission, tags and aliases,
MLflow's without authentication. ``packaging`` holds our packages against a sha256 pass and
``tar czf`` on the same files; ``pipeline`` takes a model from upload to READY.
"""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aegis.embedded import config as embedded
from tests.bench import load, memory, mlflow_peer, packaging, pipeline
from tests.bench.filling import VERSIONS, name_of
from tests.bench.load import Rate
from tests.harness import stack as stacks

PARTS = ("reads", "packaging", "pipeline")
TARGET_RATIO = 5.0
CLIENTS = (1, 8)
WARM_UP_SECONDS = 5.0
MOST_ROUNDS = 12
STILL_FASTER = 1.05


def main() -> None:
    """Print the measurements and their ratios."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)} (all)")
    parser.add_argument("--models", type=int, default=1000, help="how many models (1000)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement (5)")
    packaging.add_arguments(parser)
    pipeline.add_arguments(parser)
    chosen = parser.parse_args()
    parts = set(chosen.parts or PARTS)
    if unknown := parts.difference(PARTS):
        parser.error(f"There is no part {', '.join(sorted(unknown))}.")
    if "reads" in parts:
        _measure_reads(chosen.models, chosen.seconds)
    if "packaging" in parts:
        packaging.run(chosen)
    if "pipeline" in parts:
        pipeline.run(chosen)


def _measure_reads(models: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="aegis-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        _run(folder, models, seconds)


def _run(folder: Path, models: int, seconds: float) -> None:
    token = secrets.token_hex(24)
    data = folder / "data"
    stack = stacks.start(data, folder / "stack.log", AEGIS_DEMO="0", AEGIS_ADMIN_TOKEN=token)
    try:
        _say(f"The stack is up at {stack.url}. Filling it and MLflow with {models:,} models each.")
        time.sleep(10)
        shares = memory.of_stack(data)
        total = sum(share.megabytes for share in shares)
        _say(f"Idle stack: {total:.0f} MB of PSS in {len(shares)} processes.")
        subprocess.run(
            [sys.executable, "-m", "tests.bench.filling", str(models)],
            check=True,
            env={
                **os.environ,
                "AEGIS_DATA": str(data),
                "DJANGO_SETTINGS_MODULE": "aegis.settings.local",
            },
        )
        config = embedded.load(data)
        mlflow_peer.fill(config, models)
        _compare(stack.url, config, folder, token, models, seconds)
    finally:
        stack.stop()


def _compare(
    url: str,
    config: embedded.EmbeddedConfig,
    folder: Path,
    token: str,
    models: int,
    seconds: float,
) -> None:
    ours, port = _paths(models), stacks.free_port()
    with mlflow_peer.server(config, port, folder / "mlflow.log"):
        theirs = mlflow_peer.paths(models)
        own_port = int(url.rsplit(":", 1)[1].strip("/"))
        bearer = [f"Authorization: Bearer {token}"]
        _warm_up(own_port, ours[0], bearer)
        _warm_up(port, theirs[0])
        for what, mine, peers in zip(("number", "alias"), ours, theirs, strict=True):
            for clients in CLIENTS:
                us = _measure(own_port, mine, clients, seconds, bearer)
                them = _measure(port, peers, clients, seconds)
                _report(what, clients, us, them)


def _warm_up(port: int, paths: list[str], headers: list[str] | None = None) -> None:
    """Load a server until it gets no faster: MLflow's workers load much of it at first use."""
    former = 0.0
    for _ in range(MOST_ROUNDS):
        rate = _measure(port, paths, max(CLIENTS), WARM_UP_SECONDS, headers).per_second
        if rate < former * STILL_FASTER:
            return
        former = rate


def _measure(
    port: int, paths: list[str], clients: int, seconds: float, headers: list[str] | None = None
) -> Rate:
    return load.measure(port, paths, clients=clients, seconds=seconds, headers=headers or [])


def _report(what: str, clients: int, us: Rate, them: Rate) -> None:
    ratio = us.per_second / them.per_second
    _say(f"\nGET one version by {what}, {clients} client{'s' if clients > 1 else ''}")
    _say(f"  Aegis   {us}")
    _say(f"  MLflow  {them}")
    aim = f" (aim: {TARGET_RATIO:g})" if clients > 1 else ""
    _say(f"  ratio   {ratio:8.1f}{aim}")


def _paths(models: int) -> tuple[list[str], list[str]]:
    names = [name_of(index) for index in range(0, models, 7)]
    by_number = [
        f"/api/v1/models/{name}/versions/{1 + index % VERSIONS}/"
        for index, name in enumerate(names)
    ]
    return by_number, [f"/api/v1/models/{name}/versions/dev-bench/" for name in names]


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
