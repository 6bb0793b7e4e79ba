"""The stack as ``make run`` starts it, killed and stopped in every way."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aegis.embedded import config, leftovers, postmaster
from aegis.embedded.options import ROOT
from tests.bench import memory
from tests.harness import run
from tests.harness import stack as stacks
from tests.harness.stack import OF_TESTS, RunningStack

PARTS = ("web", "worker", "importer", "beat", "PostgreSQL", "Redis")


@pytest.fixture(scope="module")
def running() -> Iterator[RunningStack]:
    """An empty registry: what is tried here is the stack, not the sample."""
    log = run.folder() / "terminal.log"
    found = stacks.start(run.folder() / "var", log, AEGIS_DEMO="0")
    # It goes on in the background, and a database that a test kills would end it.
    assert wait_for(lambda: "The audit log was " in log.read_text())
    yield found
    found.stop()


def readiness(url: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=10) as response:
            answer: dict[str, Any] = json.load(response)
    except OSError:
        return {"ready": False}
    return answer


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def processes(found: RunningStack) -> dict[str, int]:
    """Return the number of each part's first process, by the words of its command."""
    words = {
        "web": "aegis.embedded.web",
        "worker": "aegis@%h",
        "importer": "imports@%h",
        "beat": " beat ",
        "PostgreSQL": "bin/postgres",
        "Redis": "redis-server",
    }
    shares = memory.of_stack(found.data)
    return {
        part: next(share.pid for share in shares if word in share.command)
        for part, word in words.items()
    }


def try_to_start(data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in OF_TESTS}
    return subprocess.run(
        [sys.executable, "-m", "aegis.embedded"],
        cwd=ROOT,
        env={**inherited, "AEGIS_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_part_answers(running: RunningStack) -> None:
    # A worker on a busy machine may take longer than the probe waits for it.
    assert wait_for(lambda: readiness(running.url)["ready"])
    found = readiness(running.url)
    assert found["parts"] == dict.fromkeys(("database", "migrations", "redis", "worker"), "ok")
    assert found["notices"].keys() == {"imports", "signer", "storage"}


def test_the_audit_log_is_verified_in_the_terminal(running: RunningStack) -> None:
    terminal = run.folder() / "terminal.log"
    verdict = re.compile(r"^audit +\| The audit log was verified\.$", re.MULTILINE)
    assert verdict.search(terminal.read_text())


def test_the_idle_stack_stays_within_its_memory(running: RunningStack) -> None:
    assert wait_for(lambda: readiness(running.url)["ready"])
    total = sum(share.megabytes for share in memory.of_stack(running.data))
    assert total < memory.BUDGET_MB


def test_a_second_start_on_the_same_folder_says_who_has_it(running: RunningStack) -> None:
    result = try_to_start(running.data)
    assert result.returncode == 1
    assert f"Aegis already runs on {running.data}: process {running.child.pid}" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_taken_port_gets_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = try_to_start(tmp_path / "var", AEGIS_PORT=port)
    assert result.returncode == 1
    assert f"Aegis cannot listen on 127.0.0.1, port {port}: address already in use" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_that_cannot_be_used_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    result = try_to_start(tmp_path / "var")
    assert result.returncode == 1
    assert f"The data folder {tmp_path}/var cannot be used" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_part_of_the_folder_that_cannot_be_used_gets_a_sentence(tmp_path: Path) -> None:
    data = config.load(tmp_path / "var").data
    (data / "logs").write_text("a file")
    result = try_to_start(data, AEGIS_PORT=str(stacks.free_port()))
    assert result.returncode == 1
    assert f"Aegis cannot use {data}/logs: file exists." in result.stderr
    assert "Traceback" not in result.stderr


def test_a_management_command_works_while_the_stack_runs(running: RunningStack) -> None:
    inherited = {name: value for name, value in os.environ.items() if name not in OF_TESTS}
    result = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--check"],
        cwd=ROOT,
        env={**inherited, "AEGIS_DATA": str(running.data)},
        check=False,
    )
    assert result.returncode == 0
    assert wait_for(lambda: readiness(running.url)["ready"])


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_killed_is_started_again(running: RunningStack, part: str) -> None:
    assert wait_for(lambda: readiness(running.url)["ready"])
    former = processes(running)[part]
    os.kill(former, signal.SIGKILL)
    terminal = run.folder() / "terminal.log"
    line = f"{part} was ended by signal 9; starting it again."
    assert wait_for(lambda: line in terminal.read_text())
    assert wait_for(lambda: readiness(running.url)["ready"])
    assert processes(running)[part] != former


def test_killed_and_started_again_it_ends_by_ctrl_c_without_a_process_left(tmp_path: Path) -> None:
    data = run.folder() / "killed"
    found = config.load(data)
    first = stacks.start(data, tmp_path / "first.log", AEGIS_DEMO="0")
    os.kill(first.child.pid, signal.SIGKILL)
    assert first.child.wait(10)
    assert wait_for(lambda: not leftovers.marked(data), 10)
    assert wait_for(lambda: not any(postmaster.running(found)), 10)
    assert wait_for(lambda: readiness(first.url) == {"ready": False}, 10)

    second = stacks.start(data, tmp_path / "second.log", AEGIS_DEMO="0")
    assert wait_for(lambda: readiness(second.url)["ready"])
    second.stop()
    assert not any(postmaster.running(found))
    assert (tmp_path / "second.log").read_text().endswith("Stopped.\n")
