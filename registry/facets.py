"""The counts beside a catalog: how many models there would be with each value of a field.

The counts of a field leave out its own filter, so that they say what a further value would add.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser
from django.db.models import CharField, Count, F, QuerySet, Value
from django.db.models.functions import Cast

from aegis.accounts.models import User
from registry.catalog_filters import Filters, matching
from registry.models import ModelVersion, RegisteredModel, Stage, VersionState

MOST_CHOICES: Final = 50
_TOTAL: Final = "total"


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet: what it is called, how many models have it, whether it is wanted."""

    value: str
    label: str
    count: int
    is_wanted: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A field with its values, as they are offered for filtering."""

    name: str
    title: str
    choices: list[Choice]


TITLES: Final = {
    "stage": "Stage",
    "risk_tier": "Risk",
    "task": "Task",
    "framework": "Framework",
    "team": "Team",
}


def count_facets(user: User | AnonymousUser, filters: Filters) -> tuple[int, list[Facet]]:
    """Return how many models match, and the facets; all in one query."""
    branches = [_total(matching(user, filters))]
    branches += [_counts(name, matching(user, filters.without(name))) for name in TITLES]
    rows = branches[0].union(*branches[1:], all=True)
    total = 0
    counted: dict[str, dict[str, tuple[str, int]]] = defaultdict(dict)
    for row in rows:
        if row["facet"] == _TOTAL:
            total = row["count"]
        else:
            counted[row["facet"]][row["choice"]] = (row["title"], row["count"])
    return total, [_facet(name, counted[name], getattr(filters, name)) for name in TITLES]


def _total(models: QuerySet[RegisteredModel]) -> Any:
    return (
        models.order_by()
        .values(facet=_words(_TOTAL), choice=_words(""), title=_words(""))
        .annotate(count=Count("pk"))
    )


def _counts(name: str, models: QuerySet[RegisteredModel]) -> Any:
    if name == "stage":
        return _stages(models)
    value, label = _COLUMNS[name]
    shown = models.exclude(**{name: ""}) if name in {"task", "framework"} else models
    return (
        shown.order_by()
        .values(facet=_words(name), choice=_as_text(value), title=_as_text(label))
        .annotate(count=Count("pk"))
    )


def _stages(models: QuerySet[RegisteredModel]) -> Any:
    """Count a model in each stage that it has a ready version in."""
    versions = ModelVersion.objects.filter(
        registered_model__in=models.order_by().values("pk"), state=VersionState.READY
    )
    return (
        versions.order_by()
        .values(facet=_words("stage"), choice=_as_text("stage"), title=_as_text("stage"))
        .annotate(count=Count("registered_model", distinct=True))
    )


def _facet(name: str, counted: dict[str, tuple[str, int]], wanted: tuple[str, ...]) -> Facet:
    known = _fixed_choices(name)
    for value in wanted:
        counted.setdefault(value, (value, 0))
    found = [
        Choice(value, known.get(value, label), count, value in wanted)
        for value, (label, count) in counted.items()
    ]
    if known:
        order = list(known)
        found.sort(key=lambda choice: order.index(choice.value))
    else:
        found.sort(key=lambda choice: (not choice.is_wanted, -choice.count, choice.label))
    return Facet(name, TITLES[name], found[:MOST_CHOICES])


def _fixed_choices(name: str) -> dict[str, str]:
    """Return the values of a field that has a few only, in the order in which they are shown."""
    if name == "stage":
        shown = (Stage.PRODUCTION, Stage.STAGING, Stage.NONE, Stage.ARCHIVED)
        return {stage.value: stage.label for stage in shown}
    if name == "risk_tier":
        return {str(tier.value): str(tier.label) for tier in RegisteredModel.RiskTier}
    return {}


def _words(text: str) -> Value:
    return Value(text, output_field=CharField())


def _as_text(column: str) -> Cast:
    return Cast(F(column), CharField())


_COLUMNS: Final = {
    "risk_tier": ("risk_tier", "risk_tier"),
    "task": ("task", "task"),
    "framework": ("framework", "framework"),
    "team": ("team__slug", "team__name"),
}
