import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aegis.embedded.logs import Follower
from aegis.embedded.processes import Child, Plan

Run = Callable[..., Child]

# Ignores SIGTERM and has a child that would outlive it.
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    time.sleep(60)
print(os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    children: list[Child] = []

    def run_one(program: str, **options: object) -> Child:
        argv = [sys.executable, "-c", program]
        plan = Plan(name="program", argv=argv, log=tmp_path / "log", **options)  # type: ignore[arg-type]  # A test's options.
        children.append(Child(plan))
        return children[-1]

    yield run_one
    for child in children:
        child.stop(hurry=True)


def members(group: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def all_end(group: int) -> bool:
    """Wait for processes that were killed: they end a moment after the signal."""
    deadline = time.monotonic() + 5
    while members(group) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not members(group)


def test_a_process_that_ignores_the_request_is_killed_with_its_children(
    run: Run, tmp_path: Path
) -> None:
    child = run(STUBBORN, stop=((signal.SIGTERM, 0.2),))
    while not (tmp_path / "log").read_text():
        time.sleep(0.01)
    assert len(members(child.pid)) == 2
    child.stop()
    assert child.returncode == -signal.SIGKILL
    assert all_end(child.pid)


def test_what_a_process_leaves_behind_is_killed_when_it_ends(run: Run) -> None:
    child = run("import os, time\nif os.fork() == 0: time.sleep(60)")
    assert child.wait(10)
    assert child.returncode == 0
    assert all_end(child.pid)


def test_an_end_is_described(run: Run) -> None:
    child = run("raise SystemExit(3)")
    assert child.wait(10)
    assert child.describe_end() == "ended with code 3"
    other = run("import os; os.kill(os.getpid(), 9)")
    assert other.wait(10)
    assert other.describe_end() == "was ended by signal 9"


def test_output_is_captured_beside_the_log(run: Run) -> None:
    child = run("import sys; print('answer'); print('progress', file=sys.stderr)", captures=True)
    assert child.wait(10)
    assert child.output() == "answer\n"
    assert child.last_lines() == ["progress"]


def test_a_program_gets_what_is_meant_for_it(run: Run) -> None:
    child = run("print(input())", stdin=b"a line\n", captures=True)
    assert child.wait(10)
    assert child.output() == "a line\n"


def test_a_follower_yields_whole_new_lines_only(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("before\n")
    follower = Follower({"web": log, "absent": tmp_path / "absent.log"})
    with log.open("a") as file:
        file.write("one\ntw")
        file.flush()
        assert list(follower.lines()) == [("web", "one")]
        file.write("o\n")
    assert list(follower.lines()) == [("web", "two")]
    assert list(follower.lines()) == []


def test_a_large_log_is_set_aside_and_followed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aegis.embedded.logs.LARGEST", 10)
    log = tmp_path / "web.log"
    log.touch()
    follower = Follower({"web": log})
    with log.open("a") as file:
        file.write("a long line\n")
        file.flush()
        assert list(follower.lines()) == [("web", "a long line")]
        follower.shorten()
        file.write("next\n")
    assert list(follower.lines()) == [("web", "next")]
    assert (tmp_path / "web.log.1").read_text() == "a long line\n"
    assert log.read_text() == "next\n"
