"""The subject: canonical JSON (RFC 8785) of all that a decision is about, and its digest.

Anything that is not in it does not change a decision; anything in it that changes
dismisses the approvals.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

import rfc8785

from approvals.models import PolicyRevision
from approvals.record_query import load_with_occupant
from approvals.records import VersionRecord
from approvals.subject_changes import SubjectChange, changes_between
from approvals.wording import counted, listed
from registry.models import ModelVersion, ScanVerdict

FORMAT: Final = 2


@dataclass(frozen=True, slots=True)
class SubjectPart:
    """A part of the subject as the review page lists it, with a digest of its own."""

    key: str
    title: str
    digest: str
    note: str


@dataclass(frozen=True, slots=True)
class Subject:
    """``body`` is what is stored and downloaded, ``digest`` its hex SHA-256."""

    body: str
    digest: str
    parts: tuple[SubjectPart, ...]


def build_subject(
    version: ModelVersion, target: str, policies: Iterable[PolicyRevision]
) -> Subject:
    """Return what a decision to move ``version`` to ``target`` is about at this moment."""
    record, occupant = load_with_occupant(version, target)
    return subject_of(record, occupant, target, policies)


def subject_of(
    version: VersionRecord,
    occupant: VersionRecord | None,
    target: str,
    policies: Iterable[PolicyRevision],
) -> Subject:
    """Return the subject of records that are loaded already."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "model": {
            "id": str(version.model_id),
            "name": version.model_name,
            "risk_tier": version.risk_tier,
        },
        "version": {"id": str(version.id), "number": version.number},
        "target": target,
        "replaces": _replaced(occupant),
        "artifact": _artifact(version),
        "scan": _scan(version),
        "card": _card(version),
        "evidence": _evidence(version),
        "metrics": _metrics(version),
        "facts": {name: fact.value for name, fact in sorted(version.facts.items())},
        "compliance_tags": [
            {"name": tag.name, "evidence": str(tag.evidence)} for tag in version.current_tags
        ],
        "policies": [
            {"policy": one.policy.name, "revision": one.number, "digest": one.digest}
            for one in policies
        ],
    }
    if version.is_converted:
        content["conversion"] = _conversion(version)
    body = rfc8785.dumps(content)
    return Subject(body.decode(), hashlib.sha256(body).hexdigest(), parts_of(content))


def _replaced(occupant: VersionRecord | None) -> dict[str, Any] | None:
    if occupant is None:
        return None
    return {"id": str(occupant.id), "number": occupant.number, "digest": occupant.digest}


def _artifact(version: VersionRecord) -> dict[str, Any]:
    key = version.signature
    return {
        "manifest_digest": version.digest,
        "signing_key": {"name": key.key_name, "version": key.key_version, "hint": key.key_hint}
        if key
        else None,
    }


def _scan(version: VersionRecord) -> dict[str, Any] | None:
    """Say what was found and what was waived; not when, nor by which rules it was found."""
    if version.scan is None:
        return None
    return {
        "verdict": version.scan.verdict,
        "findings_digest": version.scan.findings_digest,
        "files": version.scan.file_count,
        "waivers": [
            {
                "path": waiver.path,
                "sha256": waiver.sha256,
                "expires_at": waiver.expires_at.astimezone(UTC).isoformat(),
                "proposed_by": str(waiver.proposed_by),
                "approved_by": str(waiver.approved_by),
            }
            for waiver in version.waivers
        ],
    }


def _conversion(version: VersionRecord) -> dict[str, Any] | None:
    """Say what it was converted from, and what came out of each comparison; not when."""
    origin = version.derivation
    if origin is None:
        return None
    return {
        "from": {"number": origin.parent_number, "digest": origin.parent_digest},
        "converter": {"name": origin.converter, "version": origin.converter_version},
        "comparisons": [
            {
                "method": one.method,
                "input": one.input_digest,
                "values": one.values,
                "outside": one.outside,
                "tolerance": [one.tolerance, one.relative_tolerance],
                "largest_difference": one.largest_difference,
            }
            for one in version.comparisons
        ],
    }


def _card(version: VersionRecord) -> dict[str, Any] | None:
    card = version.card
    return {"revision": card.number, "digest": card.digest} if card else None


def _evidence(version: VersionRecord) -> list[dict[str, Any]]:
    return [
        {
            "id": str(piece.id),
            "kind": piece.kind,
            "title": piece.title,
            "file_name": piece.file_name,
            "sha256": piece.sha256,
            "outcome": piece.outcome,
        }
        for piece in sorted(version.current_evidence, key=lambda piece: str(piece.id))
    ]


def _metrics(version: VersionRecord) -> list[dict[str, Any]]:
    return [
        {
            "name": metric.name,
            "slice": metric.slice,
            "dataset": metric.dataset,
            "value": metric.value,
            "interval": [metric.interval_low, metric.interval_high, metric.interval_level],
            "sample_size": metric.sample_size,
            "source": metric.source,
            "evidence": str(metric.evidence) if metric.evidence else None,
        }
        for metric in sorted(version.metrics, key=lambda m: (m.name, m.slice, m.dataset))
    ]


def parts_of(content: Mapping[str, Any]) -> tuple[SubjectPart, ...]:
    """Return the parts of a subject that was parsed from its body."""
    artifact, card, there = content["artifact"], content["card"], content["replaces"]
    key = artifact["signing_key"]
    tags = content["compliance_tags"]
    facts = content["facts"]
    return (
        SubjectPart(
            "artifact",
            "Artifact",
            artifact["manifest_digest"],
            f"signed by {key['name']}, key version {key['version']}" if key else "not signed",
        ),
        _scan_part(content.get("scan")),
        *_conversion_part(content.get("conversion")),
        SubjectPart(
            "card",
            "Card",
            card["digest"] if card else "",
            f"revision {card['revision']}" if card else "none is published",
        ),
        SubjectPart(
            "evidence",
            "Evidence",
            _digest([content["evidence"], tags]),
            f"{counted(len(content['evidence']), 'item')}, {counted(len(tags), 'tag')}",
        ),
        SubjectPart(
            "metrics",
            "Metrics",
            _digest(content["metrics"]),
            counted(len(content["metrics"]), "value"),
        ),
        SubjectPart("facts", "Data and code", _digest(facts), counted(len(facts), "fact")),
        SubjectPart(
            "policies",
            "Policy",
            _digest(content["policies"]),
            listed([f"{one['policy']} revision {one['revision']}" for one in content["policies"]]),
        ),
        SubjectPart("target", "Target", "", content["target"]),
        SubjectPart(
            "replaces",
            "Replaces",
            there["digest"] if there else "",
            f"v{there['number']}" if there else "no version",
        ),
    )


def _scan_part(scan: Mapping[str, Any] | None) -> SubjectPart:
    """Return the part about the scan, which subjects of format 1 do not have."""
    if scan is None:
        return SubjectPart("scan", "Scan", "", "no scan")
    verdict = ScanVerdict(scan["verdict"]).label.lower()
    waived = len(scan["waivers"])
    note = f"{verdict}, {counted(scan['files'], 'file')}"
    note += f", {counted(waived, 'waiver')}" if waived else ""
    return SubjectPart("scan", "Scan", scan["findings_digest"], note)


def _conversion_part(conversion: Mapping[str, Any] | None) -> tuple[SubjectPart, ...]:
    """Return the part about the conversion, which only converted versions have."""
    if conversion is None:
        return ()
    compared = counted(len(conversion["comparisons"]), "comparison")
    note = f"from v{conversion['from']['number']}, {compared}"
    return (SubjectPart("conversion", "Conversion", _digest(conversion), note),)


def _digest(value: Any) -> str:
    return hashlib.sha256(rfc8785.dumps(value)).hexdigest()


def diff_subjects(old: str, new: str) -> list[SubjectChange]:
    """Say what changed between two bodies of subjects, a sentence for each change."""
    return changes_between(json.loads(old), json.loads(new))
