"""Versions that a model has of the same bytes as an upload: by the digest of the manifest."""

from dataclasses import dataclass

from aegis.problems import Conflict
from aegis.proof.manifest import FileEntry, Manifest
from registry.models import ModelVersion, RegisteredModel, Upload, VersionState
from registry.readers import require_readable


@dataclass(frozen=True, slots=True)
class Withheld:
    """A version of these bytes that is not given out: a code and a sentence say why."""

    version: ModelVersion
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class EqualVersions:
    """The newest version of the same bytes that is given out, and all that are not."""

    readable: ModelVersion | None
    withheld: tuple[Withheld, ...]


def equal_versions(model: RegisteredModel, upload: Upload) -> EqualVersions:
    """Return the ready versions of ``model`` whose manifest is that of ``upload``.

    It is enough that the size and sha256 of every file of the upload are announced: equal
    digests are equal bytes, so none need to arrive.
    """
    digest = _announced_digest(upload)
    if digest is None:
        return EqualVersions(None, ())
    rows = ModelVersion.objects.filter(
        registered_model=model, state=VersionState.READY, digest=digest
    )
    readable: ModelVersion | None = None
    withheld = []
    for version in rows.order_by("-number"):
        version.registered_model = model
        try:
            require_readable(version)
        except Conflict as refusal:
            withheld.append(Withheld(version, refusal.code, refusal.sentence))
        else:
            readable = readable or version
    return EqualVersions(readable, tuple(withheld))


def _announced_digest(upload: Upload) -> str | None:
    entries = []
    for file in upload.files.all():
        if file.size is None or not file.sha256:
            return None
        entries.append(FileEntry(file.path, file.size, file.sha256))
    return Manifest.of(entries).digest if entries else None
