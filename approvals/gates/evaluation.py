"""The gate ``evaluation``: metrics of evaluation reports within the limits of the policy.

Parameters: ``metrics`` maps names to one limit each, ``{"min": 0.82}`` or
``{"max": 0.035}``; ``dataset``, if given, is the only data set that counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from approvals.gates.facts import GateInput, MetricMeaning
from approvals.gates.gate import Gate, Parameters, only_keys, refuse_parameter
from approvals.gates.outcomes import Fix, GateOutcome, Outcome
from approvals.limits import Limit
from approvals.records import MetricRecord
from approvals.wording import capitalised, listed, number_words, percent
from registry.metric_names import check_metric_name

NAME: Final = "evaluation"
TITLE: Final = "Evaluation report"

ATTACH: Final = Fix("evidence_attach", "Attach a report", "evaluation_report")
REGISTER: Final = Fix("version_add", "Register a better version")


@dataclass(frozen=True, slots=True)
class Judged:
    """One limit of the policy and the value that it was held against, if there is one."""

    meaning: MetricMeaning
    limit: Limit
    metric: MetricRecord | None
    missing: str = ""

    @property
    def status(self) -> str:
        """Return pass, warn or fail; a missing value fails."""
        if self.metric is None:
            return "fail"
        return self.limit.status(self.metric.value, self.meaning.ideal)

    @property
    def words(self) -> str:
        """Say how the value stands against its limit."""
        title, unit = self.meaning.title, self.meaning.unit
        if self.metric is None:
            return f"{title} {self.missing}"
        value = number_words(self.metric.value, unlike=self.limit.value, unit=unit)
        left = self.limit.left(self.metric.value)
        if left < 0:
            side = "below" if self.limit.kind == "min" else "above"
            limit = number_words(self.limit.value, unlike=self.metric.value, unit=unit)
            return f"{title} is {value}, {side} the limit of {limit}"
        share = self.limit.share_used(self.metric.value, self.meaning.ideal)
        used = f" and uses {percent(share)} of its limit" if share is not None else ""
        return f"{title} is {value}{used}, {number_words(left, unit=unit)} left"


def limits_of(parameters: Parameters) -> dict[str, Limit]:
    """Return the limits that the parameters of this gate set, by the metric's name."""
    return {
        name: Limit(kind, value)
        for name, said in parameters["metrics"].items()
        for kind, value in said.items()
    }


def read(parameters: Parameters) -> dict[str, Any]:
    """Return the parameters in normal form, or raise ``Invalid``."""
    only_keys(NAME, parameters, "metrics", "dataset")
    metrics = parameters.get("metrics")
    if not isinstance(metrics, Mapping) or not metrics:
        raise refuse_parameter(
            NAME, "metrics must name at least one limit.", 'Such as {"roc_auc": {"min": 0.82}}.'
        )
    result: dict[str, Any] = {
        "metrics": {check_metric_name(name): _limit(name, said) for name, said in metrics.items()}
    }
    if "dataset" in parameters:
        dataset = parameters["dataset"]
        if not isinstance(dataset, str) or not dataset.strip():
            raise refuse_parameter(NAME, "dataset must be the name of a data set.")
        result["dataset"] = dataset.strip()
    return result


def _limit(name: str, said: object) -> dict[str, float]:
    if not isinstance(said, Mapping) or len(said) != 1 or not said.keys() <= {"min", "max"}:
        raise refuse_parameter(NAME, f"{name} needs one limit, min or max.")
    kind, value = next(iter(said.items()))
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise refuse_parameter(NAME, f"the limit of {name} must be a finite number.")
    return {kind: float(value)}


def check(facts: GateInput, parameters: Parameters) -> GateOutcome:
    """Hold the reported metrics against the limits."""
    judged = [
        _judge(facts, facts.meaning(name), limit, parameters.get("dataset", ""))
        for name, limit in limits_of(parameters).items()
    ]
    failed = [one for one in judged if one.status == "fail"]
    near = [one for one in judged if one.status == "warn"]
    findings = {"rows": [_row(one) for one in judged], "evidence": _evidence(facts, judged)}
    if failed:
        return _failed(facts, judged, failed, findings)
    met = f"{len(judged)} of {len(judged)} limits met"
    if near:
        names = listed([one.meaning.title for one in near])
        return GateOutcome(
            NAME,
            TITLE,
            Outcome.WARN,
            f"{met}, {names} near the limit",
            _sentences(near),
            mend="Each approver confirms to have read it, or a better version is registered.",
            who="The reviewers",
            findings=findings,
        )
    return GateOutcome(NAME, TITLE, Outcome.PASS, met, _sentences(judged), findings=findings)


def _failed(
    facts: GateInput, judged: list[Judged], failed: list[Judged], findings: dict[str, Any]
) -> GateOutcome:
    missing = [one for one in failed if one.metric is None]
    names = listed([one.meaning.title for one in failed])
    if missing:
        wanted = listed([one.meaning.name for one in missing])
        mend, fix = f"Attach an evaluation report that measures {wanted}.", ATTACH
    else:
        mend, fix = "Register a better version, and attach its evaluation report.", REGISTER
    return GateOutcome(
        NAME,
        TITLE,
        Outcome.FAIL,
        f"{len(judged) - len(failed)} of {len(judged)} limits met, not {names}",
        _sentences(failed),
        mend=mend,
        who=facts.contributors,
        fix=fix,
        findings=findings,
    )


def _judge(facts: GateInput, meaning: MetricMeaning, limit: Limit, dataset: str) -> Judged:
    named = [m for m in facts.version.metrics if m.name == meaning.name]
    counting = [m for m in named if _counts(facts, m) and (not dataset or _measured_on(m, dataset))]
    if not counting:
        return Judged(meaning, limit, None, _why_missing(facts, named, dataset))
    # Where a report holds several data sets, the worst value decides.
    return Judged(meaning, limit, min(counting, key=lambda m: limit.left(m.value)))


def _counts(facts: GateInput, metric: MetricRecord) -> bool:
    evidence = facts.version.evidence_by_id.get(metric.evidence) if metric.evidence else None
    return metric.is_reported and not metric.slice and evidence is not None and evidence.holds


def _measured_on(metric: MetricRecord, dataset: str) -> bool:
    """Say whether a metric is of the data set, named with or without its version."""
    return dataset in (metric.dataset, metric.dataset.partition("@")[0])


def _why_missing(facts: GateInput, named: list[MetricRecord], dataset: str) -> str:
    if elsewhere := sorted({m.dataset or "no named data set" for m in named if _counts(facts, m)}):
        return f"was measured on {listed(elsewhere)}, not on {dataset}"
    reported = [m for m in named if m.is_reported]
    if any(not m.slice for m in reported):
        return "is in a report that did not pass"
    if reported:
        return "was measured on slices of the data only"
    if named:
        value = number_words(named[0].value)
        return f"is only {_CLAIMED[named[0].source].format(value)} passes no gate"
    return "is in no evaluation report of this version"


_CLAIMED: Final = {
    "stated": "stated ({}), and a stated value",
    "run": "read from an MLflow run ({}), and such a value",
    "claim": "claimed by its publisher ({}), and a claim",
}


def _sentences(judged: Iterable[Judged]) -> str:
    return " ".join(f"{capitalised(one.words)}." for one in judged)


def _row(one: Judged) -> dict[str, Any]:
    metric = one.metric
    return {
        "metric": one.meaning.name,
        "title": one.meaning.title,
        "unit": one.meaning.unit,
        "limit": one.limit.value,
        "kind": one.limit.kind,
        "value": metric.value if metric else None,
        "dataset": metric.dataset if metric else "",
        "status": one.status,
        "words": one.words,
    }


def _evidence(facts: GateInput, judged: list[Judged]) -> list[dict[str, str]]:
    keys = {one.metric.evidence for one in judged if one.metric}
    return [piece.reference for piece in facts.version.evidence if piece.id in keys]


def words(parameters: Parameters) -> str:
    """Say the limits: ``roc_auc ≥ 0.82, ece ≤ 0.035``."""
    said = [f"{name} {limit.words}" for name, limit in limits_of(parameters).items()]
    on = f", on {parameters['dataset']}" if "dataset" in parameters else ""
    return ", ".join(said) + on


GATE: Final = Gate(NAME, TITLE, read, check, words)
