"""A process that reads files, from outside: started, asked, listened to with doubt, ended."""

import contextlib
import importlib.util
import json
import os
import selectors
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from aegis import strict_json
from aegis.problems import Invalid
from imports.scanning.findings import FileFindings
from imports.scanning.limits import MEBIBYTE, Limits
from imports.scanning.reports import ScanInput

_LONGEST_ANSWER: Final = 4 * MEBIBYTE
_START_SECONDS: Final = 60.0
_BEAT_SECONDS: Final = 5.0
_CHUNK: Final = 65_536
_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"}
PROGRAM: Final = (
    "import sys; sys.path[:0] = sys.argv[3:]; from imports.scanning.child import main; main()"
)
_CAUSES: Final[dict[int, str]] = {
    signal.SIGXCPU: "it took more processor time than a scan may",
    signal.SIGKILL: "it was killed, as one is that takes too much memory or time",
    signal.SIGSEGV: "it crashed",
    signal.SIGSYS: "it called the system in a way that no scan does",
}


class Died(Exception):  # noqa: N818 - it says what became of a process.
    """A process that does not answer, with the reason."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Child:
    """One such process: ``walls`` are those that stand, ``seconds`` the processor time it took."""

    def __init__(self, limits: Limits, program: str = PROGRAM) -> None:
        self.seconds = 0.0
        self._buffer = b""
        self._door, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program.
                _command(theirs.fileno(), limits, program),
                env=_ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        try:
            walls = self._answer(time.monotonic() + _START_SECONDS, lambda: None).get("walls")
        except Died:
            self.end()
            raise
        self.walls = tuple(str(wall) for wall in walls) if isinstance(walls, list) else ()

    def ask(self, asked: ScanInput, deadline: float, beat: Callable[[], None]) -> FileFindings:
        """Return what it says of a file, or raise ``Died``; ``beat`` is called while it reads."""
        question = {"path": asked.path, "size": asked.size, "sha256": asked.sha256}
        with _opened(asked) as file:
            try:
                socket.send_fds(self._door, [json.dumps(question).encode()], [file.fileno()])
            except OSError as error:
                raise self._death() from error
        answer = self._answer(deadline, beat)
        try:
            found = FileFindings.from_json(answer.get("findings"))
        except Invalid as error:
            raise _nonsense() from error
        if (found.path, found.sha256, found.size) != (asked.path, asked.sha256, asked.size):
            raise _nonsense()
        seconds = answer.get("seconds")
        self.seconds = float(seconds) if isinstance(seconds, int | float) else 0.0
        return found

    def end(self) -> None:
        """End it with all that it may have started."""
        self._door.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _answer(self, deadline: float, beat: Callable[[], None]) -> dict[str, Any]:
        """Return the next line of JSON that it writes."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._door, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Died("scan_too_long", "The scan of this file took too long.")
                if not selector.select(min(left, _BEAT_SECONDS)):
                    beat()
                    continue
                self._receive()
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            value = strict_json.loads(line)
        except Invalid as error:
            raise _nonsense() from error
        if not isinstance(value, dict):
            raise _nonsense()
        return value

    def _receive(self) -> None:
        try:
            data = self._door.recv(_CHUNK)
        except OSError as error:
            raise self._death() from error
        if not data:
            raise self._death()
        self._buffer += data
        if len(self._buffer) > _LONGEST_ANSWER:
            raise _nonsense()

    def _death(self) -> Died:
        """Return why it is gone."""
        try:
            status = self._process.wait(timeout=_BEAT_SECONDS)
        except subprocess.TimeoutExpired:
            return _nonsense()
        how = _CAUSES.get(-status, f"it ended with {status}") if status else "it ended"
        return Died("scan_died", f"The process that read this file is gone: {how}.")


def _command(door: int, limits: Limits, program: str) -> list[str]:
    # Neither the environment nor the folder at hand nor start-up files of packages have a say.
    return [
        sys.executable,
        "-I",
        "-S",
        "-B",
        "-c",
        program,
        str(door),
        json.dumps(asdict(limits)),
        *map(str, _folders()),
    ]


def _folders() -> tuple[Path, ...]:
    """Return the folders of our own code and of the libraries that it uses."""
    own = Path(__file__).resolve().parents[2]
    spec = importlib.util.find_spec("modelaudit_picklescan")
    assert spec is not None
    assert spec.origin is not None
    return own, Path(spec.origin).parents[1]


def _opened(asked: ScanInput) -> Any:
    """Return the file, open, if it is one: a pipe or a device would never end."""
    try:
        file = os.open(asked.filename_on_disk, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Died("file_unreadable", f"The file cannot be opened: {error.strerror}.") from error
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) or status.st_size != asked.size:
        os.close(file)
        raise Died("file_changed", "The file is not the one that was uploaded.")
    return os.fdopen(file, "rb", buffering=0)


def _nonsense() -> Died:
    return Died("scan_nonsense", "The process that read this file gave no answer that makes sense.")
