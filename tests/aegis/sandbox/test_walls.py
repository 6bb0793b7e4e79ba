"""A process behind walls is held, whatever a file makes it do."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from imports.scanning.children import _folders
from imports.scanning.limits import MEBIBYTE, Limits

LIMITS = Limits(memory_bytes=512 * MEBIBYTE, cpu_seconds=1)
BEGIN = """
import sys; sys.path[:0] = sys.argv[3:]
import json, os, signal, socket, subprocess, ctypes, urllib.request
from pathlib import Path
from imports.scanning.limits import Limits
from aegis.sandbox.walls import raise_walls
walls = raise_walls(Limits(**json.loads(sys.argv[2])), tuple(map(Path, sys.argv[3:])))
"""


def _walled(attack: str, *, wait: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run Python that walls itself in and then tries ``attack``."""
    command = [sys.executable, "-I", "-S", "-c", BEGIN + attack, "-", json.dumps(asdict(LIMITS))]
    return subprocess.run(
        [*command, *map(str, _folders())],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=wait,
        check=False,
    )


def _standing() -> set[str]:
    return set(json.loads(_walled("print(json.dumps(walls))").stdout))


needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="these walls are Linux's")


@needs_linux
def test_the_walls_that_need_no_privileges_always_stand() -> None:
    assert {"parent", "memory", "processor", "writing", "files", "core", "privileges"} <= (
        _standing()
    )


def test_memory_is_held() -> None:
    done = _walled("bytearray(2**30)")
    assert "MemoryError" in done.stderr


def test_a_loop_is_ended() -> None:
    assert _walled("while True: pass").returncode < 0


def test_nothing_can_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    done = _walled(f"print(Path({str(tmp_path / 'new')!r}).write_text('x'))")
    assert "Error" in done.stderr
    written = tmp_path / "new"
    assert not written.exists() or not written.read_bytes()


@needs_linux
@pytest.mark.parametrize(
    "attack",
    [
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "subprocess.run(['/bin/true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.system('true') and sys.exit('refused') or print('done')",
        "socket.socket()",
        "socket.create_connection(('127.0.0.1', 1))",
        "urllib.request.urlopen('http://192.0.2.1/')",
        "os.kill(os.getppid(), signal.SIGCONT)",
        "os.unlink('/tmp/aegis-no-such-file')",
    ],
)
def test_processes_programs_and_sockets_are_refused(attack: str) -> None:
    if "calls" not in _standing():
        pytest.skip("This kernel takes no filter of system calls.")
    done = _walled(attack + "; print('done')")
    assert done.returncode != 0
    assert "done" not in done.stdout


@needs_linux
def test_the_network_is_an_empty_one() -> None:
    if "network" not in _standing():
        pytest.skip("This machine allows no network of its own.")
    done = _walled("print(Path('/proc/self/net/dev').read_text().count(':'))")
    assert int(done.stdout) <= 1


@needs_linux
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to give up")
def test_root_gives_its_powers_up() -> None:
    done = _walled("print(os.getuid(), Path('/proc/self/status').read_text())")
    is_nobody, status = done.stdout.startswith("65534 "), done.stdout
    assert is_nobody == ("user" in _standing())
    powers = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    # Where its code lies in root's own folders it stays root, and keeps only that it may read.
    assert int(powers, 16) == (0 if is_nobody else 1 << 2)


@needs_linux
@pytest.mark.parametrize("mode", ["w", "a", "r+", "x"])
def test_no_file_is_opened_for_writing_made_or_emptied(tmp_path: Path, mode: str) -> None:
    if "calls" not in _standing():
        pytest.skip("This kernel takes no filter of system calls.")
    tmp_path.chmod(0o777)
    for name in ("old", "new"):
        path = tmp_path / name
        if name == "old":
            path.write_text("kept")
            path.chmod(0o666)
        _walled(f"open({str(path)!r}, {mode!r}).write('x')")
    assert (tmp_path / "old").read_text() == "kept"
    assert not (tmp_path / "new").exists()


def test_few_files_can_be_opened() -> None:
    done = _walled("kept = [open('/dev/null') for _ in range(100)]")
    assert "Too many open files" in done.stderr
