"""Measure a model on its way in: ``python -m tests.bench pipeline``.

A stack as ``make run`` starts it takes a folder of fp32 weights through the client, again and
again: hashed, uploaded in parts, checked, scanned, packed, signed, READY. Each run has other
bytes. With ``--wait`` of the client, what is measured is what its user waits.
"""

import argparse
import secrets
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from aegis.sdk import ModelRegistry
from tests.harness import stack as stacks

MIB = 1024 * 1024
PROMISED_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--gigabytes", type=float, default=1.0, help="of each version (1)")
    parser.add_argument("--runs", type=int, default=5, help="how many versions (5)")


def run(chosen: argparse.Namespace) -> None:
    """Print how long each version took, and their p50 and p95."""
    token = secrets.token_hex(24)
    with tempfile.TemporaryDirectory(prefix="aegis-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        stack = stacks.start(
            folder / "data", folder / "stack.log", AEGIS_DEMO="0", AEGIS_ADMIN_TOKEN=token
        )
        try:
            registry = ModelRegistry(stack.url, token)
            seconds = [_once(registry, folder, chosen.gigabytes, i) for i in range(chosen.runs)]
        finally:
            stack.stop()
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    _say(f"\n{chosen.gigabytes:g} GB from the first byte hashed to READY, {chosen.runs} runs")
    _say(f"  p50 {statistics.median(seconds):6.1f} s   p95 {p95:6.1f} s")
    _say(f"  promised: {PROMISED_SECONDS:g} s for 1 GB")


def _once(registry: ModelRegistry, folder: Path, gigabytes: float, number: int) -> float:
    files = folder / f"model-{number}"
    files.mkdir()
    _write_safetensors(files / "model.safetensors", int(gigabytes * 1024) * MIB, seed=number)
    (files / "config.json").write_text('{"layers": 12}')
    begun = time.perf_counter()
    version = registry.register(files, "measured")
    seconds = time.perf_counter() - begun
    (files / "model.safetensors").unlink()
    _say(f"  version {version.number}: {seconds:.1f} s")
    return seconds


def _write_safetensors(path: Path, size: int, *, seed: int) -> None:
    numbers = np.random.default_rng(seed)
    header = f'{{"w":{{"dtype":"F32","shape":[{size // 4}],"data_offsets":[0,{size}]}}}}'.encode()
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for _ in range(size // MIB):
            file.write(numbers.standard_normal(MIB // 4, dtype="f4").tobytes())


def _say(line: str) -> None:
    print(line, flush=True)
