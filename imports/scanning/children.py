"""A process that reads files, from outside: started, asked, listened to with doubt, ended."""

import importlib.util
import json
import os
import stat
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from aegis.problems import Invalid
from aegis.sandbox.processes import Gone, Lost, Process, TooSlow
from imports.scanning.findings import FileFindings
from imports.scanning.limits import Limits
from imports.scanning.reports import ScanInput

_START_SECONDS: Final = 60.0
# Neither the environment nor the folder at hand nor start-up files of packages have a say.
_FLAGS: Final = ("-I", "-S", "-B")
PROGRAM: Final = (
    "import sys; sys.path[:0] = sys.argv[3:]; from imports.scanning.child import main; main()"
)


class Died(Exception):  # noqa: N818 - it says what became of a process.
    """A process that does not answer, with the reason."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Child:
    """One such process: ``walls`` are those that stand, ``seconds`` the processor time it took."""

    def __init__(self, limits: Limits, program: str = PROGRAM) -> None:
        self.seconds = 0.0
        arguments = [json.dumps(asdict(limits)), *map(str, _folders())]
        self._process = Process(program, arguments, flags=_FLAGS)
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
                self._process.tell(question, files=[file.fileno()])
            except Lost as lost:
                raise _died(lost) from lost
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
        self._process.end()

    def _answer(self, deadline: float, beat: Callable[[], None]) -> dict[str, Any]:
        """Return the next line of JSON that it writes."""
        try:
            return self._process.line(deadline, beat)
        except Lost as lost:
            raise _died(lost) from lost


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


def _died(lost: Lost) -> Died:
    if isinstance(lost, TooSlow):
        return Died("scan_too_long", "The scan of this file took too long.")
    if isinstance(lost, Gone):
        return Died("scan_died", f"The process that read this file is gone: {lost}.")
    return _nonsense()


def _nonsense() -> Died:
    return Died("scan_nonsense", "The process that read this file gave no answer that makes sense.")
