"""Recording where an imported version comes from, and finding it again by that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Refusal
from aegis.sensitive.texts import plain_text
from registry.locks import lock_version
from registry.metric_names import check_finite, check_metric_name
from registry.models import Metric, ModelVersion, Provenance, RegisteredModel, VersionState
from registry.permissions import CONTRIBUTE, require
from registry.recording_facts import LINE_LENGTH
from registry.versions import require_not_failed


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a version was fetched from, or is said to be from; see ``Provenance``."""

    identity: str
    shown: str
    url: str
    is_complete: bool
    document: Mapping[str, Any]
    stated_source: str = ""


@dataclass(frozen=True, slots=True)
class StatedMetric:
    """A metric that an origin states, as it can be recorded."""

    name: str
    value: float
    dataset: str = ""
    slice: str = ""


def recordable(metric: StatedMetric) -> StatedMetric:
    """Return ``metric`` in its normal form, or raise ``Invalid`` for one that cannot be kept."""
    return StatedMetric(
        check_metric_name(metric.name),
        check_finite(metric.value),
        _line(metric.dataset, "dataset"),
        _line(metric.slice, "slice"),
    )


@verb
def record_provenance(
    version: ModelVersion,
    *,
    actor: User,
    origin: Origin,
    metrics: Iterable[StatedMetric] = (),
    metric_source: Metric.Source = Metric.Source.CLAIM,
) -> Provenance:
    """Record where ``version`` was fetched from, and the metrics that are stated there.

    Such a metric is shown with its source and passes no gate.
    """
    version = lock_version(version)
    require(actor, CONTRIBUTE, version.registered_model)
    require_not_failed(version)
    provenance: Provenance = Provenance.objects.create(
        version=version,
        identity=origin.identity,
        shown=origin.shown,
        url=origin.url,
        is_complete=origin.is_complete,
        document=dict(origin.document),
        stated_source=origin.stated_source,
        recorded_by=actor,
    )
    checked = [recordable(metric) for metric in metrics]
    Metric.objects.bulk_create(
        Metric(
            version=version,
            name=one.name,
            value=one.value,
            dataset=one.dataset,
            slice=one.slice,
            source=metric_source,
            recorded_by=actor,
        )
        for one in checked
    )
    record(
        "version:found",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={
            "number": version.number,
            "source": version.source,
            "is_complete": origin.is_complete,
            "metrics": sorted({metric.name for metric in checked}),
        },
        texts={"identity": origin.identity},
    )
    return provenance


def ready_version_of(model: RegisteredModel, identity: str) -> ModelVersion | None:
    """Return the newest ready version of ``model`` that was fetched from ``identity``."""
    found = ModelVersion.objects.filter(
        registered_model=model, state=VersionState.READY, provenance__identity=identity
    )
    version: ModelVersion | None = found.order_by("-number").first()
    return version


def is_recordable(metric: StatedMetric) -> Refusal | None:
    """Return why a metric cannot be recorded, or None."""
    try:
        recordable(metric)
    except Refusal as refusal:
        return refusal
    return None


def _line(text: str, field: str) -> str:
    return plain_text(text, field=field, limit=LINE_LENGTH, required=False)
