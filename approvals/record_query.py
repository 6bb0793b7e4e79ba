"""The one statement that reads versions with all that a decision rests on."""

from collections.abc import Iterable
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from aegis.accounts.models import User
from approvals.json_rows import Row, record_of, rows_as_json
from approvals.models import StageTransition
from approvals.records import (
    CardRecord,
    ComparisonRecord,
    DerivationRecord,
    EvidenceRecord,
    FactRecord,
    MetricRecord,
    RedactionRecord,
    SignatureRecord,
    TagRecord,
    TeamRecord,
    VersionRecord,
)
from approvals.scan_records import ScanRecord, WaiverRecord
from registry.compromises import of_key
from registry.models import (
    CardRevision,
    Comparison,
    ComplianceTag,
    Derivation,
    Evidence,
    Metric,
    ModelVersion,
    Redaction,
    ScanReport,
    ScanWaiverAnswer,
    Signature,
    Stage,
    VersionFact,
)

MEMBERS_NAMED: Final = 8
"""How many members of a team are named where it says who can mend something."""


def load_record(version: ModelVersion) -> VersionRecord:
    """Return the record of one version, as it is now."""
    return load_records(Q(pk=version.pk))[version.pk]


def load_with_occupant(
    version: ModelVersion, target: str
) -> tuple[VersionRecord, VersionRecord | None]:
    """Return the version and the one that is in the stage ``target`` now, if another is."""
    there = Q(registered_model=version.registered_model_id, stage=target)
    records = load_records(Q(pk=version.pk) | there)
    return records.pop(version.pk), next(iter(records.values()), None)


def load_records(wanted: Q) -> dict[UUID, VersionRecord]:
    """Return the records of the versions that ``wanted`` matches, by key, in one query."""
    rows = _query().filter(wanted)
    return {row.pk: _record(row) for row in rows}


@cache
def _query() -> QuerySet[ModelVersion]:
    """Return all versions with what ``_record`` reads; it is put together once, and filtered."""
    facts = VersionFact.objects.order_by("name", "-id").distinct("name")
    latest_card = CardRevision.objects.filter(version=OuterRef("pk")).order_by("-number")
    signatures = Signature.objects.filter(manifest_digest=OuterRef("digest")).annotate(
        compromised_at=of_key()
    )
    moves = StageTransition.objects.filter(version=OuterRef("pk"), target=OuterRef("stage"))
    versions: QuerySet[ModelVersion] = (
        ModelVersion.objects.select_related("registered_model__team", "artifact")
        .annotate(
            fact_rows=rows_as_json(_of_version(facts), FactRecord, recorded_by="recorded_by_id"),
            metric_rows=rows_as_json(
                _of_version(Metric.objects.order_by("name", "slice", "dataset", "-id")),
                MetricRecord,
                recorded_by="recorded_by_id",
                evidence="evidence_id",
            ),
            evidence_rows=rows_as_json(
                _of_version(Evidence.objects.order_by("-attached_at", "-id")),
                EvidenceRecord,
                attached_by="attached_by_id",
                attested_by="attestation__attested_by_id",
                attested_at="attestation__attested_at",
                attestation="attestation__comment",
                verdict="attestation__verdict",
                is_superseded="superseded_by__id",
                is_redacted="redaction_id",
            ),
            tag_rows=rows_as_json(
                _of_version(ComplianceTag.objects.order_by("name", "id")),
                TagRecord,
                claimed_by="claimed_by_id",
                evidence="evidence_id",
            ),
            card_rows=rows_as_json(
                _of_version(CardRevision.objects.order_by("-number")),
                CardRecord,
                published_by="published_by_id",
                sections=None,
            ),
            card_sections=Subquery(latest_card.values("sections")[:1]),
            signature_rows=rows_as_json(
                # A bundle names every file: the older ones are not read to be left out.
                _of_version(signatures.order_by("-signed_at", "-id"))[:1],
                SignatureRecord,
                brought_by="brought__upload__owner__username",
            ),
            scan_rows=rows_as_json(_of_version(ScanReport.objects.order_by("-id"))[:1], ScanRecord),
            waiver_rows=rows_as_json(
                _waivers(),
                WaiverRecord,
                path="waiver__path",
                sha256="waiver__sha256",
                ruleset="waiver__ruleset",
                reason="waiver__reason",
                expires_at="waiver__expires_at",
                proposed_by="waiver__proposed_by_id",
                proposer="waiver__proposed_by__name",
                approved_by="answered_by_id",
                approver="answered_by__name",
            ),
            redaction_rows=rows_as_json(
                _of_version(Redaction.objects.filter(decision__verdict="approve").order_by("id")),
                RedactionRecord,
                proposer="proposed_by__name",
                approver="decision__decided_by__name",
                at="decision__decided_at",
            ),
            derivation_rows=rows_as_json(
                _of_version(Derivation.objects.order_by("id")),
                DerivationRecord,
                parent_number="parent__number",
                parent_created_by="parent__created_by_id",
                parent_recalled_at="parent__recalled_at",
                parent_quarantined_at="parent__quarantined_at",
            ),
            comparison_rows=rows_as_json(
                _of_version(Comparison.objects.order_by("-id")), ComparisonRecord
            ),
            member_rows=ArraySubquery(
                User.objects.filter(
                    groups=OuterRef("registered_model__team__group"),
                    is_active=True,
                    is_service=False,
                )
                .order_by("username")
                .values(json=JSONObject(id="id", name="name"))[:MEMBERS_NAMED]
            ),
            in_stage_since=Subquery(moves.order_by("-sequence").values("moved_at")[:1]),
        )
        .order_by("number")
    )
    return versions


def _waivers() -> QuerySet[ScanWaiverAnswer]:
    """Return the approvals of waivers that were not taken back, of the outer version."""
    said = ScanWaiverAnswer.Verdict
    ended = ScanWaiverAnswer.objects.filter(waiver=OuterRef("waiver"), verdict=said.REVOKE)
    approved: QuerySet[ScanWaiverAnswer] = ScanWaiverAnswer.objects.filter(
        ~Exists(ended), waiver__version=OuterRef("pk"), verdict=said.APPROVE
    )
    return approved.order_by("waiver__path", "id")


def _of_version(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(version=OuterRef("pk"))


def _record(version: ModelVersion) -> VersionRecord:
    row: Any = version
    model = version.registered_model
    artifact = getattr(version, "artifact", None)
    cards = [
        record_of(CardRecord, card, sections={} if place else row.card_sections)
        for place, card in enumerate(row.card_rows)
    ]
    evidence = tuple(_evidence(piece) for piece in row.evidence_rows)
    return VersionRecord(
        id=version.pk,
        model_id=model.pk,
        model_name=model.name,
        risk_tier=model.risk_tier,
        team=TeamRecord(
            id=model.team.pk,
            name=model.team.name,
            group=model.team.group_id,
            members=tuple((UUID(one["id"]), one["name"]) for one in row.member_rows),
        ),
        number=version.number,
        label=version.label,
        description=version.description,
        state=version.state,
        stage=version.stage,
        digest=version.digest,
        size=version.size,
        file_count=version.file_count,
        subject_revision=version.subject_revision,
        created_by=version.created_by_id,
        created_at=version.created_at,
        ready_at=version.ready_at,
        in_stage_since=row.in_stage_since if version.stage != Stage.NONE else None,
        manifest_text=artifact.manifest if artifact else "",
        facts={fact["name"]: record_of(FactRecord, fact) for fact in row.fact_rows},
        metrics=current_metrics(
            (record_of(MetricRecord, metric) for metric in row.metric_rows), evidence
        ),
        evidence=evidence,
        tags=tuple(record_of(TagRecord, tag) for tag in row.tag_rows),
        cards=tuple(cards),
        signature=next((record_of(SignatureRecord, one) for one in row.signature_rows), None),
        scan=next((record_of(ScanRecord, one) for one in row.scan_rows), None),
        waivers=tuple(record_of(WaiverRecord, one) for one in row.waiver_rows),
        redactions=tuple(record_of(RedactionRecord, one) for one in row.redaction_rows),
        source=version.source,
        derivation=next((record_of(DerivationRecord, one) for one in row.derivation_rows), None),
        comparisons=tuple(record_of(ComparisonRecord, one) for one in row.comparison_rows),
    )


def current_metrics(
    metrics: Iterable[MetricRecord], evidence: Iterable[EvidenceRecord]
) -> tuple[MetricRecord, ...]:
    """Keep one value for each name, slice and data set: a report's over a stated one, the latest.

    What a superseded or redacted report said does not count any more.
    """
    outdated = {piece.id for piece in evidence if not piece.is_current}
    present: dict[tuple[str, str, str], MetricRecord] = {}
    for metric in metrics:
        if metric.evidence in outdated:
            continue
        key = (metric.name, metric.slice, metric.dataset)
        known = present.get(key)
        if known is None or (metric.is_reported, metric.id) > (known.is_reported, known.id):
            present[key] = metric
    return tuple(present.values())


def _evidence(row: Row) -> EvidenceRecord:
    flags = {name: row[name] is not None for name in ("is_superseded", "is_redacted")}
    said = {**row, **flags}
    verdict = said.pop("verdict")
    if said["outcome"] == "unattested" and verdict:
        said["outcome"] = verdict
    said["attestation"] = said["attestation"] or ""
    return record_of(EvidenceRecord, said)
