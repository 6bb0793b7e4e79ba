"""Which metrics of a run or of a logged model come along, and why others do not. Pure."""

import math
from collections.abc import Iterable
from typing import Final

from aegis.problems import Invalid
from imports.sources.mlflow.answers import KeptModel, Measured, Run
from imports.sources.mlflow.texts import line
from imports.sources.protocol import FoundMetric
from registry.metric_names import check_metric_name

MOST: Final = 1_000
_NAME: Final = 80

_UNTOLD: Final = (
    "MLflow tells a NaN of a logged model as 0, and its run does not say which of them this is."
)


def chosen(
    run: Run | None, model: KeptModel | None
) -> tuple[tuple[FoundMetric, ...], dict[str, str]]:
    """Return the last values of the metrics, and the names of those that are left out with why.

    Those of a logged model are its own, where it has any: its run may have logged several.
    """
    of_run = {metric.name: metric for metric in run.metrics} if run else {}
    of_model = model.metrics if model else ()
    kept: list[FoundMetric] = []
    left_out: dict[str, str] = {}
    for metric in _last(of_model or of_run.values()):
        reason = _fault(metric, of_run.get(metric.name), is_of_model=bool(of_model))
        if reason is None and len(kept) < MOST:
            kept.append(FoundMetric(metric.name, metric.value, line(metric.dataset)))
        elif len(left_out) < MOST:
            left_out[_shown(metric.name)] = reason or f"Only {MOST:,} metrics are kept."
    return tuple(kept), left_out


def _last(metrics: Iterable[Measured]) -> list[Measured]:
    """Return the last value of each name and data set, by step and time as MLflow has it."""
    last: dict[tuple[str, str], Measured] = {}
    for metric in metrics:
        key = metric.name, metric.dataset
        former = last.get(key)
        if former is None or (former.step, former.timestamp) <= (metric.step, metric.timestamp):
            last[key] = metric
    return [last[key] for key in sorted(last)]


def _fault(metric: Measured, of_run: Measured | None, *, is_of_model: bool) -> str | None:
    if math.isnan(metric.value):
        return "Its value is NaN."
    if math.isinf(metric.value):
        return "Its value is infinite."
    if is_of_model and metric.value == 0 and (of_run is None or of_run.value != 0):
        return _UNTOLD
    return _fault_of_name(metric.name)


def _fault_of_name(name: str) -> str | None:
    try:
        check_metric_name(name)
    except Invalid as refusal:
        return refusal.sentence
    return None


def _shown(name: str) -> str:
    return line(name[:_NAME]) or ascii(name[:20])
