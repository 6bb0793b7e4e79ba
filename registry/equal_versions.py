"""Versions that a model has of the same bytes as an upload: by the digest of the manifest."""

from dataclasses import dataclass
from typing import Final

from aegis.problems import Conflict
from aegis.proof.manifest import FileEntry, Manifest
from registry.compromises import compromised_since, newest_hint
from registry.models import ModelVersion, RegisteredModel, Upload, VersionState
from registry.readers import require_readable

_COMPROMISED: Final = (
    "Its signature was made with a key that is marked compromised; have it signed again."
)


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be known of a version of these bytes: a code and a sentence."""

    version: ModelVersion
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class EqualVersions:
    """The newest version of the same bytes that is given out, and remarks on all of them.

    Remarked is why a version is not given out, or that its signature vouches for nothing.
    """

    readable: ModelVersion | None
    remarks: tuple[Remark, ...]


def equal_versions(model: RegisteredModel, upload: Upload) -> EqualVersions:
    """Return the ready versions of ``model`` whose manifest is that of ``upload``.

    It is enough that the size and sha256 of every file of the upload are announced: equal
    digests are equal bytes, so none need to arrive.
    """
    digest = announced_digest(upload)
    if digest is None:
        return EqualVersions(None, ())
    rows = ModelVersion.objects.filter(
        registered_model=model, state=VersionState.READY, digest=digest
    )
    readable: ModelVersion | None = None
    remarks = []
    for version in rows.annotate(signed_with=newest_hint()).order_by("-number"):
        version.registered_model = model
        try:
            require_readable(version)
        except Conflict as refusal:
            remarks.append(Remark(version, refusal.code, refusal.sentence))
            continue
        if gone := version.files.filter(redaction__isnull=False).count():
            reason = f"Files of it that were redacted: {gone}. It has their bytes no more."
            remarks.append(Remark(version, "files_redacted", reason))
        else:
            readable = readable or version
            if version.signed_with and compromised_since(version.signed_with):
                remarks.append(Remark(version, "signature_compromised", _COMPROMISED))
    return EqualVersions(readable, tuple(remarks))


def announced_digest(upload: Upload) -> str | None:
    """Return the digest of the manifest of an upload, once every file of it is announced."""
    entries = []
    for file in upload.files.all():
        if file.size is None or not file.sha256:
            return None
        entries.append(FileEntry(file.path, file.size, file.sha256))
    return Manifest.of(entries).digest if entries else None
