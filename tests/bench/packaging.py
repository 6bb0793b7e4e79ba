"""Measure packaging beside what it is made of: ``python -m tests.bench packaging``.

On the same files, in one run: a plain sha256 pass, our package into memory (a sink that is not the
limit) and to disk, a plain write with fsync, and ``tar czf``. Ratios are of the best of each.
"""

import argparse
import hashlib
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.packages import pack
from aegis.proof.streams import HashingWriter

MIB = 1024 * 1024
OF_SHA256 = 0.5
OF_TAR = 15.0
MOST_RESIDENT_MB = 200

MEASURED_ALONE = """
import re, sys
from pathlib import Path
from tests.bench.packaging import Nowhere, files_of, packed
print(packed(files_of(Path(sys.argv[1])), Nowhere()))
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a model, on disk, and their manifest."""

    folder: Path
    manifest: Manifest


class Nowhere:
    """A sink that is never the limit."""

    def write(self, data: object) -> None:
        """Take it and forget it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--megabytes", type=int, default=1024, help="of each kind of file (1024)")
    parser.add_argument("--times", type=int, default=5, help="how often each is measured (5)")
    parser.add_argument("--large", type=int, default=10, help="gigabytes of the memory test (10)")
    parser.add_argument("--folder", type=Path, help="where the files are made (a temporary one)")


def run(chosen: argparse.Namespace) -> None:
    """Print the measurements and their ratios."""
    with tempfile.TemporaryDirectory(prefix="aegis-bench-", dir=chosen.folder) as name:
        for what, make in (("fp32 weights", _weights), ("text-like files", _texts)):
            folder = Path(name) / what.split()[0]
            folder.mkdir()
            make(folder, chosen.megabytes * MIB)
            _compare(what, files_of(folder), Path(name), chosen.times)
        if chosen.large:
            _memory(Path(name), chosen.large)


def files_of(folder: Path) -> Files:
    """Return the files of a folder with their manifest."""
    entries = []
    for path in folder.iterdir():
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            entries.append(FileEntry(path.name, file.tell(), digest))
    return Files(folder, Manifest.of(entries))


def packed(files: Files, sink: object) -> int:
    """Pack the files into a sink and return the size of the package."""
    opened = lambda entry: (files.folder / entry.path).open("rb", buffering=0)  # noqa: E731
    return pack(files.manifest, opened, sink).size  # type: ignore[arg-type]


def _compare(what: str, files: Files, folder: Path, times: int) -> None:
    target = folder / "package"
    ways: dict[str, Callable[[], object]] = {
        "one sha256 pass": lambda: _sha256(files),
        "Aegis, into memory": lambda: packed(files, Nowhere()),
        "Aegis, to disk": lambda: _to_disk(files, target),
        "plain write, fsync": lambda: _plain_write(files, target),
    }
    best = dict.fromkeys(ways, 0.0)
    together = []
    for _ in range(times):
        rates = {name: _rate(files, way) for name, way in ways.items()}
        best = {name: max(best[name], rate) for name, rate in rates.items()}
        together.append(rates["Aegis, into memory"] / rates["one sha256 pass"])
    best["tar czf"] = _rate(files, lambda: _tar(files, target))
    target.unlink()
    ours = best["Aegis, into memory"]
    _say(f"\n{what}, {files.manifest.size / 1e6:,.0f} MB, best of {times}")
    for name, rate in best.items():
        _say(f"  {name:20} {rate:8,.0f} MB/s")
    runs = ", ".join(f"{ratio:.2f}" for ratio in together)
    aim = f" (aim: {OF_SHA256})" if "fp32" in what else ""
    _say(f"  of the sha256 pass   {ours / best['one sha256 pass']:8.2f}{aim}; each run: {runs}")
    aim = f" (aim: {OF_TAR:g})" if "fp32" in what else ""
    _say(f"  of tar czf           {ours / best['tar czf']:8.1f}{aim}")
    _say(f"  disk of plain write  {best['Aegis, to disk'] / best['plain write, fsync']:8.2f}")


def _rate(files: Files, way: Callable[[], object]) -> float:
    begun = time.perf_counter()
    way()
    return files.manifest.size / 1e6 / (time.perf_counter() - begun)


def _sha256(files: Files) -> None:
    for path in files.folder.iterdir():
        with path.open("rb", buffering=0) as file:
            hashlib.file_digest(file, "sha256")


def _to_disk(files: Files, target: Path) -> None:
    with target.open("wb", buffering=MIB) as file:
        packed(files, HashingWriter(file))
        file.flush()
        os.fsync(file.fileno())


def _plain_write(files: Files, target: Path) -> None:
    with target.open("wb", buffering=0) as sink:
        for path in files.folder.iterdir():
            with path.open("rb", buffering=0) as file:
                while data := file.read(MIB):
                    sink.write(data)
        os.fsync(sink.fileno())


def _tar(files: Files, target: Path) -> None:
    command = ["tar", "czf", str(target), "-C", str(files.folder), "."]
    subprocess.run(command, check=True)


def _weights(folder: Path, size: int) -> None:
    numbers = np.random.default_rng(1)
    with (folder / "model.bin").open("wb") as file:
        for _ in range(size // (16 * MIB)):
            file.write(numbers.standard_normal(4 * MIB, dtype="f4").tobytes())


def _texts(folder: Path, size: int) -> None:
    """Write files of words in varying order, some shared and some rare, as vocabularies are."""
    chosen = random.Random(1)
    words = [chosen.randbytes(chosen.randint(1, 6)).hex() for _ in range(50_000)]
    for number in range(max(1, size // (64 * MIB))):
        with (folder / f"part-{number}.json").open("w") as file:
            for _ in range(8):
                line = " ".join(chosen.choices(words, k=100_000))
                while file.tell() % (8 * MIB) + len(line) < 8 * MIB:
                    file.write(line + "\n")
                file.write(line + "\n")


def _memory(folder: Path, gigabytes: int) -> None:
    large = folder / "large"
    large.mkdir()
    with (large / "model.bin").open("wb") as file:
        file.truncate(gigabytes * 1024**3)
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED_ALONE, str(large)],
        check=True,
        capture_output=True,
        text=True,
    )
    resident = int(re.findall(r"\d+", done.stdout)[-1]) / 1024
    seconds = time.perf_counter() - begun
    _say(f"\nA sparse model of {gigabytes} GB in a process of its own, {seconds:.0f} s")
    _say(f"  resident at most     {resident:8.0f} MB (aim: {MOST_RESIDENT_MB}, numpy included)")


def _say(line: str) -> None:
    print(line, flush=True)
