"""Evaluation reports and bias audits: what is read from them, and the outcome that they prove.

The formats are the JSON Schemas in ``registry/schemas``, explained in
``docs/reference/evaluation-report.md``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aegis import strict_json
from aegis.problems import Invalid
from aegis.text import refused_character
from registry.schemas import validate

EVALUATION_REPORT: Final = "aegis.evaluation-report/1"
BIAS_AUDIT: Final = "aegis.bias-audit/1"
REPORT_BYTES: Final = 5 * 1024 * 1024
DEFAULT_LEVEL: Final = 0.95

Outcome = Literal["pass", "fail", "unattested"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval around a metric's value."""

    low: float
    high: float
    level: float


@dataclass(frozen=True, slots=True)
class ReportedMetric:
    """One value that a report states. An empty ``slice`` is the whole data set."""

    name: str
    value: float
    unit: str
    slice: str
    sample_size: int | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class ReportedDataset:
    """The data set of a report."""

    name: str
    version: str
    digest: str
    rows: int | None

    @property
    def label(self) -> str:
        """The data set as pages name it: ``name@version``, or with the start of its digest."""
        return f"{self.name}@{self.version or self.digest[:19]}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Groups that were compared by one measure. ``gap`` is the largest value less the smallest."""

    attribute: str
    measure: str
    groups: tuple[tuple[str, float], ...]
    gap: float
    limit: float | None

    @property
    def is_within_limit(self) -> bool:
        """Whether the gap keeps its limit; one without a limit keeps every gap."""
        return self.limit is None or self.gap <= self.limit


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says: its metrics, which a bias audit has none of, and its comparisons."""

    format: str
    dataset: ReportedDataset
    metrics: tuple[ReportedMetric, ...]
    comparisons: tuple[Comparison, ...]
    produced_by: str
    produced_at: str
    code_version: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of a piece of evidence, in a sentence, and what proves it.

    ``findings`` are the contents of a report that is of no ``Report``.
    """

    outcome: Outcome
    reason: str
    report: Report | None = None
    findings: Mapping[str, Any] = field(default_factory=dict)


def judge(kind: str, data: bytes) -> Judgement:
    """Return the outcome of evidence of ``kind`` (the values of ``Evidence.Kind``).

    An evaluation report must keep its format and then passes; a bias audit in ours passes if
    every gap keeps its limit; whatever else is attached waits for a person's word. Raises
    ``Invalid`` for a report that is broken.
    """
    if kind == "evaluation_report":
        report = read_evaluation_report(data)
        count = len(report.metrics)
        return Judgement(
            "pass", f"{count} finite metric{'s'[: count != 1]} on {report.dataset.label}.", report
        )
    if kind == "bias_audit" and _claims_our_format(data):
        return _judge_bias_audit(read_bias_audit(data))
    return Judgement("unattested", "A person has to attest what this file shows.")


def read_evaluation_report(data: bytes) -> Report:
    """Return an evaluation report, or raise ``Invalid`` with the pointer of its first fault."""
    document = report_document(data, EVALUATION_REPORT)
    metrics = tuple(_metric(item, index) for index, item in enumerate(document["metrics"]))
    _refuse_twice([(metric.name, metric.slice) for metric in metrics])
    return _report(document, EVALUATION_REPORT, metrics, "fairness")


def read_bias_audit(data: bytes) -> Report:
    """Return a bias audit, or raise ``Invalid`` with the pointer of its first fault."""
    return _report(report_document(data, BIAS_AUDIT), BIAS_AUDIT, (), "comparisons")


def _judge_bias_audit(report: Report) -> Judgement:
    beyond = [comparison for comparison in report.comparisons if not comparison.is_within_limit]
    if not beyond:
        return Judgement("pass", "Every gap between groups keeps its limit.", report)
    worst = max(beyond, key=lambda comparison: comparison.gap - (comparison.limit or 0))
    reason = (
        f"The gap in {worst.measure} by {worst.attribute} is {worst.gap:g}, "
        f"more than its limit of {worst.limit:g}."
    )
    return Judgement("fail", reason, report)


def _claims_our_format(data: bytes) -> bool:
    """Say whether a file names our format; audits of other tools are for people to judge."""
    return b'"aegis.bias-audit' in data


def report_document(data: bytes, format_name: str) -> dict[str, Any]:
    """Return a report that keeps its format, or raise ``Invalid`` with the first fault's place."""
    document = strict_json.loads(data, limit=REPORT_BYTES)
    validate(document, format_name)
    _refuse_controls(document, "")
    return dict(document)


def _refuse_controls(value: Any, place: str) -> None:
    allowed = "\n\r\t" if place == "/notes" else ""
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_controls(item, strict_json.pointer(place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_controls(item, strict_json.pointer(place, index))
    elif isinstance(value, str) and (character := refused_character(value, allowed=allowed)):
        raise _fault(f"A text holds the character {character}", place)


def _report(
    document: dict[str, Any],
    format_name: str,
    metrics: tuple[ReportedMetric, ...],
    comparisons: str,
) -> Report:
    dataset = document["dataset"]
    return Report(
        format=format_name,
        dataset=ReportedDataset(
            name=dataset["name"],
            version=dataset.get("version", ""),
            digest=dataset.get("digest", ""),
            rows=_whole(dataset.get("rows")),
        ),
        metrics=metrics,
        comparisons=tuple(
            _comparison(item, strict_json.pointer(f"/{comparisons}", index))
            for index, item in enumerate(document.get(comparisons, []))
        ),
        produced_by=document["produced_by"],
        produced_at=document["produced_at"],
        code_version=document.get("code_version", ""),
    )


def _metric(item: dict[str, Any], index: int) -> ReportedMetric:
    value = float(item["value"])
    interval = None
    if found := item.get("interval"):
        low, high = float(found["low"]), float(found["high"])
        interval = Interval(low, high, float(found.get("level", DEFAULT_LEVEL)))
        if not low <= value <= high:
            raise _fault("The value lies outside its interval", f"/metrics/{index}/interval")
    return ReportedMetric(
        name=item["name"],
        value=value,
        unit=item.get("unit", ""),
        slice=item.get("slice", ""),
        sample_size=_whole(item.get("sample_size")),
        interval=interval,
    )


def _comparison(item: dict[str, Any], place: str) -> Comparison:
    groups = tuple((group["name"], float(group["value"])) for group in item["groups"])
    names = [name for name, _ in groups]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise _fault("A group is given twice", f"{place}/groups/{index}")
    values = [value for _, value in groups]
    gap = max(values) - min(values)
    if not math.isfinite(gap):
        raise _fault("The values of the groups are too large to compare", f"{place}/groups")
    limit = item.get("limit")
    return Comparison(
        attribute=item["attribute"],
        measure=item["measure"],
        groups=groups,
        # 0.9 - 0.8 is 0.09999999999999998: without this a gap at its limit would be luck.
        gap=round(gap, 12),
        limit=None if limit is None else float(limit),
    )


def _refuse_twice(keys: Sequence[tuple[str, str]]) -> None:
    seen = set()
    for index, key in enumerate(keys):
        if key in seen:
            raise _fault("A metric is given twice for one slice", f"/metrics/{index}")
        seen.add(key)


def _whole(number: float | None) -> int | None:
    # JSON Schema counts 120.0 as an integer.
    return None if number is None else int(number)


def _fault(sentence: str, place: str) -> Invalid:
    return Invalid(
        "report_breaks_schema",
        f"{sentence}, at {place}.",
        details={"pointer": place, "faults": [{"pointer": place, "sentence": sentence}]},
    )
