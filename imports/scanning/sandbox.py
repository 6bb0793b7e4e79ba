"""The scan of a version's files, each read by a process that can do nothing but answer.

A file at which the process dies, hangs or answers nonsense is inconclusive, with the reason, and
the scan goes on with the next file in a new process.
"""

import time
from collections.abc import Callable, Iterable
from typing import Final

from aegis.problems import Unavailable
from imports.scanning.children import PROGRAM, Child, Died
from imports.scanning.findings import FileFindings, Finding
from imports.scanning.limits import DEFAULT_LIMITS, Limits
from imports.scanning.reports import Report, ScanInput
from imports.scanning.ruleset import ruleset
from imports.scanning.verdicts import Verdict

__all__ = ["Progress", "Report", "ScanInput", "scan"]

# What a process may have used before it is replaced, so that its limit is not met by many files.
_WORN_OUT: Final = 0.25

Progress = Callable[[str, int], None]
"""Takes the path of the file at hand and the bytes of the files that are done."""


def scan(
    files: Iterable[ScanInput],
    *,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = lambda _path, _done: None,
    program: str = PROGRAM,
) -> Report:
    """Return what a scan says of all files, in their order.

    ``progress`` is called before each file, and every few seconds while one is read; what it
    raises ends the scan. ``program`` is what the process runs. Raises ``Unavailable`` where none
    can be started.
    """
    scanning = _Scanning(limits, progress, program)
    try:
        found = tuple(scanning.file(each) for each in files)
    finally:
        scanning.end()
    return Report(ruleset(), found, scanning.walls)


class _Scanning:
    """One scan: the process at hand, and the walls that stood around every one of them."""

    def __init__(self, limits: Limits, progress: Progress, program: str) -> None:
        self._limits = limits
        self._progress = progress
        self._program = program
        self._child: Child | None = None
        self._done = 0
        self.walls: tuple[str, ...] = ()

    def file(self, asked: ScanInput) -> FileFindings:
        """Return what is found in one file."""
        self._progress(asked.path, self._done)
        is_fresh = self._child is None
        found = self._ask(asked)
        if isinstance(found, Finding) and not is_fresh:
            # What came before may have worn the process out; only a fresh one is to be believed.
            found = self._ask(asked)
        self._done += asked.size
        if isinstance(found, FileFindings):
            return found
        return FileFindings(
            asked.path, asked.sha256, asked.size, "unknown", Verdict.INCONCLUSIVE, (found,)
        )

    def end(self) -> None:
        """End the process at hand."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _ask(self, asked: ScanInput) -> FileFindings | Finding:
        child = self._child or self._start()
        deadline = time.monotonic() + self._limits.seconds
        try:
            found = child.ask(asked, deadline, lambda: self._progress(asked.path, self._done))
        except Died as died:
            self.end()
            return Finding.of(died.code, str(died))
        except BaseException:
            self.end()
            raise
        if child.seconds > _WORN_OUT * self._limits.cpu_seconds:
            self.end()
        return found

    def _start(self) -> Child:
        try:
            child = Child(self._limits, self._program)
        except (OSError, Died) as error:
            raise Unavailable(
                "scanner_unavailable", f"The scanner cannot be started: {error}"
            ) from error
        self._child = child
        self.walls = tuple(wall for wall in child.walls if not self.walls or wall in self.walls)
        return child
