"""Records as gates and comparisons see them, made without a database."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from approvals.gates.facts import GateInput, MetricMeaning
from approvals.records import (
    CardRecord,
    EvidenceRecord,
    FactRecord,
    MetricRecord,
    TagRecord,
    TeamRecord,
    VersionRecord,
)
from registry.cards import SECTIONS

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
UPLOADER = uuid4()
COLLEAGUE = uuid4()
MEANINGS = {
    "roc_auc": MetricMeaning("roc_auc", "ROC AUC", "", "higher", 1.0),
    "ece": MetricMeaning("ece", "Calibration error", "", "lower", 0.0),
    "latency_p95_ms": MetricMeaning("latency_p95_ms", "Latency p95", "ms", "lower", None),
}


def report(**changes: Any) -> EvidenceRecord:
    """Return an evaluation report that passed."""
    made = EvidenceRecord(
        id=uuid4(),
        kind="evaluation_report",
        title="Evaluation of February",
        file_name="eval.json",
        sha256="ab" * 32,
        size=812,
        outcome="pass",
        findings={},
        attached_by=UPLOADER,
        attached_at=AT,
        attested_by=None,
        attested_at=None,
        attestation="",
        is_superseded=False,
    )
    return replace(made, **changes)


def metric(name: str, value: float, evidence: UUID | None = None, **changes: Any) -> MetricRecord:
    """Return a metric: read from the report ``evidence``, or stated."""
    made = MetricRecord(
        id=1,
        name=name,
        value=value,
        dataset="holdout@2026-02",
        slice="",
        sample_size=None,
        interval_low=None,
        interval_high=None,
        interval_level=None,
        source="report" if evidence else "stated",
        evidence=evidence,
        recorded_by=UPLOADER,
        recorded_at=AT,
    )
    return replace(made, **changes)


def fact(name: str, value: Any) -> FactRecord:
    """Return a fact that came with the version."""
    return FactRecord(name, value, "registration", UPLOADER, AT)


def facts(**values: Any) -> dict[str, FactRecord]:
    """Return facts by name."""
    return {name: fact(name, value) for name, value in values.items()}


def tag(name: str, evidence: UUID) -> TagRecord:
    """Return a compliance tag."""
    return TagRecord(name, evidence, UPLOADER, AT)


def card(number: int = 1, **sections: str) -> CardRecord:
    """Return a complete card, but for the ``sections`` that are given."""
    complete = {one.key: f"{one.title}: enough words for a newcomer to go on." for one in SECTIONS}
    return CardRecord(number, f"{number:064x}", UPLOADER, AT, {**complete, **sections})


def version(**changes: Any) -> VersionRecord:
    """Return a bare version of churn-predictor: no facts, no metrics, no evidence, no card."""
    made = VersionRecord(
        id=uuid4(),
        model_id=uuid4(),
        model_name="churn-predictor",
        risk_tier=1,
        team=TeamRecord(
            uuid4(), "Growth", 7, ((UPLOADER, "Mina Okafor"), (COLLEAGUE, "Marc Delacroix"))
        ),
        number=7,
        label="",
        description="",
        state="ready",
        stage="None",
        digest="",
        size=0,
        file_count=0,
        subject_revision=3,
        created_by=UPLOADER,
        created_at=AT,
        ready_at=AT,
        in_stage_since=None,
        manifest_text="",
        facts={},
        metrics=(),
        evidence=(),
        tags=(),
        cards=(),
        signature=None,
        scan=None,
        waivers=(),
    )
    return replace(made, **changes)


def gate_input(made: VersionRecord, *, refuses_development_signer: bool = False) -> GateInput:
    """Return what gates look at."""
    return GateInput(made, MEANINGS, refuses_development_signer)
