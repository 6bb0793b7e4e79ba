"""How far the running step of an import is: bytes, how fast they come, what is left. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aegis.pages.formatting import filesize
from aegis.pages.moments import duration
from imports.models import Import, ImportStep
from imports.uploading import PASSES
from registry.models import ModelVersion

_Name = ImportStep.Name
_READ: Final = {_Name.CHECK: 0, _Name.SCAN: 0, _Name.PACKAGE: 1}
"""The steps that read every file, and how often that was done before."""
_SOON: Final = 1.0
"""So many seconds a step runs before its pace says anything."""


@dataclass(frozen=True, slots=True)
class StepProgress:
    """``done`` of ``total`` bytes after ``seconds``; a total of 0 is not known."""

    done: int
    total: int
    seconds: float

    @property
    def percent(self) -> int | None:
        """Return how much is done, in whole percent, if the whole is known."""
        return min(100, self.done * 100 // self.total) if self.total else None

    @property
    def amount(self) -> str:
        """Return how many bytes are done, of how many."""
        return filesize(self.done) + (f" of {filesize(self.total)}" if self.total else "")

    @property
    def rate(self) -> str:
        """Return how many bytes come in a second, once that can be said."""
        return f"{filesize(round(self._pace))}/s" if self._pace else ""

    @property
    def left(self) -> str:
        """Return how long the rest of this step takes at its pace, once that can be said."""
        rest = self.total - self.done
        return duration(rest / self._pace) if self._pace and rest > 0 else ""

    @property
    def _pace(self) -> float:
        return self.done / self.seconds if self.seconds >= _SOON else 0.0


def progress_of(job: Import, step: ImportStep | None, now: datetime) -> StepProgress | None:
    """Return how far ``step`` is, or None where it does not count bytes."""
    if step is None or step.started_at is None or step.name not in {_Name.FETCH, *_READ}:
        return None
    is_fetched = job.source != ModelVersion.Source.UPLOAD
    size = job.bytes_total // (PASSES + is_fetched)
    before = 0 if step.name == _Name.FETCH else size * (_READ[_Name(step.name)] + is_fetched)
    done = max(0, job.bytes_done - before)
    return StepProgress(
        min(done, size) if size else done, size, (now - step.started_at).total_seconds()
    )
