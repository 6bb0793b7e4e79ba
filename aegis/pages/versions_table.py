"""The versions of a model as a table: where each one is, and what it measured."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.core.paginator import Page, Paginator

from aegis.pages.formatting import decimals_for, metric_text
from registry.models import Metric, MetricDefinition, ModelVersion, RegisteredModel

PER_PAGE: Final = 20
COLUMNS: Final = 4
"""How many metrics have a column: those that most of the versions have."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with the texts of its metrics, in the order of the columns."""

    version: ModelVersion
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VersionsTable:
    """Versions, the highest number first; ``columns`` are the titles of the metrics."""

    rows: tuple[VersionRow, ...]
    columns: tuple[str, ...]
    page: Page[ModelVersion]

    @property
    def cells(self) -> int:
        """Return how many columns a version without metrics leaves empty."""
        return len(self.columns) + 2


def load_versions(
    model: RegisteredModel, *, number: str = "1", per_page: int = PER_PAGE
) -> VersionsTable:
    """Return one page of the versions of ``model`` in four queries."""
    versions = ModelVersion.objects.filter(registered_model=model).select_related("created_by")
    page = Paginator(versions.order_by("-number"), per_page).get_page(number)
    found = list(page.object_list)
    for version in found:
        version.registered_model = model
    names, values = _metrics_of(found)
    meanings = {row.name: row for row in MetricDefinition.objects.filter(name__in=names)}
    places = {
        name: decimals_for([given[name] for given in values.values() if name in given])
        for name in names
    }
    rows = tuple(
        VersionRow(
            version,
            tuple(
                metric_text(
                    values.get(version.pk, {}).get(name),
                    meanings[name].unit if name in meanings else "",
                    places[name],
                )
                for name in names
            ),
        )
        for version in found
    )
    titles = tuple(meanings[name].title if name in meanings else name for name in names)
    return VersionsTable(rows, titles, page)


def _metrics_of(
    versions: Sequence[ModelVersion],
) -> tuple[list[str], dict[UUID, dict[str, float]]]:
    """Return the names that get a column, and of each version the values; a report's first."""
    found: Iterable[Metric] = Metric.objects.filter(
        version__in=[version.pk for version in versions],
        slice="",
        evidence__superseded_by=None,
        evidence__redaction=None,
    ).order_by("-source", "id")
    values: dict[UUID, dict[str, float]] = {}
    for metric in found:
        values.setdefault(metric.version_id, {})[metric.name] = metric.value
    counts = Counter(name for given in values.values() for name in given)
    names = sorted(counts, key=lambda name: (-counts[name], name))[:COLUMNS]
    return sorted(names), values
