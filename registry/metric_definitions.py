"""What metrics mean: their unit, which direction is better, and their ideal."""

from dataclasses import dataclass
from typing import Final

from aegis.accounts.models import User
from aegis.accounts.permits import require_administrator
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Invalid
from aegis.sensitive.texts import plain_text
from registry.metric_names import check_finite, check_metric_name
from registry.models import MetricDefinition


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a metric as a new registry has it."""

    name: str
    title: str
    direction: str
    ideal: float | None
    unit: str = ""
    description: str = ""


DEFAULTS: Final = (
    Meaning("accuracy", "Accuracy", "higher", 1.0, description="Share of right answers."),
    Meaning("balanced_accuracy", "Balanced accuracy", "higher", 1.0),
    Meaning("precision", "Precision", "higher", 1.0),
    Meaning("recall", "Recall", "higher", 1.0),
    Meaning("f1", "F1", "higher", 1.0, description="Harmonic mean of precision and recall."),
    Meaning("roc_auc", "ROC AUC", "higher", 1.0),
    Meaning("pr_auc", "PR AUC", "higher", 1.0),
    Meaning("log_loss", "Log loss", "lower", 0.0),
    Meaning("brier_score", "Brier score", "lower", 0.0),
    Meaning("ece", "Calibration error", "lower", 0.0, description="Expected calibration error."),
    Meaning("r2", "R²", "higher", 1.0),
    Meaning("rmse", "RMSE", "lower", 0.0, description="In the unit of what is predicted."),
    Meaning("mae", "MAE", "lower", 0.0, description="In the unit of what is predicted."),
    Meaning("mape", "MAPE", "lower", 0.0, description="As a share: 0.05 is five per cent."),
    Meaning("latency_ms", "Latency", "lower", None, unit="ms"),
    Meaning("latency_p50_ms", "Latency, median", "lower", None, unit="ms"),
    Meaning("latency_p95_ms", "Latency p95", "lower", None, unit="ms"),
    Meaning("throughput_rps", "Throughput", "higher", None, unit="1/s"),
    Meaning("demographic_parity_gap", "Demographic parity gap", "lower", 0.0),
    Meaning("equal_opportunity_gap", "Equal opportunity gap", "lower", 0.0),
)


@verb
def define_metric(
    *,
    actor: User | None,
    name: str,
    title: str,
    direction: str,
    unit: str = "",
    ideal: float | None = None,
    description: str = "",
) -> MetricDefinition:
    """Say what a metric's name means; ``actor`` is None only where a registry is set up."""
    if actor is not None:
        require_administrator(actor, "define metrics")
    checked = check_metric_name(name)
    if MetricDefinition.objects.filter(name=checked).exists():
        raise Conflict("metric_defined", f"The metric {checked} is defined already.")
    if direction not in MetricDefinition.Direction.values:
        raise Invalid(
            "direction_unknown",
            f"Better is {' or '.join(MetricDefinition.Direction.values)}.",
            field="direction",
        )
    definition = MetricDefinition.objects.create(
        name=checked,
        title=plain_text(title, field="title", limit=120),
        unit=plain_text(unit, field="unit", limit=20, required=False),
        direction=direction,
        ideal=None if ideal is None else check_finite(ideal, field="ideal"),
        description=plain_text(
            description, field="description", limit=2_000, multiline=True, required=False
        ),
    )
    record("metric:defined", actor=actor, about=definition, data={"name": checked})
    return definition


@verb
def define_default_metrics() -> None:
    """Define the metrics that a new registry knows, and leave those alone that it has."""
    known = set(MetricDefinition.objects.values_list("name", flat=True))
    for meaning in DEFAULTS:
        if meaning.name not in known:
            define_metric(
                actor=None,
                name=meaning.name,
                title=meaning.title,
                direction=meaning.direction,
                unit=meaning.unit,
                ideal=meaning.ideal,
                description=meaning.description,
            )


@verb
def edit_metric_definition(
    definition: MetricDefinition,
    *,
    actor: User,
    title: str,
    ideal: float | None,
    description: str,
) -> MetricDefinition:
    """Change how a metric is shown; its name, unit and direction stay as they were."""
    definition = MetricDefinition.objects.select_for_update().get(pk=definition.pk)
    require_administrator(actor, "define metrics")
    definition.title = plain_text(title, field="title", limit=120)
    definition.ideal = None if ideal is None else check_finite(ideal, field="ideal")
    definition.description = plain_text(
        description, field="description", limit=2_000, multiline=True, required=False
    )
    definition.save(update_fields=["title", "ideal", "description"])
    record("metric:defined", actor=actor, about=definition, data={"name": definition.name})
    return definition


def definitions_of(names: set[str]) -> dict[str, MetricDefinition]:
    """Return the definitions of those metrics among ``names`` that have one, by name."""
    return {found.name: found for found in MetricDefinition.objects.filter(name__in=names)}
