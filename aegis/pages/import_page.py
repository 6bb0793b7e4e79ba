"""Everything that the page of one import shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from aegis.accounts.models import User
from aegis.audit.actions import sentence_of
from aegis.audit.models import AuditEvent
from aegis.pages.conversion_step import ConversionStep
from aegis.pages.import_query import find_import, import_views
from aegis.pages.import_view import ImportView
from aegis.pages.plan_view import PlanView, plan_view
from imports.converting.wishes import outcome_of
from imports.models import Import, ImportState, ImportStep
from imports.sources.configured import KINDS, shown_place
from registry.models import Metric, UploadFile

_BY_PEOPLE: Final = ("import:asked", "import:started", "import:cancelled", "import:retried")
_LABELS: Final = {
    "repo": "Repository",
    "revision": "Revision",
    "include": "Include",
    "exclude": "Leave out",
    "run_id": "Run",
    "artifact_path": "Artifact path",
    "uri": "Address",
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """Something that happened to an import; ``actor`` is None where Aegis did it."""

    at: datetime
    actor: User | None
    words: str


@dataclass(frozen=True, slots=True)
class ImportPage:
    """One import as one person sees it; ``kept`` are the files of a failed one that lie there.

    ``conversion`` is there where its version is to be converted.
    """

    view: ImportView
    plan: PlanView | None
    asked: tuple[tuple[str, str], ...]
    log: tuple[LogLine, ...]
    kept: tuple[UploadFile, ...]
    conversion: ConversionStep | None

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """Return each step until what was asked for is there, and how it stands.

        Whether it is converted is open until somebody starts it.
        """
        if self.conversion is None or self.is_planned:
            return self.view.steps
        return (*self.view.steps, self.conversion.step)

    @property
    def is_polled(self) -> bool:
        """Say whether the page asks again in a moment."""
        is_converted = self.conversion is not None and self.conversion.is_pending
        return self.view.is_under_way or is_converted

    @property
    def mark(self) -> str:
        """Return what the rest of the page depends on: with another one, it is loaded anew."""
        return f"{self.view.mark}-{self.conversion.mark}" if self.conversion else self.view.mark

    @property
    def is_planned(self) -> bool:
        """Say whether it was looked up and waits for a person."""
        return self.view.job.state == ImportState.PLANNED

    @property
    def moves(self) -> list[Any]:
        """Return what this reader may do: nothing starts that what was found forbids."""
        barred = self.plan is not None and self.plan.is_refused
        return [move for move in self.view.actions if not (barred and move.action == "start")]


def load_import_page(user: User, number: int) -> ImportPage:
    """Return what the page of an import shows to ``user``."""
    job = find_import(user, number)
    (view,) = import_views([job])
    kind = KINDS.get(job.source)
    metrics = kind.metrics if kind else Metric.Source.CLAIM
    outcome = outcome_of(job)
    conversion = ConversionStep(job, outcome) if outcome else None
    return ImportPage(
        view=view,
        plan=plan_view(job.plan, metrics) if job.plan else None,
        asked=tuple(_asked(job, conversion)),
        log=tuple(_log(view, conversion)),
        kept=_kept(job),
        conversion=conversion,
    )


def _asked(job: Import, conversion: ConversionStep | None) -> Iterator[tuple[str, str]]:
    known = job.source in KINDS and job.reference
    yield "From", shown_place(job.source, job.reference) if known else job.get_source_display()
    for name, label in _LABELS.items():
        if value := job.reference.get(name):
            yield label, " ".join(value) if isinstance(value, list) else str(value)
    if label := job.asked.get("label"):
        yield "Label", label
    if job.team is not None:
        yield "For the team", job.team.name
    if key := job.signing_key or job.asked.get("sign_key"):
        yield "Sign with", str(key)
    if conversion is not None:
        yield "Convert to", conversion.title
    if job.asked.get("new_version"):
        yield "Files that are there", "become another version"
    if job.asked.get("keep_temp"):
        yield "If it fails", "what arrived is kept for an hour"


def _log(view: ImportView, conversion: ConversionStep | None) -> list[LogLine]:
    """Return what is recorded of an import, in order: people's acts, its steps, its wait and end.

    Steps are those of the last try.
    """
    job = view.job
    entries = AuditEvent.objects.filter(
        object_type="import", object_id=str(job.pk), action__in=_BY_PEOPLE
    ).select_related("actor")
    lines = [LogLine(one.occurred_at, one.actor, sentence_of(one.action)) for one in entries]
    for line in view.lines:
        if line.step.name == ImportStep.Name.CONVERT:
            if conversion is not None and line.step.started_at is not None:
                lines.append(LogLine(line.step.started_at, None, conversion.words))
            continue
        if line.step.started_at is not None:
            lines.append(LogLine(line.step.started_at, None, f"{line.title}: began"))
        if line.step.finished_at is not None:
            lines.append(LogLine(line.step.finished_at, None, f"{line.title}: done in {line.took}"))
    if view.is_delayed and job.waiting_since is not None:
        lines.append(LogLine(job.waiting_since, None, f"waits: {job.error}"))
    if job.finished_at is not None and job.state == ImportState.FAILED:
        lines.append(LogLine(job.finished_at, None, f"gave up: {job.error_code}"))
    if job.finished_at is not None and job.state == ImportState.DONE:
        lines.append(LogLine(job.finished_at, None, f"ended with {job.result}"))
    return sorted(lines, key=lambda line: line.at)


def _kept(job: Import) -> tuple[UploadFile, ...]:
    if job.version is None or job.kept_until is None or job.kept_until <= timezone.now():
        return ()
    return tuple(UploadFile.objects.filter(upload__version=job.version, received__gt=0))
