"""What the run of a version says of it, as the version's page shows it."""

from dataclasses import dataclass
from typing import Any

from aegis.pages.statuses import Look, look
from imports.models import ReadingState, RunReading
from imports.reading_back import Verdict, keeps_notes, verdict_of
from registry.models import ModelVersion


@dataclass(frozen=True, slots=True)
class ReadingView:
    """The last reading of a run; ``reading`` is None where nobody asked for one."""

    reading: RunReading | None

    @property
    def look(self) -> Look:
        """Return how the tags stand beside what they should say."""
        verdict = verdict_of(self.reading) if self.reading else Verdict.UNREAD
        return look("reading", verdict)

    @property
    def is_awaited(self) -> bool:
        """Say whether a worker is to read it."""
        return self.reading is not None and self.reading.state == ReadingState.WAITING

    @property
    def has_failed(self) -> bool:
        """Say whether the last try was none."""
        return self.reading is not None and self.reading.state == ReadingState.FAILED

    @property
    def differing(self) -> list[dict[str, Any]]:
        """Return the tags that are not as they should be."""
        tags = self.reading.tags if self.reading else []
        return [tag for tag in tags if tag["found"] != tag["expected"]]


def load_reading(version: ModelVersion) -> ReadingView | None:
    """Return the last reading; None for what comes from no run, which costs nothing."""
    if not (version.is_ready and keeps_notes(version)):
        return None
    return ReadingView(RunReading.objects.filter(version=version).first())
