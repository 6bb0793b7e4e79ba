"""Signatures that are brought with files: believed only where the list of keys bears them out.

Whoever has files signed by a key of the list where they are, in a CI job or behind a firewall,
sends the signature with them. It counts as one that Aegis asked for: the same keys, the same
teams and tiers, exactly the manifest of the files that arrived.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils import timezone

from aegis.accounts.models import User
from aegis.audit.recording import record, verb
from aegis.problems import Conflict, Invalid
from aegis.proof.manifest import FileEntry, Manifest, is_sha256
from aegis.proof.signing.bundle import (
    PREDICATE_TYPE,
    SignedBundle,
    key_hint_of,
    verify_manifest,
    verify_statement,
)
from aegis.proof.signing.refusals import Unverified, malformed
from registry.addresses import key_path
from registry.key_versions import compromised, retired
from registry.models import (
    BroughtSignature,
    ModelVersion,
    RegisteredModel,
    SigningKeyVersion,
    Upload,
    UploadFile,
)
from registry.signing.configured import why_not_brought
from registry.uploads import locked_upload

BUNDLE_BYTES: Final = 16 * 1024**2
"""A bundle names every file of a version, so one of many files is large."""


def bring_signature(upload: Upload, *, actor: User, data: bytes) -> BroughtSignature:
    """Keep the signature that the version of an open upload of ``actor`` is to have.

    It may come before the files. Raises ``Unverified`` for what is no signature over a model's
    files, ``Conflict`` for one that no key of the list made, or one that signs nothing any more.
    """
    if len(data) > BUNDLE_BYTES:
        raise Invalid("signature_too_large", f"A signature has at most {BUNDLE_BYTES:,} bytes.")
    key = _listed(key_hint_of(data))
    about = _about(verify_statement(data, public_key_pem=key.public_key))
    _refuse_past(key)
    with locked_upload(upload, actor) as locked:
        brought, _ = BroughtSignature.objects.update_or_create(
            upload=locked,
            defaults={
                "key_version": key,
                "manifest_digest": about["manifest"]["sha256"],
                "bundle": data.decode(),
                "brought_at": timezone.now(),
            },
        )
    return brought


def brought_with(
    upload: Upload, model: RegisteredModel, *, key_name: str | None = None
) -> BroughtSignature | None:
    """Return the signature that came with an upload, if its key may sign for ``model``.

    None where Aegis is to sign. Raises ``Conflict`` for a key that may not, or that is another
    than ``key_name``, and for a signature that was made for another model.
    """
    found = BroughtSignature.objects.filter(upload=upload)
    brought: BroughtSignature | None = found.select_related("key_version__key").first()
    if brought is None:
        return None
    version = brought.key_version
    _refuse_past(version)
    if refusal := why_not_brought(version.key, model):
        raise refusal
    if key_name and key_name != version.key.name:
        raise Conflict(
            "signing_key_differs",
            f"The files were signed with {_shown(version)}, and not with {key_name[:120]}.",
            mend="Name the key that signed, or have the files signed with the other one.",
        )
    return brought


@verb
def take_signature(
    brought: BroughtSignature, version: ModelVersion, files: Iterable[UploadFile], *, actor: User
) -> None:
    """Hold the signature of a version to come against its files, inside the verb that adds it."""
    manifest = Manifest.of(FileEntry(file.path, file.size or 0, file.sha256) for file in files)
    _verified(brought, version, manifest)
    key = brought.key_version
    record(
        "version:signature_brought",
        actor=actor,
        about=version,
        model_id=version.registered_model_id,
        data={
            "number": version.number,
            "key": f"{key.key.name}:v{key.version}",
            "hint": key.hint,
            "digest": manifest.digest,
        },
    )


def brought_signature_of(version: ModelVersion) -> BroughtSignature | None:
    """Return the signature that a version was brought with, if it was."""
    found = BroughtSignature.objects.filter(upload__version=version)
    brought: BroughtSignature | None = found.select_related("key_version__key").first()
    return brought


def brought_bundle(
    brought: BroughtSignature, version: ModelVersion, manifest: Manifest
) -> SignedBundle:
    """Return the bundle that was brought, verified once more for ``manifest`` and its key."""
    key = brought.key_version
    if key.is_compromised:
        raise compromised(key)
    if key.key.retired_at is not None:
        raise retired(key.key)
    _verified(brought, version, manifest)
    return SignedBundle(
        data=brought.bundle.encode(),
        key_name=key.key.name,
        key_version=key.version,
        key_hint=key.hint,
        public_key_pem=key.public_key,
        algorithm=key.algorithm,
        is_development=key.key.is_development,
    )


def _verified(brought: BroughtSignature, version: ModelVersion, manifest: Manifest) -> None:
    key = brought.key_version
    data = brought.bundle.encode()
    try:
        said = verify_manifest(data, manifest, public_key_pem=key.public_key)
    except Unverified as refusal:
        if refusal.code != "manifest_mismatch":
            raise
        raise Unverified(
            refusal.code,
            f"The signature by {_shown(key)} is over the manifest {brought.manifest_digest[:12]}, "
            f"and the files that arrived have {manifest.digest[:12]}.",
            mend="Sign exactly the files that you send.",
        ) from refusal
    about = _about(said)
    model = version.registered_model
    named = about.get("model")
    if named != model.name or about.get("version", version.number) != version.number:
        number = f"@v{about['version']}" if "version" in about else ""
        what = f"{named}{number}"[:200] if named else "no registered model"
        raise Unverified(
            "signature_of_other",
            f"The signature by {_shown(key)} was made for {what}, and not for {model.name}.",
            mend=f"Have it signed for {model.name}: what is signed for one model is none of "
            "another's, even where the files are the same.",
        )


def _about(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a statement about a model's files says besides OpenSSF's words."""
    if statement.get("predicateType") != PREDICATE_TYPE:
        raise Unverified(
            "statement_unexpected", "The signed statement is not about a model's files."
        )
    try:
        about: Mapping[str, Any] = statement["predicate"]["aegis"]
        if is_sha256(about["manifest"]["sha256"]):
            return about
    except (KeyError, TypeError):
        pass
    raise malformed("its statement names no manifest")


def _listed(hint: str) -> SigningKeyVersion:
    found = SigningKeyVersion.objects.filter(hint=hint[:64]).select_related("key").first()
    if found is None or found.hint != hint:
        raise Conflict(
            "signature_key_unknown",
            f"It was signed with the key of the fingerprint {hint[:64]!a}, which is none of the "
            "list of signing keys.",
            mend="Sign with a key of the list. A key that was rotated is known as soon as a "
            "worker has seen its new version; of a key to verify only, an administrator adds it.",
            url=key_path(""),
            details={"hint": hint[:64]},
        )
    return found


def _refuse_past(version: SigningKeyVersion) -> None:
    """Refuse what was signed by a public key that signs nothing any more."""
    if version.is_compromised:
        raise compromised(version)
    newest = version.key.versions.order_by("first_seen_at", "pk").last()
    if newest is not None and newest.pk != version.pk:
        raise Conflict(
            "signing_key_version_past",
            f"It was signed with {_shown(version)}, and since the key was rotated its version "
            f"{newest.version} signs.",
            mend="Have the files signed anew.",
            url=key_path(version.key.name),
            details={"hint": version.hint},
        )


def _shown(version: SigningKeyVersion) -> str:
    return f"{version} ({version.hint[:12]})"
