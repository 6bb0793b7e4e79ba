"""An import as pages show it: where from, its steps, how far it is, what it waits for. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from aegis.pages import statuses
from aegis.pages.import_progress import StepProgress, progress_of
from aegis.pages.moments import duration
from aegis.pages.statuses import Look
from imports.machine import ImportMove, actions_of
from imports.models import Import, ImportState, ImportStep

_Name = ImportStep.Name
_AFTERWARDS: Final = frozenset({_Name.ANNOTATE, _Name.CONVERT})
"""Steps that come when the version is there already."""
_LOOKS: Final = {
    ImportState.WAITING: ("idle", "clock"),
    ImportState.RUNNING: ("open", "open"),
    ImportState.PLANNED: ("open", "search"),
    ImportState.DONE: ("pass", "pass"),
    ImportState.FAILED: ("fail", "fail"),
    ImportState.CANCELLED: ("idle", "x"),
}
_DIFFERENCES: Final = (("path", "File"), ("announced", "Announced"), ("received", "Received"))
_BROKEN_OFF: Final = {ImportState.FAILED: "failed", ImportState.CANCELLED: "stopped"}


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step and how it stands: done, running, waiting, failed or stopped."""

    step: ImportStep
    state: str

    @property
    def title(self) -> str:
        """Return what the step is called."""
        return self.step.title

    @property
    def took(self) -> str:
        """Return how long it took, if it has ended."""
        if self.step.started_at is None or self.step.finished_at is None:
            return ""
        return duration((self.step.finished_at - self.step.started_at).total_seconds())


@dataclass(frozen=True, slots=True)
class ImportView:
    """A job with its steps; ``origin`` is what it is of, as its source writes it.

    ``progress`` is of the step that runs, ``before`` how many others are before it in line where
    that was counted, and ``may_act`` whether the reader may start, cancel or retry it.
    """

    job: Import
    lines: tuple[StepLine, ...]
    progress: StepProgress | None
    origin: str
    before: int | None
    may_act: bool

    @property
    def is_under_way(self) -> bool:
        """Say whether the page asks again in a moment."""
        return self.job.state in {ImportState.WAITING, ImportState.RUNNING}

    @property
    def is_delayed(self) -> bool:
        """Say whether it waits for something that was away."""
        return self.job.state == ImportState.WAITING and bool(self.job.error)

    @property
    def waits_for_signer(self) -> bool:
        """Say whether what it waits for is the signer."""
        return self.job.error_code.startswith("signer_")

    @property
    def mark(self) -> str:
        """Return what the rest of its page depends on: with another one, that is loaded anew."""
        return f"{self.job.state}-{self.job.version_id or ''}"

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """Return each step until the version is there, and how it stands."""
        return tuple(
            (line.title, line.state) for line in self.lines if line.step.name not in _AFTERWARDS
        )

    @property
    def actions(self) -> list[ImportMove]:
        """Return what this reader may do with it now."""
        return actions_of(self.job) if self.may_act else []

    @property
    def held_back(self) -> Look | None:
        """Return how its version looks that nobody is given, though the import is done."""
        result = self.job.result
        held = result.held_back if result is not None and result.is_ready else ""
        return statuses.look("version", held) if held else None

    @property
    def look(self) -> tuple[str, str]:
        """Return the status and the icon of its state, or of what holds its version back."""
        if (held := self.held_back) is not None:
            return held.status, held.icon
        return _LOOKS[ImportState(self.job.state)]

    @property
    def words(self) -> str:
        """Say what it does now, or how it ended."""
        now = next((line.title for line in self.lines if line.state in {"running", "failed"}), "")
        if self.job.state == ImportState.RUNNING and now:
            return now
        if self.job.state == ImportState.FAILED and now:
            return f"Failed at: {now}"
        if self.job.state == ImportState.DONE:
            return self._how_it_ended
        return str(self.job.get_state_display())

    @property
    def _how_it_ended(self) -> str:
        held = self.held_back.word if self.held_back else ""
        if self.job.version_id is None:
            return f"There already, {held.lower()}" if held else "There already"
        return held or "Ready"

    @property
    def differences(self) -> list[tuple[str, str]]:
        """Return what the fault of a failed one gave beside its sentence, for people to pass on."""
        found = self.job.error_details
        return [(label, str(found[name])) for name, label in _DIFFERENCES if name in found]

    @property
    def took(self) -> str:
        """Return how long it took from being asked for to its end."""
        if self.job.finished_at is None:
            return ""
        return duration((self.job.finished_at - self.job.requested_at).total_seconds())


def import_view(
    job: Import,
    steps: Iterable[ImportStep],
    *,
    shown: str | None = None,
    before: int | None = None,
    may_act: bool = False,
    now: datetime | None = None,
) -> ImportView:
    """Return how ``job`` is shown; ``shown`` is what it was found to be, once it was looked up."""
    order = list(_Name)
    found = sorted(steps, key=lambda step: order.index(_Name(step.name)))
    running = next((step for step in found if _state(job, step) == "running"), None)
    return ImportView(
        job=job,
        lines=tuple(StepLine(step, _state(job, step)) for step in found),
        progress=progress_of(job, running, now or timezone.now()) if _runs(job) else None,
        origin=shown or reference_words(job.reference),
        before=before,
        may_act=may_act,
    )


def reference_words(reference: Mapping[str, Any]) -> str:
    """Return what was asked for, before anybody looked it up; empty for uploaded files."""
    if "repo" in reference:
        return f"{reference['repo']}@{reference.get('revision') or 'main'}"
    if "run_id" in reference:
        return f"mlflow:{reference['run_id']}/{reference.get('artifact_path', '')}"
    return str(reference.get("uri", ""))


def _runs(job: Import) -> bool:
    return job.state == ImportState.RUNNING


def _state(job: Import, step: ImportStep) -> str:
    if step.finished_at is not None:
        return "done"
    if step.started_at is None:
        return "waiting"
    return _BROKEN_OFF.get(ImportState(job.state), "running")
