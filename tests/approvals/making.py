"""What tests of approvals begin with: policies, models, ready versions, requests, decisions."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from aegis.accounts.models import User
from aegis.audit.models import AuditEvent
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.signing.bundle import sign_manifest
from approvals.decisions import decide
from approvals.models import Decision, PolicyRevision, PromotionRequest
from approvals.policies import GateSpec, publish_revision
from approvals.promoting import promote
from approvals.requests import open_request
from registry.cards import SECTIONS
from registry.cards_publishing import current_card, publish_card
from registry.comparisons import Compared, Conversion, record_comparison, record_derivation
from registry.models import CardRevision, Comparison, ModelVersion, Recall, RegisteredModel
from registry.quarantine import quarantine
from registry.registration import register_model
from registry.scans import record_scan
from registry.sharing import share
from registry.signing.configured import configured_signer
from registry.storage.protocol import StoredObject
from registry.versions import SignedArtifact, create_version, mark_ready
from tests.cast import Cast
from tests.registry import scanning

WITHIN = Compared(
    method="outputs",
    values=12,
    outside=0,
    tolerance=1e-5,
    relative_tolerance=1e-4,
    largest_difference=1.5e-7,
    input_digest="a" * 64,
    input_from="input_example.json",
)
OUTSIDE = replace(WITHIN, outside=3, largest_difference=0.4)
REASON = "It recalls 1.8 points more, and the campaign begins on Monday."


def production_policy(cast: Cast, **changes: Any) -> PolicyRevision:
    """Publish the policy for Production: card and signature, two approvals of the risk team."""
    said: dict[str, Any] = {
        "name": "production",
        "target": "Production",
        "risk_tiers": [1, 2, 3],
        "approvals_required": 2,
        "groups": [cast.risk_team],
        "gates": [GateSpec("model_card"), GateSpec("signature"), GateSpec("malware_scan")],
    }
    return publish_revision(actor=cast.ada, **{**said, **changes})


def staging_policy(cast: Cast, **changes: Any) -> PolicyRevision:
    """Publish the policy for Staging: the card alone."""
    said: dict[str, Any] = {
        "name": "staging",
        "target": "Staging",
        "risk_tiers": [1, 2, 3],
        "approvals_required": 0,
        "groups": [],
        "gates": [GateSpec("model_card")],
    }
    return publish_revision(actor=cast.ada, **{**said, **changes})


def new_model(cast: Cast, name: str = "churn-predictor", **further: Any) -> RegisteredModel:
    """Register a model that marc maintains and the risk team reviews."""
    model = register_model(actor=cast.marc, name=name, team=cast.growth, **further)
    return share(model, actor=cast.marc, role="reviewer", group=cast.risk_team.group)


def new_version(model: RegisteredModel, actor: User, *, card: bool = True) -> ModelVersion:
    """Add a ready version, signed as ever, with a complete card unless told otherwise."""
    version = create_version(model, actor=actor, source=ModelVersion.Source.UPLOAD)
    return _made_ready(version, actor, card=card)


def new_conversion(
    parent: ModelVersion,
    actor: User,
    *,
    compared: Compared | None = WITHIN,
    derived: bool = True,
    card: bool = True,
) -> ModelVersion:
    """Add a ready version that was converted from ``parent``, compared unless told otherwise."""
    model = parent.registered_model
    version = create_version(model, actor=actor, source=ModelVersion.Source.CONVERSION)
    if derived:
        by = Conversion(parent, parent.digest, "sklearn-to-onnx", "1", {"skl2onnx": "1.20"}, ())
        record_derivation(version, actor=actor, conversion=by)
    version = _made_ready(version, actor, card=card)
    if compared is not None:
        compare(version, actor, compared)
    return version


def compare(version: ModelVersion, actor: User, compared: Compared = WITHIN) -> Comparison:
    """Record what a comparison of a converted version found."""
    found = record_comparison(
        version, actor=actor, manifest_digest=version.digest, compared=compared
    )
    version.refresh_from_db()
    return found


def _made_ready(version: ModelVersion, actor: User, *, card: bool) -> ModelVersion:
    model = version.registered_model
    content = f"{model.name} {version.number}".encode()
    entry = FileEntry("model.bin", len(content), hashlib.sha256(content).hexdigest())
    manifest = Manifest.of([entry])
    package = StoredObject(f"models/{model.name}/{version.number}", 100, entry.sha256)
    bundle = sign_manifest(
        manifest, name=model.name, number=version.number, signer=configured_signer()
    )
    record_scan(version, actor=None, report=scanning.of_manifest(manifest))
    version = mark_ready(version, actor=None, artifact=SignedArtifact(manifest, package, bundle))
    if card:
        write_card(version, actor)
    version.refresh_from_db()
    return version


def write_card(version: ModelVersion, actor: User, note: str = "") -> CardRevision:
    """Publish a complete card; another ``note`` makes another revision."""
    sections = {
        section.key: f"{section.title}: as long as it takes to say what readers need. {note}"
        for section in SECTIONS
    }
    current = current_card(version)
    based_on = current.number if current else 0
    return publish_card(version, actor=actor, sections=sections, based_on=based_on)


def take_away(version: ModelVersion, how: str) -> None:
    """Recall a version that is in no use, or quarantine it."""
    if how == "recalled":
        Recall.objects.create(version=version, reason="Why", recalled_by=version.created_by)
    else:
        quarantine(version, cause="bytes", sentence="Its package changed.")
    version.refresh_from_db()


def ask(version: ModelVersion, actor: User, target: str = "Production") -> PromotionRequest:
    """Ask for a stage."""
    return open_request(version, actor=actor, target=target, reason=REASON)


def say(
    request: PromotionRequest, actor: User, verdict: str = "approve", **changes: Any
) -> Decision:
    """Decide about the subject that is stored now, just after a sign-in."""
    said: dict[str, Any] = {
        "verdict": verdict,
        "comment": "" if verdict == "approve" else "Say what it must not be used for.",
        "subject_digest": seen(request),
        "authenticated_at": timezone.now(),
    }
    return decide(request, actor=actor, **{**said, **changes})


def seen(request: PromotionRequest) -> str:
    """Return the digest of the subject that pages show now."""
    digest: str = request.subjects.values_list("digest", flat=True)[0]
    return digest


def into_production(version: ModelVersion, cast: Cast) -> PromotionRequest:
    """Take a version all the way, as people would."""
    request = ask(version, cast.mina)
    say(request, cast.rita)
    say(request, cast.remy)
    promote(request.pk)
    request.refresh_from_db()
    version.refresh_from_db()
    return request


def into_staging(version: ModelVersion, cast: Cast) -> PromotionRequest:
    """Ask for Staging, whose policy has gates alone, and carry it out."""
    request = ask(version, cast.mina, "Staging")
    promote(request.pk)
    request.refresh_from_db()
    version.refresh_from_db()
    return request


def recorded(since: int = 0) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Return action, actor's user name and data of the audit entries after ``since``."""
    rows = AuditEvent.objects.filter(seq__gt=since).order_by("seq").select_related("actor")
    return [
        (row.action, row.actor.username if row.actor else None, json.loads(row.body)["data"])
        for row in rows
    ]


def last_entry() -> int:
    """Return the number of the last audit entry."""
    return AuditEvent.objects.count()


def long_ago(**ago: float) -> datetime:
    """Return a moment that lies in the past."""
    return timezone.now() - timedelta(**ago)
