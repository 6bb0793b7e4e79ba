"""Evidence: attached with its file, judged by its rule or by a person, never edited."""

from typing import Final

from django.conf import settings
from django.db.models import QuerySet

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Forbidden, Invalid
from aegis.sensitive.texts import plain_text
from registry import documents
from registry.evidence_files import Draft, drafted, metrics_of
from registry.locks import lock_version
from registry.makers import deed_of, person_of
from registry.models import Attestation, ComplianceTag, Evidence, Metric, ModelVersion
from registry.permissions import (
    CONTRIBUTE,
    REVIEW,
    VIEW,
    lacking,
    model_not_found,
    permissions_of,
    require,
)
from registry.versions import require_not_failed

COMMENT_LENGTH: Final = 10_000
KIND_OF_TAG: Final = {
    "evaluated": Evidence.Kind.EVALUATION_REPORT,
    "bias_checked": Evidence.Kind.BIAS_AUDIT,
    "security_reviewed": Evidence.Kind.SECURITY_REVIEW,
    "load_checked": Evidence.Kind.LOAD_CHECK,
    "validated": Evidence.Kind.VALIDATION,
}
"""The compliance tags, each with the kind of evidence that carries it."""


def attach_evidence(
    version: ModelVersion,
    *,
    actor: User,
    kind: str,
    title: str,
    file: documents.Incoming,
    supersedes: Evidence | None = None,
) -> Evidence:
    """Copy and hash a file and add it to a version as evidence of ``kind``.

    What can be read from it is: its outcome, and the metrics of an evaluation report. The file is
    stored before the transaction, and removed again if the verb refuses.
    """
    require(actor, CONTRIBUTE, version.registered_model)
    require_not_failed(version)
    with documents.received(file, limit=settings.AEGIS_EVIDENCE_BYTES) as received:
        draft = drafted(version, kind, title, file.name, received)
        key = documents.store(received)
    try:
        return _add(version, actor=actor, draft=draft, key=key, supersedes=supersedes)
    except BaseException:
        documents.remove(key)
        raise


@verb
def attest(evidence: Evidence, *, actor: User, verdict: str, comment: str) -> Attestation:
    """Say, as a person who made nothing of it, whether unattested evidence holds."""
    version = lock_version(evidence.version)
    _permit_attesting(actor, version)
    evidence = Evidence.objects.select_related("attached_by").get(pk=evidence.pk)
    _guard_maker(actor, evidence, version)
    _guard_attestable(evidence)
    if verdict not in Attestation.Verdict.values:
        raise Invalid("verdict_unknown", "The verdict is pass or fail.", field="verdict")
    attestation = Attestation.objects.create(
        evidence=evidence,
        verdict=verdict,
        comment=plain_text(comment, field="comment", limit=COMMENT_LENGTH, multiline=True),
        attested_by=actor,
    )
    record(
        "evidence:attested",
        actor=actor,
        about=evidence,
        model_id=version.registered_model_id,
        data={"version": version.number, "kind": evidence.kind, "verdict": verdict},
        texts={"comment": attestation.comment},
    )
    return attestation


@verb
def claim_tag(
    version: ModelVersion, *, actor: User, name: str, evidence: Evidence | None = None
) -> ComplianceTag:
    """Add a compliance tag, which passing evidence of the right kind carries.

    Without ``evidence`` it rests on the latest that passes.
    """
    version = lock_version(version)
    require(actor, CONTRIBUTE, version.registered_model)
    kind = _kind_of_tag(name)
    carrier = _carrier(version, name, kind, evidence)
    if ComplianceTag.objects.filter(version=version, name=name, evidence=carrier).exists():
        raise Conflict("tag_claimed", f"Version {version.number} has the tag {name} already.")
    tag: ComplianceTag = ComplianceTag.objects.create(
        version=version, name=name, evidence=carrier, claimed_by=actor
    )
    record(
        "tag:claimed",
        actor=actor,
        about=tag,
        model_id=version.registered_model_id,
        data={"version": version.number, "name": name, "evidence": str(carrier.pk)},
    )
    return tag


def current_evidence(version: ModelVersion) -> QuerySet[Evidence]:
    """Return the evidence that still shows something, the latest first, with who attested it.

    Neither superseded nor redacted evidence does.
    """
    found: QuerySet[Evidence] = Evidence.objects.filter(
        version=version, superseded_by=None, redaction=None
    )
    return found.select_related("attached_by", "attestation__attested_by").order_by("-attached_at")


def outcome_of(evidence: Evidence) -> str:
    """Return ``pass``, ``fail`` or ``unattested``: what was read from the file, or attested."""
    if evidence.outcome != Evidence.Outcome.UNATTESTED:
        return str(evidence.outcome)
    attestation: Attestation | None = getattr(evidence, "attestation", None)
    return str(attestation.verdict if attestation else evidence.outcome)


def current_tags(version: ModelVersion) -> QuerySet[ComplianceTag]:
    """Return the compliance tags whose evidence nothing supersedes, and nobody redacted."""
    found: QuerySet[ComplianceTag] = ComplianceTag.objects.filter(
        version=version, evidence__superseded_by=None, evidence__redaction=None
    )
    return found.select_related("evidence", "claimed_by")


@verb
def _add(
    version: ModelVersion, *, actor: User, draft: Draft, key: str, supersedes: Evidence | None
) -> Evidence:
    version = lock_version(version)
    require(actor, CONTRIBUTE, version.registered_model)
    require_not_failed(version)
    _guard_superseding(version, draft, supersedes)
    evidence: Evidence = Evidence.objects.create(
        version=version, key=key, supersedes=supersedes, attached_by=actor, **draft.columns()
    )
    Metric.objects.bulk_create(metrics_of(evidence, draft.report))
    record(
        "evidence:attached",
        actor=actor,
        about=evidence,
        model_id=version.registered_model_id,
        data={
            "version": version.number,
            "kind": evidence.kind,
            "sha256": evidence.sha256,
            "outcome": evidence.outcome,
            "supersedes": str(supersedes.pk) if supersedes else None,
        },
        texts={"title": evidence.title},
    )
    return evidence


def _guard_superseding(version: ModelVersion, draft: Draft, supersedes: Evidence | None) -> None:
    if supersedes is None:
        return
    if (supersedes.version_id, supersedes.kind) != (version.pk, draft.kind):
        raise Invalid(
            "supersedes_another_kind",
            "Evidence supersedes evidence of the same kind and version.",
            field="supersedes",
        )
    if Evidence.objects.filter(supersedes=supersedes).exists():
        raise _superseded(supersedes)


def _permit_attesting(actor: User, version: ModelVersion) -> None:
    model = version.registered_model
    held = permissions_of(actor, model)
    if VIEW not in held:
        raise model_not_found(model.name)
    if not held & {CONTRIBUTE, REVIEW}:
        raise lacking(REVIEW, model)
    if actor.is_service:
        raise Forbidden(
            "service_cannot_attest", "A person attests evidence, not a service account."
        )


def _guard_maker(actor: User, evidence: Evidence, version: ModelVersion) -> None:
    deed = deed_of(actor, version)
    if person_of(actor) == person_of(evidence.attached_by):
        deed = "attached the evidence"
    if deed:
        raise Forbidden(
            "own_evidence",
            f"You {deed}, so you cannot attest it.",
            mend="Ask a reviewer or another contributor.",
        )


def _guard_attestable(evidence: Evidence) -> None:
    if evidence.redaction_id is not None:
        raise Conflict("evidence_redacted", "Redacted evidence is not attested.")
    if evidence.outcome != Evidence.Outcome.UNATTESTED:
        raise Conflict("outcome_was_read", "The outcome of this evidence was read from its file.")
    if Evidence.objects.filter(supersedes=evidence).exists():
        raise _superseded(evidence)
    if Attestation.objects.filter(evidence=evidence).exists():
        raise Conflict("already_attested", f"{evidence.title} was attested already.")


def _superseded(evidence: Evidence) -> Conflict:
    return Conflict("evidence_superseded", f"{evidence.title} was superseded by later evidence.")


def _kind_of_tag(name: str) -> str:
    if name not in KIND_OF_TAG:
        raise Invalid(
            "tag_unknown",
            f"There is no compliance tag {name[:60]!r}.",
            field="name",
            mend=f"The tags are {', '.join(KIND_OF_TAG)}.",
        )
    return KIND_OF_TAG[name]


def _carrier(version: ModelVersion, name: str, kind: str, evidence: Evidence | None) -> Evidence:
    label = Evidence.Kind(kind).label.lower()
    found = current_evidence(version).filter(kind=kind)
    if evidence is not None:
        found = found.filter(pk=evidence.pk)
    for candidate in found:
        if outcome_of(candidate) == Evidence.Outcome.PASS:
            return candidate
    raise Conflict(
        "tag_needs_evidence",
        f"The tag {name} needs a passing {label} of this version"
        + (", which the evidence named is not." if evidence else "."),
        mend=f"Attach a {label}, or have it attested, then add the tag.",
        details={"kind": str(kind)},
    )
