"""What exists: registered models, their versions and all that documents them."""

from registry.models.aliases import Alias, AliasChange
from registry.models.artifacts import Artifact, ArtifactFile, Signature
from registry.models.brought import BroughtSignature
from registry.models.cards import CardDraft, CardRevision
from registry.models.derivations import Comparison, Derivation
from registry.models.downloads import DownloadEvent
from registry.models.evidence import Attestation, ComplianceTag, Evidence
from registry.models.facts import Metric, MetricDefinition, VersionFact
from registry.models.keys import SigningKey, SigningKeyVersion
from registry.models.provenance import Provenance
from registry.models.recalls import Recall, RevocationList
from registry.models.redactions import (
    PackageRewrite,
    Redaction,
    RedactionDecision,
    RedactionJob,
    RedactionKind,
    RedactionReason,
    RedactionStatement,
)
from registry.models.registered import (
    RegisteredModel,
    RegisteredModelGroupPermission,
    RegisteredModelUserPermission,
    SearchDocument,
)
from registry.models.scans import Quarantine, ScanReport, ScanVerdict
from registry.models.signers import SignerState
from registry.models.signing_jobs import SigningJob, SigningState
from registry.models.uploads import Upload, UploadFile
from registry.models.verifications import PackageCheck, PackageWatch
from registry.models.versions import ModelVersion, Stage, VersionState
from registry.models.waivers import ScanWaiver, ScanWaiverAnswer

__all__ = [
    "Alias",
    "AliasChange",
    "Artifact",
    "ArtifactFile",
    "Attestation",
    "BroughtSignature",
    "CardDraft",
    "CardRevision",
    "Comparison",
    "ComplianceTag",
    "Derivation",
    "DownloadEvent",
    "Evidence",
    "Metric",
    "MetricDefinition",
    "ModelVersion",
    "PackageCheck",
    "PackageRewrite",
    "PackageWatch",
    "Provenance",
    "Quarantine",
    "Recall",
    "Redaction",
    "RedactionDecision",
    "RedactionJob",
    "RedactionKind",
    "RedactionReason",
    "RedactionStatement",
    "RegisteredModel",
    "RegisteredModelGroupPermission",
    "RegisteredModelUserPermission",
    "RevocationList",
    "ScanReport",
    "ScanVerdict",
    "ScanWaiver",
    "ScanWaiverAnswer",
    "SearchDocument",
    "Signature",
    "SignerState",
    "SigningJob",
    "SigningKey",
    "SigningKeyVersion",
    "SigningState",
    "Stage",
    "Upload",
    "UploadFile",
    "VersionFact",
    "VersionState",
]
