"""All that a decision about versions rests on, read in one statement.

Rows become plain records, so that gates, comparisons and subjects are pure and a page
that compares two versions costs one query.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from aegis.proof.manifest import Manifest
from approvals.scan_records import ScanRecord, WaiverRecord


@dataclass(frozen=True, slots=True)
class FactRecord:
    """The present value of a fact."""

    name: str
    value: Any
    source: str
    recorded_by: UUID
    recorded_at: datetime


CLAIMS: Final = {
    "stated": "stated",
    "run": "read from an MLflow run",
    "claim": "publisher's claim",
}
"""Whose word a metric is that no report holds, and that so passes no gate."""


@dataclass(frozen=True, slots=True)
class MetricRecord:
    """One measured value. ``evidence`` is the key of the report that it was read from."""

    id: int
    name: str
    value: float
    dataset: str
    slice: str
    sample_size: int | None
    interval_low: float | None
    interval_high: float | None
    interval_level: float | None
    source: str
    evidence: UUID | None
    recorded_by: UUID
    recorded_at: datetime

    @property
    def is_reported(self) -> bool:
        """Say whether it was read from a report; a stated value passes no gate."""
        return self.source == "report"

    @property
    def claim(self) -> str:
        """Return whose word the value is, empty for one that was read from a report."""
        return CLAIMS.get(self.source, "")


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """A piece of evidence. ``outcome`` is pass, fail or unattested, a person's word included."""

    id: UUID
    kind: str
    title: str
    file_name: str
    sha256: str
    size: int
    outcome: str
    findings: Mapping[str, Any]
    attached_by: UUID
    attached_at: datetime
    attested_by: UUID | None
    attested_at: datetime | None
    attestation: str
    is_superseded: bool
    is_redacted: bool = False

    @property
    def reference(self) -> dict[str, str]:
        """Return what names it in the findings of a gate."""
        return {
            "id": str(self.id),
            "title": self.title,
            "file_name": self.file_name,
            "sha256": self.sha256,
        }

    @property
    def is_current(self) -> bool:
        """Say whether no later piece took its place, and nobody redacted it."""
        return not self.is_superseded and not self.is_redacted

    @property
    def holds(self) -> bool:
        """Say whether it shows its claim now."""
        return self.is_current and self.outcome == "pass"


@dataclass(frozen=True, slots=True)
class RedactionRecord:
    """A redaction that two people stand by: what it took out, when, and why."""

    id: UUID
    kind: str
    target: str
    digest: str
    reason: str
    proposer: str
    approver: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DerivationRecord:
    """What a version was converted from and by what; the parent as it is now."""

    parent_number: int
    parent_digest: str
    parent_created_by: UUID
    parent_recalled_at: datetime | None
    parent_quarantined_at: datetime | None
    converter: str
    converter_version: str


@dataclass(frozen=True, slots=True)
class ComparisonRecord:
    """How a converted version compared with its parent; see ``registry.models.Comparison``."""

    id: int
    manifest_digest: str
    method: str
    input_digest: str
    input_from: str
    values: int
    outside: int
    tolerance: float
    relative_tolerance: float
    largest_difference: float | None
    compared_at: datetime


@dataclass(frozen=True, slots=True)
class TagRecord:
    """A compliance tag and the key of the evidence that carries it."""

    name: str
    evidence: UUID
    claimed_by: UUID
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class CardRecord:
    """A published revision of the card. Only the latest carries its sections."""

    number: int
    digest: str
    published_by: UUID
    published_at: datetime
    sections: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SignatureRecord:
    """The latest signature over a version's manifest, and since when its key is compromised.

    ``brought_by`` is the name of who brought it with the files; None if Aegis had it made.
    """

    manifest_digest: str
    key_name: str
    key_version: str
    key_hint: str
    algorithm: str
    public_key: str
    bundle: str
    is_development: bool
    signed_at: datetime
    compromised_at: datetime | None
    brought_by: str | None = None


@dataclass(frozen=True, slots=True)
class TeamRecord:
    """The team that a version's model belongs to, with the names of some members."""

    id: UUID
    name: str
    group: int
    members: tuple[tuple[UUID, str], ...]


@dataclass(frozen=True)
class VersionRecord:
    """A version with its present facts, metrics, evidence, tags, card, signature and scan.

    ``evidence`` holds superseded pieces too; ``cards`` all revisions, the latest first;
    ``waivers`` all that two people agreed on and nobody ended, ``comparisons`` the latest first.
    """

    id: UUID
    model_id: UUID
    model_name: str
    risk_tier: int
    team: TeamRecord
    number: int
    label: str
    description: str
    state: str
    stage: str
    digest: str
    size: int
    file_count: int
    subject_revision: int
    created_by: UUID
    created_at: datetime
    ready_at: datetime | None
    in_stage_since: datetime | None
    manifest_text: str
    facts: Mapping[str, FactRecord]
    metrics: tuple[MetricRecord, ...]
    evidence: tuple[EvidenceRecord, ...]
    tags: tuple[TagRecord, ...]
    cards: tuple[CardRecord, ...]
    signature: SignatureRecord | None
    scan: ScanRecord | None
    waivers: tuple[WaiverRecord, ...]
    redactions: tuple[RedactionRecord, ...] = ()
    source: str = "upload"
    derivation: DerivationRecord | None = None
    comparisons: tuple[ComparisonRecord, ...] = ()

    @property
    def name(self) -> str:
        """Return the version as a row names it: ``v7``."""
        return f"v{self.number}"

    @property
    def is_converted(self) -> bool:
        """Say whether it was made of another version."""
        return self.source == "conversion"

    @property
    def card(self) -> CardRecord | None:
        """Return the card as it is published now."""
        return self.cards[0] if self.cards else None

    @cached_property
    def evidence_by_id(self) -> Mapping[UUID, EvidenceRecord]:
        """Return every piece of evidence, superseded ones too, by key."""
        return {piece.id: piece for piece in self.evidence}

    @cached_property
    def redacted(self) -> Mapping[tuple[str, str], RedactionRecord]:
        """Return what was taken out of this version, by its kind and its key or path."""
        return {(one.kind, one.target): one for one in self.redactions}

    @property
    def current_evidence(self) -> tuple[EvidenceRecord, ...]:
        """Return the evidence whose place no later piece took."""
        return tuple(piece for piece in self.evidence if piece.is_current)

    @property
    def current_tags(self) -> tuple[TagRecord, ...]:
        """Return the tags whose evidence holds now."""
        return tuple(tag for tag in self.tags if self.evidence_by_id[tag.evidence].holds)

    @cached_property
    def manifest(self) -> Manifest:
        """Return the parsed manifest, empty while the version has no artifact."""
        return Manifest.parse(self.manifest_text.encode()) if self.manifest_text else Manifest(())
