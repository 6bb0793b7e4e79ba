"""Who looks into files: the walled-in process of the scanner, unless a caller brings another."""

from collections.abc import Iterable
from typing import Protocol

from imports.scanning import sandbox
from imports.scanning.reports import Report, ScanInput
from imports.scanning.sandbox import Progress


class Scanner(Protocol):
    """What is given files on this disk and says what is in them, whatever they hold."""

    def __call__(self, files: Iterable[ScanInput], *, progress: Progress) -> Report:
        """Scan the files; what ``progress`` raises ends it."""


def sandboxed(files: Iterable[ScanInput], *, progress: Progress) -> Report:
    """Scan files in a process without network, credentials or much room."""
    return sandbox.scan(files, progress=progress)
