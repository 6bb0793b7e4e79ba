"""Start, watch and stop one child process, with everything that it started in turn."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aegis.embedded.identity import Identity, own

POLL = 0.02


@dataclass(frozen=True, slots=True)
class Plan:
    """How a program is run and how it ends.

    ``stop`` lists signals with the seconds each may take; what is left is killed.
    ``death_signal`` is what the kernel sends when the parent is gone. A program that
    ``captures`` writes little to its standard output, which :meth:`Child.output` returns.
    """

    name: str
    argv: Sequence[str]
    log: Path
    stop: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 10.0),)
    death_signal: signal.Signals = signal.SIGKILL
    identity: Identity = field(default_factory=own)
    environment: Mapping[str, str] | None = None
    cwd: Path = Path("/")
    stdin: bytes | None = None
    captures: bool = False


class Child:
    """A running program in a session of its own."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.started = time.monotonic()
        with plan.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- Every command is ours.
                plan.identity.command(plan.argv, death_signal=plan.death_signal),
                stdin=subprocess.DEVNULL if plan.stdin is None else subprocess.PIPE,
                stdout=subprocess.PIPE if plan.captures else log,
                stderr=log,
                cwd=plan.cwd,
                env=plan.environment,
                start_new_session=True,
            )
        if plan.stdin is not None and self._process.stdin is not None:
            with suppress(BrokenPipeError), self._process.stdin as pipe:
                pipe.write(plan.stdin)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code once :meth:`ended` was true; negative for a signal."""
        return self._process.returncode

    def ended(self) -> bool:
        """Tell whether the process has ended, and if so kill what it left behind.

        The group is killed before the process is reaped: until then its number is not reused.
        """
        if self._process.returncode is not None:
            return True
        if not self._is_over():
            return False
        self._kill_group()
        self._process.wait()
        return True

    def wait(self, seconds: float) -> bool:
        """Wait for the end; return False when the time is over."""
        deadline = time.monotonic() + seconds
        while not self.ended():
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL)
        return True

    def stop(self, *, hurry: bool = False) -> None:
        """End the process as its plan says, or at once."""
        for number, seconds in () if hurry else self.plan.stop:
            if self.ended():
                return
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
            if self.wait(seconds):
                return
        if not self.ended():
            self._kill_group()
            self.wait(30)

    def describe_end(self) -> str:
        """Say how the process ended, for a line in the terminal."""
        code = self.returncode
        if code is None:
            return "is running"
        return f"ended with code {code}" if code >= 0 else f"was ended by signal {-code}"

    def output(self) -> str:
        """Return what a program that captures wrote, once it has ended."""
        if self._process.stdout is None:
            return ""
        with self._process.stdout as pipe:
            written: bytes = pipe.read()
        return written.decode(errors="replace")

    def last_lines(self, count: int = 12) -> list[str]:
        """Return the end of the process's log."""
        return tail(self.plan.log, count)

    def _is_over(self) -> bool:
        if sys.platform == "darwin":  # Python has no waitid there.
            return self._process.poll() is not None
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def tail(path: Path, count: int) -> list[str]:
    """Return the last lines of a log file."""
    with suppress(OSError):
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(0, size - 16_384))
            return file.read().decode(errors="replace").splitlines()[-count:]
    return []
