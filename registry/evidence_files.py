"""What is read from the file of a piece of evidence before it is attached."""

import mimetypes
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from aegis.problems import Invalid
from aegis.sensitive.secrets import secret_found
from aegis.sensitive.streams import find_in_text
from aegis.sensitive.texts import plain_text
from registry.documents import Received
from registry.load_checks import judge_load_check
from registry.metric_definitions import definitions_of
from registry.models import Evidence, Metric, ModelVersion
from registry.reports import REPORT_BYTES, Comparison, Judgement, Report, judge

TITLE_LENGTH: Final = 200
NAME_LENGTH: Final = 200
_READ: Final = (
    Evidence.Kind.EVALUATION_REPORT,
    Evidence.Kind.BIAS_AUDIT,
    Evidence.Kind.LOAD_CHECK,
)
"""The kinds whose files a rule may read; the others are for people."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Evidence that has passed every check but those of its version."""

    kind: str
    title: str
    file_name: str
    media_type: str
    sha256: str
    size: int
    outcome: str
    findings: dict[str, Any]
    report: Report | None

    def columns(self) -> dict[str, Any]:
        """Return the values of the row's columns."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "report"}


def drafted(
    version: ModelVersion, kind: str, title: str, name: str | None, received: Received
) -> Draft:
    """Check what was sent and judge the file by the rule of its kind, or raise ``Invalid``."""
    if kind not in Evidence.Kind.values:
        raise Invalid(
            "evidence_kind_unknown",
            f"There is no evidence of the kind {str(kind)[:40]!r}.",
            field="kind",
            mend=f"The kinds are {', '.join(Evidence.Kind.values)}.",
        )
    file_name = _file_name(name)
    personal = _personal_data(received)
    judgement = _judged(version, kind, received)
    if judgement.report is not None:
        _refuse_other_units(judgement.report)
    return Draft(
        kind=kind,
        title=plain_text(title, field="title", limit=TITLE_LENGTH),
        file_name=file_name,
        media_type=mimetypes.guess_type(file_name)[0] or "application/octet-stream",
        sha256=received.sha256,
        size=received.size,
        outcome=judgement.outcome,
        findings={
            "reason": judgement.reason,
            **_findings(judgement.report),
            **judgement.findings,
            **personal,
        },
        report=judgement.report,
    )


def metrics_of(evidence: Evidence, report: Report | None) -> Iterator[Metric]:
    """Yield the rows of the metrics that an evaluation report states."""
    for metric in report.metrics if report else ():
        interval = metric.interval
        yield Metric(
            version=evidence.version,
            name=metric.name,
            value=metric.value,
            dataset=report.dataset.label if report else "",
            slice=metric.slice,
            sample_size=metric.sample_size,
            interval_low=interval.low if interval else None,
            interval_high=interval.high if interval else None,
            interval_level=interval.level if interval else None,
            source=Metric.Source.REPORT,
            evidence=evidence,
            recorded_by=evidence.attached_by,
        )


def _judged(version: ModelVersion, kind: str, received: Received) -> Judgement:
    data = received.head(REPORT_BYTES + 1) if kind in _READ else b""
    if kind == Evidence.Kind.LOAD_CHECK:
        return judge_load_check(data, manifest_digest=version.digest)
    return judge(kind, data)


def _personal_data(received: Received) -> dict[str, Any]:
    """Return what a text may hold of people, by line; refuse one that holds a secret."""
    received.stream.seek(0)
    try:
        found = find_in_text(received.stream.read)
    except UnicodeDecodeError:
        return {}
    if found.secrets:
        raise secret_found(found.secrets, field="file")
    return {"personal_data": [asdict(one) for one in found.personal]} if found.personal else {}


def _file_name(name: str | None) -> str:
    last = PurePosixPath((name or "").replace("\\", "/")).name
    return plain_text(last or "file", field="file_name", limit=NAME_LENGTH)


def _refuse_other_units(report: Report) -> None:
    """Refuse a value in another unit than its definition's: limits compare bare numbers."""
    definitions = definitions_of({metric.name for metric in report.metrics})
    for index, metric in enumerate(report.metrics):
        definition = definitions.get(metric.name)
        if definition and metric.unit and metric.unit != definition.unit:
            wanted = f"in {definition.unit}" if definition.unit else "without a unit"
            raise Invalid(
                "metric_unit_differs",
                f"{metric.name} is measured {wanted} here, and the report gives it in "
                f"{metric.unit}, at /metrics/{index}/unit.",
                mend="Convert the value, or leave the unit out where it is the same.",
                details={"pointer": f"/metrics/{index}/unit"},
            )


def _findings(report: Report | None) -> dict[str, Any]:
    if report is None:
        return {}
    return {
        "format": report.format,
        "dataset": report.dataset.label,
        "rows": report.dataset.rows,
        "metrics": len(report.metrics),
        "comparisons": [_comparison(comparison) for comparison in report.comparisons],
        "produced_by": report.produced_by,
        "produced_at": report.produced_at,
        "code_version": report.code_version,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "attribute": comparison.attribute,
        "measure": comparison.measure,
        "groups": dict(comparison.groups),
        "gap": comparison.gap,
        "limit": comparison.limit,
        "is_within_limit": comparison.is_within_limit,
    }
