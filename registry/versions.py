"""Versions: added pending, then ready with their artifact signed, or failed with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Max
from django.utils import timezone

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict
from aegis.proof.manifest import Manifest
from aegis.proof.packages import Index
from aegis.proof.signing.bundle import SignedBundle, verify_manifest
from aegis.sensitive.texts import plain_text
from registry.facts import check_facts
from registry.labels import free_label
from registry.locks import lock_model, lock_version
from registry.machine import source_of
from registry.models import (
    Artifact,
    ArtifactFile,
    BroughtSignature,
    ModelVersion,
    RegisteredModel,
    VersionFact,
    VersionState,
)
from registry.permissions import CONTRIBUTE, require
from registry.registration import touch
from registry.signatures import add_signature
from registry.storage.protocol import StoredObject

DESCRIPTION_LENGTH: Final = 10_000
_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class SignedArtifact:
    """What makes a version ready: its manifest, the stored package, the signature over both.

    ``brought`` is what the signature came as, where it came with the files. A package of the first
    layout has no ``index``: an earlier release may have left one when it was stopped in the middle
    of an import.
    """

    manifest: Manifest
    package: StoredObject
    bundle: SignedBundle
    index: Index | None = None
    brought: BroughtSignature | None = None


@verb
def create_version(
    model: RegisteredModel,
    *,
    actor: User,
    source: str,
    label: str | None = "",
    description: str = "",
    facts: Mapping[str, Any] | None = None,
    found_facts: Mapping[str, Any] | None = None,
) -> ModelVersion:
    """Add the next version of ``model``, pending; ``facts`` are frozen with it.

    ``found_facts`` are those that its origin states; one of ``facts`` of the same name supersedes
    it. Without a ``label`` it has none; with None it gets the next free patch label.
    """
    model = lock_model(model.pk)
    require(actor, CONTRIBUTE, model)
    checked = check_facts({} if facts is None else facts)
    found = check_facts({} if found_facts is None else found_facts)
    version = ModelVersion.objects.create(
        registered_model=model,
        number=_next_number(model),
        label=free_label(model, label),
        description=check_description(description),
        source=source,
        created_by=actor,
    )
    _freeze_facts(version, found, VersionFact.Source.ORIGIN, actor)
    _freeze_facts(version, checked, VersionFact.Source.REGISTRATION, actor)
    touch(model)
    record(
        "version:registered",
        actor=actor,
        about=version,
        model_id=model.pk,
        data={
            "number": version.number,
            "label": version.label,
            "source": str(source),
            "facts": sorted({*checked, *found}),
        },
        texts={"description": version.description},
    )
    return version


@verb
def mark_ready(
    version: ModelVersion, *, actor: User | None, artifact: SignedArtifact
) -> ModelVersion:
    """Give a pending version its artifact and signature, after which it never changes."""
    version = lock_version(version)
    _require_move(version, VersionState.READY)
    manifest, package, bundle = artifact.manifest, artifact.package, artifact.bundle
    verify_manifest(bundle.data, manifest, public_key_pem=bundle.public_key_pem)
    _add_artifact(version, artifact)
    add_signature(version, bundle, manifest_digest=manifest.digest, brought=artifact.brought)
    version.state = VersionState.READY
    version.digest = manifest.digest
    version.size = manifest.size
    version.file_count = len(manifest.files)
    version.ready_at = timezone.now()
    version.failure_code = version.failure = ""
    _save(version, "digest", "size", "file_count", "ready_at")
    touch(version.registered_model)
    record(
        "version:ready",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={
            "number": version.number,
            "digest": manifest.digest,
            "package": package.sha256,
            "files": len(manifest.files),
            "key": f"{bundle.key_name}:v{bundle.key_version}",
        },
    )
    return version


@verb
def mark_failed(
    version: ModelVersion, *, actor: User | None, code: str, reason: str
) -> ModelVersion:
    """Give a pending version up; it keeps its number."""
    version = lock_version(version)
    _require_move(version, VersionState.FAILED)
    version.state = VersionState.FAILED
    version.failure_code = code
    version.failure = reason
    _save(version)
    record(
        "version:failed",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={"number": version.number, "code": code},
        texts={"reason": reason},
    )
    return version


@verb
def reopen(version: ModelVersion, *, actor: User) -> ModelVersion:
    """Make a failed version pending again, so that it is tried once more."""
    version = lock_version(version)
    require(actor, CONTRIBUTE, version.registered_model)
    _require_move(version, VersionState.PENDING)
    version.state = VersionState.PENDING
    version.failure_code = version.failure = ""
    _save(version)
    record(
        "version:reopened",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={"number": version.number},
    )
    return version


def check_description(text: str) -> str:
    """Return a valid description of a version, or raise ``Invalid``."""
    return plain_text(
        text, field="description", limit=DESCRIPTION_LENGTH, multiline=True, required=False
    )


def require_not_failed(version: ModelVersion) -> None:
    """Raise ``Conflict`` for a version that failed: nothing is added to it any more."""
    if version.state == VersionState.FAILED:
        raise Conflict(
            "version_failed",
            f"Version {version.number} failed, so nothing is added to it.",
            mend="Have it tried again, or add a new version.",
        )


def require_ready(version: ModelVersion) -> None:
    """Raise ``Conflict`` unless the bytes of the version are stored, hashed and signed."""
    if version.state == VersionState.PENDING:
        raise Conflict(
            "version_pending",
            f"Version {version.number} is still being imported.",
            mend="Wait until it is ready.",
        )
    require_not_failed(version)


def _next_number(model: RegisteredModel) -> int:
    highest = ModelVersion.objects.filter(registered_model=model).aggregate(last=Max("number"))
    return (highest["last"] or 0) + 1


def _freeze_facts(
    version: ModelVersion, facts: Mapping[str, Any], source: VersionFact.Source, actor: User
) -> None:
    VersionFact.objects.bulk_create(
        VersionFact(
            version=version,
            name=name,
            value=value,
            source=source,
            recorded_by=actor,
        )
        for name, value in facts.items()
    )


def _add_artifact(version: ModelVersion, artifact: SignedArtifact) -> None:
    manifest, package, index = artifact.manifest, artifact.package, artifact.index
    Artifact.objects.create(
        version=version,
        key=package.key,
        layout=Artifact.Layout.SEEKABLE_1 if index else Artifact.Layout.TAR_1,
        sha256=package.sha256,
        size=package.size,
        manifest=manifest.canonical.decode(),
        manifest_digest=manifest.digest,
    )
    ArtifactFile.objects.bulk_create(
        (
            ArtifactFile(
                version=version,
                path=entry.path,
                size=entry.size,
                sha256=entry.sha256,
                **(_place(index, entry.path) if index else {}),
            )
            for entry in manifest.files
        ),
        batch_size=_BATCH,
    )


def _place(index: Index, path: str) -> dict[str, Any]:
    place = index.place(path)
    return {"offset": place.offset, "members": list(place.members)}


def _require_move(version: ModelVersion, target: VersionState) -> None:
    source = source_of(target)
    if version.state != source:
        raise Conflict(
            f"version_not_{source}",
            f"Version {version.number} is {version.get_state_display().lower()}, "
            f"not {source.label.lower()}.",
        )


def _save(version: ModelVersion, *fields: str) -> None:
    version.save(update_fields=["state", "failure_code", "failure", *fields])
