"""The conversion that is wished for with an import, as the last of its steps on its page. Pure."""

from dataclasses import dataclass

from imports.converting.targets import title_of
from imports.converting.wishes import Outcome
from imports.models import Import, ImportState
from registry.models import ModelVersion

_NEVER = frozenset({ImportState.FAILED, ImportState.CANCELLED})


@dataclass(frozen=True, slots=True)
class ConversionStep:
    """What is to become of the version of ``job`` once that is done, or has become of it."""

    job: Import
    outcome: Outcome

    @property
    def title(self) -> str:
        """Return the title of the format."""
        return title_of(self.outcome.wish.to)

    @property
    def state(self) -> str:
        """Say how it stands, as a step does."""
        if self.job.state != ImportState.DONE:
            return "waiting"
        if self.outcome.is_refused:
            return "failed"
        return "done" if self.outcome.is_settled else "running"

    @property
    def step(self) -> tuple[str, str]:
        """Return what it is called among the steps, and how it stands."""
        return f"Converting to {self.title}", self.state

    @property
    def is_never(self) -> bool:
        """Say whether there will be nothing to convert."""
        return self.job.state in _NEVER

    @property
    def is_pending(self) -> bool:
        """Say whether the page asks again in a moment, though the import is done."""
        return self.state == "running"

    @property
    def version(self) -> ModelVersion | None:
        """Return the version that came of it."""
        return self.outcome.version

    @property
    def notices(self) -> list[str]:
        """Return what was noticed when it was made, as that nothing shows it to be the same."""
        job = self.outcome.job
        plan = job.plan if job is not None and self.version is not None else None
        return [one["sentence"] for one in plan["notices"]] if plan else []

    @property
    def mark(self) -> str:
        """Return what the rest of the page depends on."""
        job = self.outcome.job
        return f"{self.state}-{job.number if job else ''}"

    @property
    def words(self) -> str:
        """Say for the log what came of asking for it."""
        if self.outcome.job is not None:
            return f"Converting to {self.title}: asked for, import {self.outcome.job.number}"
        return f"Converting to {self.title}: refused, {self.outcome.wish.code}"
