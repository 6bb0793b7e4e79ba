"""Facts and metrics that are recorded later: rows that are added, and the ones that hold now."""

from typing import Any, Final

from django.db.models import Q, QuerySet

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.sensitive.texts import plain_text
from registry.facts import check_fact
from registry.locks import lock_version
from registry.metric_names import (
    check_finite,
    check_interval,
    check_metric_name,
    check_sample_size,
)
from registry.models import Metric, ModelVersion, VersionFact
from registry.permissions import CONTRIBUTE, require
from registry.reports import Interval
from registry.versions import require_not_failed

LINE_LENGTH: Final = 200


@verb
def record_fact(version: ModelVersion, *, actor: User, name: str, value: Any) -> VersionFact:
    """Add a fact to a version; it supersedes an earlier one of its name, which stays visible."""
    version = lock_version(version)
    require(actor, CONTRIBUTE, version.registered_model)
    require_not_failed(version)
    fact: VersionFact = VersionFact.objects.create(
        version=version,
        name=name,
        value=check_fact(name, value),
        source=VersionFact.Source.STATED,
        recorded_by=actor,
    )
    record(
        "fact:recorded",
        actor=actor,
        about=fact,
        model_id=version.registered_model_id,
        data={"version": version.number, "name": name},
    )
    return fact


@verb
def record_metric(
    version: ModelVersion,
    *,
    actor: User,
    name: str,
    value: float,
    dataset: str = "",
    slice: str = "",  # noqa: A002 -- The field's word for a part of a data set.
    sample_size: int | None = None,
    interval: Interval | None = None,
) -> Metric:
    """Add a metric on the word of ``actor``: it is shown as stated and passes no gate."""
    version = lock_version(version)
    require(actor, CONTRIBUTE, version.registered_model)
    require_not_failed(version)
    number = check_finite(value)
    bounds = check_interval(interval, number)
    metric: Metric = Metric.objects.create(
        version=version,
        name=check_metric_name(name),
        value=number,
        dataset=plain_text(dataset, field="dataset", limit=LINE_LENGTH, required=False),
        slice=plain_text(slice, field="slice", limit=LINE_LENGTH, required=False),
        sample_size=check_sample_size(sample_size),
        interval_low=bounds.low if bounds else None,
        interval_high=bounds.high if bounds else None,
        interval_level=bounds.level if bounds else None,
        source=Metric.Source.STATED,
        recorded_by=actor,
    )
    record(
        "metric:stated",
        actor=actor,
        about=metric,
        model_id=version.registered_model_id,
        data={"version": version.number, "name": metric.name},
    )
    return metric


def current_facts(version: ModelVersion) -> dict[str, VersionFact]:
    """Return the latest fact of each name, by name."""
    facts = VersionFact.objects.filter(version=version).select_related("recorded_by")
    return {fact.name: fact for fact in facts.order_by("name", "id")}


def fact_history(version: ModelVersion, name: str) -> QuerySet[VersionFact]:
    """Return every value that a fact has had, the latest first."""
    history: QuerySet[VersionFact] = VersionFact.objects.filter(version=version, name=name)
    return history.select_related("recorded_by").order_by("-id")


def current_metrics(version: ModelVersion) -> list[Metric]:
    """Return the latest metric of each name, slice and data set; a report outweighs a statement.

    What a superseded or redacted report said does not hold any more.
    """
    holding = Metric.objects.filter(version=version).filter(
        Q(evidence=None) | Q(evidence__superseded_by=None, evidence__redaction=None)
    )
    latest: dict[tuple[str, str, str], Metric] = {}
    for metric in holding.select_related("evidence", "recorded_by").order_by("id"):
        key = (metric.name, metric.slice, metric.dataset)
        known = latest.get(key)
        if known and known.source == Metric.Source.REPORT != metric.source:
            continue
        latest[key] = metric
    return sorted(latest.values(), key=lambda metric: (metric.name, metric.slice, metric.dataset))
