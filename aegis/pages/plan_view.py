"""What a look at a source found, as pages show it before and after it is imported. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aegis.pages.fact_values import fact_text
from aegis.pages.formatting import metric_text
from approvals.comparison import TABLES
from approvals.records import CLAIMS
from imports.sources.protocol import LeftOutFile, Notice, Plan, PlannedFile
from registry.cards import BY_KEY
from registry.facts import FACTS
from registry.models import Metric

MOST: Final = 200
"""So many files of a list are shown."""
_PINNED: Final = {
    "repo": "Repository",
    "commit": "Commit",
    "endpoint": "Hub",
    "server": "Tracking server",
    "run_id": "Run",
    "model_id": "Logged model",
    "artifact_path": "Artifact path",
    "run_name": "Name of the run",
    "artifact_uri": "Artifact URI",
    "tracking_uri": "Tracking URI",
    "bucket": "Bucket",
    "storage_endpoint": "Server",
    "etag": "ETag",
    "version_id": "Version of the object",
}
_MARKS: Final = {"huggingface": "Git object", "mlflow": "none, only", "s3": "ETag"}
"""What the bytes of a file are known by where no SHA-256 is said, by the kind of the source."""


@dataclass(frozen=True, slots=True)
class StatedLine:
    """A metric that the source states."""

    name: str
    value: str
    about: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with its parts in words; ``claim`` says whose numbers its metrics are."""

    plan: Plan
    claim: str

    @property
    def pinned(self) -> list[tuple[str, str]]:
        """Return what the reference was resolved to."""
        return pinned_rows(self.plan.pinned)

    @property
    def notices(self) -> list[Notice]:
        """Return what was noticed, first what stops the import."""
        return sorted(self.plan.notices, key=lambda notice: not notice.refuses)

    @property
    def is_refused(self) -> bool:
        """Say whether it cannot be imported as it is."""
        return any(notice.refuses for notice in self.plan.notices)

    @property
    def files(self) -> tuple[PlannedFile, ...]:
        """Return the first files that come in."""
        return self.plan.files[:MOST]

    @property
    def mark(self) -> str:
        """Return what the marks of the files are called."""
        return mark_words(self.plan.identity)

    @property
    def further_files(self) -> int:
        """Return how many files more come in."""
        return max(0, len(self.plan.files) - MOST)

    @property
    def left_out(self) -> tuple[LeftOutFile, ...]:
        """Return the first files that stay behind."""
        return self.plan.left_out[:MOST]

    @property
    def further_left_out(self) -> int:
        """Return how many files more stay behind."""
        return max(0, len(self.plan.left_out) - MOST)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Return the facts that are one value."""
        found = self.plan.facts
        return [
            (known.title, fact_text(found[name]))
            for name, known in FACTS.items()
            if name in found and name not in TABLES
        ]

    @property
    def tables(self) -> list[tuple[str, int]]:
        """Return the facts that are tables, each with how many entries it has."""
        found = self.plan.facts
        return [(FACTS[name].title, len(found[name])) for name in TABLES if found.get(name)]

    @property
    def copy(self) -> str:
        """Say whether all files of the model come along."""
        return copy_words(self.plan.left_out)

    @property
    def metrics(self) -> list[StatedLine]:
        """Return the metrics that come along."""
        return [
            StatedLine(
                one.name, metric_text(one.value), ", ".join(filter(None, (one.dataset, one.slice)))
            )
            for one in self.plan.metrics
        ]

    @property
    def sections(self) -> list[str]:
        """Return the sections of the card that are drafted."""
        return [BY_KEY[key].title for key in self.plan.card if key in BY_KEY]


def plan_view(found: Mapping[str, Any], metrics: Metric.Source) -> PlanView:
    """Return how the plan in an import's row is shown."""
    return PlanView(Plan.from_json(found), CLAIMS[metrics])


def copy_words(left_out: Sequence[LeftOutFile]) -> str:
    """Say what sort of copy it is that leaves those files behind."""
    count = sum(file.of_model for file in left_out)
    if count:
        return f"Partial copy: {count:,} {_files(count)} of the model left out"
    if left_out:
        return f"Complete copy: {len(left_out):,} {_files(len(left_out))} of Git's own left out"
    return "Complete copy"


def _files(count: int) -> str:
    return "file" if count == 1 else "files"


def mark_words(identity: str) -> str:
    """Return what a source calls that by which it knows the bytes of a file."""
    return _MARKS.get(identity.partition(":")[0], "Mark")


def pinned_rows(pinned: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what a reference was resolved to, with labels that people read."""
    return [(_label(name), text) for name, text in _known_first(pinned.items()) if text]


def _known_first(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    order = list(_PINNED)
    return sorted(pairs, key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))


def _label(name: str) -> str:
    return _PINNED.get(name) or name.replace("_", " ").capitalize()
