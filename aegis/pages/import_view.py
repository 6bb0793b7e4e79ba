"""An import as pages show it: its steps, how far it is, and what it waits for. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from aegis.pages.formatting import filesize
from imports.models import Import, ImportState, ImportStep


@dataclass(frozen=True, slots=True)
class ImportView:
    """A job with its steps: pairs of a name and done, running, waiting or failed."""

    job: Import
    steps: tuple[tuple[str, str], ...]

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
    def percent(self) -> int:
        """Return how much of the bytes is worked through, in whole percent."""
        if not self.job.bytes_total:
            return 100 if self.job.state == ImportState.DONE else 0
        return min(100, self.job.bytes_done * 100 // self.job.bytes_total)

    @property
    def amount(self) -> str:
        """Return how many bytes are worked through, of how many."""
        return f"{filesize(self.job.bytes_done)} of {filesize(self.job.bytes_total)}"

    @property
    def words(self) -> str:
        """Say what it does now."""
        running = next((name for name, state in self.steps if state == "running"), "")
        if self.job.state == ImportState.RUNNING and running:
            return running
        return str(self.job.get_state_display())


def import_view(job: Import, steps: Iterable[ImportStep]) -> ImportView:
    """Return how ``job`` is shown."""
    order = list(ImportStep.Name)
    found = sorted(steps, key=lambda step: order.index(ImportStep.Name(step.name)))
    return ImportView(job, tuple((str(s.get_name_display()), _state(job, s)) for s in found))


def _state(job: Import, step: ImportStep) -> str:
    if step.finished_at is not None:
        return "done"
    if step.started_at is None:
        return "waiting"
    return "failed" if job.state == ImportState.FAILED else "running"
