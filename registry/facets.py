"""The counts beside a catalog: how many models there would be with each value of a field.

The counts of a field leave out its own filter, so that they say what a further value would add.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet, Value

from aegis.accounts.models import User
from registry.catalog_filters import FIELDS, Filters, matching_words
from registry.models import RegisteredModel, Stage

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
    """Return how many models match, and the facets; all in one query.

    What may be seen and has the words is found once, with a mark for each field whether its
    filter holds; the counts then look at the marks.
    """
    try:
        base, parameters = _marked(user, filters).query.sql_with_params()
    except EmptyResultSet:
        return 0, [_facet(name, {}, getattr(filters, name)) for name in TITLES]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTING.format(base=base), parameters)
        rows = cursor.fetchall()
    total = 0
    counted: dict[str, dict[str, tuple[str, int]]] = defaultdict(dict)
    for name, value, title, count in rows:
        if name == _TOTAL:
            total = count
        else:
            counted[name][value] = (title, count)
    return total, [_facet(name, counted[name], getattr(filters, name)) for name in TITLES]


def _marked(user: User | AnonymousUser, filters: Filters) -> QuerySet[RegisteredModel, Any]:
    """Return the models of the query with what facets count, and ``by_<field>`` for each filter."""
    marks = {f"by_{name}": _mark(filters.condition(name)) for name in FIELDS}
    columns = {"slug": F("team__slug"), "team_name": F("team__name")}
    models = matching_words(user, filters).order_by()
    return models.values("id", "task", "framework", "risk_tier", **columns, **marks)


def _mark(condition: Q | None) -> Any:
    return Value(value=True) if condition is None else ExpressionWrapper(condition, BooleanField())


def _branch(name: str, value: str, title: str, *, further: str = "", count: str = "*") -> str:
    others = " AND ".join(f"f.by_{other}" for other in FIELDS if other != name)
    return (
        f"SELECT '{name}', {value}::text, {title}::text, count({count})"  # noqa: S608 -- Our names.
        f" FROM found f {further} WHERE {others} GROUP BY 2, 3"
    )


_COUNTING: Final = "WITH found AS MATERIALIZED ({base}) " + " UNION ALL ".join(
    [
        _branch(_TOTAL, "''", "''"),
        _branch("risk_tier", "f.risk_tier", "f.risk_tier"),
        _branch("task", "f.task", "f.task"),
        _branch("framework", "f.framework", "f.framework"),
        _branch("team", "f.slug", "f.team_name"),
        # A model counts in each stage that it has a ready version in.
        _branch(
            "stage",
            "v.stage",
            "v.stage",
            count="DISTINCT f.id",
            further="JOIN registry_modelversion v"
            " ON v.registered_model_id = f.id AND v.state = 'ready'",
        ),
    ]
)
"""The SQL of the counts; what is formatted into it is SQL of Django's, never input."""


def _facet(name: str, counted: dict[str, tuple[str, int]], wanted: tuple[str, ...]) -> Facet:
    known = _fixed_choices(name)
    counted = {value: found for value, found in counted.items() if value}
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
