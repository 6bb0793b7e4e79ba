"""Reading what the registry keeps: packages, single files of them, bundles, evidence.

Every reader asks first whether the person may see the version and whether it may be read at
all. Bytes that are not the recorded ones end in an error, never in a quiet answer: whoever
passes them on breaks off when the iterator raises.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from aegis.accounts.models import User
from aegis.problems import Conflict, Invalid, NotFound
from aegis.proof.manifest import FileEntry
from aegis.proof.packages import MEDIA_TYPE
from aegis.proof.packages.index import Place
from aegis.proof.packages.reading import Member, read
from aegis.proof.streams import ReadableStream, chunks
from registry import documents
from registry.models import (
    Artifact,
    ArtifactFile,
    Evidence,
    ModelVersion,
    Redaction,
    Signature,
)
from registry.permissions import VIEW, require
from registry.recalled_bytes import why_recalled
from registry.redacted_packages import held_manifest
from registry.scan_coverage import why_blocked
from registry.storage.configured import artifact_store
from registry.versions import require_ready

LINK_SECONDS: Final = 60
BUNDLE_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@dataclass(frozen=True, slots=True)
class Part:
    """A range of bytes: ``length`` of them from ``offset``."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes to pass on. ``size`` and ``sha256`` are of the whole; ``part`` is what ``body`` has.

    ``link`` makes an address that gives the same bytes to anybody for ``LINK_SECONDS``, where the
    store has such addresses: call it last, when the download is permitted and written down.
    """

    body: Iterator[bytes]
    name: str
    media_type: str
    size: int
    sha256: str
    part: Part | None = None
    link: Callable[[], str | None] = lambda: None


def open_artifact(
    version: ModelVersion, *, actor: User | AnonymousUser, part: Part | None = None
) -> Download:
    """Return the package of a version, or a part of it."""
    artifact = _artifact(version, actor)
    _refuse_while_redacted(version)
    _check_part(part, artifact.size)
    name = artifact.key.rsplit("/", 1)[-1]
    return Download(
        body=_checked(artifact) if part is None else _part_of(artifact, part),
        name=name,
        media_type=MEDIA_TYPE,
        size=artifact.size,
        sha256=artifact.sha256,
        part=part,
        link=lambda: artifact_store().link(
            artifact.key, file_name=name, media_type=MEDIA_TYPE, seconds=LINK_SECONDS
        ),
    )


def open_file(
    version: ModelVersion, path: str, *, actor: User | AnonymousUser, part: Part | None = None
) -> Download:
    """Return one file of a version, or a part of it, read out of the package."""
    artifact = _artifact(version, actor)
    file = None if "\0" in path else version.files.filter(path=path).first()
    if file is None:
        raise NotFound("file_not_found", f"Version {version.number} has no file {path[:200]}.")
    if file.redaction_id is not None:
        raise file_redacted(file)
    _check_part(part, file.size)
    return Download(
        body=_member(artifact, file, part),
        name=path.rsplit("/", 1)[-1],
        media_type="application/octet-stream",
        size=file.size,
        sha256=file.sha256,
        part=part,
    )


def open_evidence(evidence: Evidence, *, actor: User | AnonymousUser) -> Download:
    """Return the file of a piece of evidence, whose digest was checked before."""
    require(actor, VIEW, evidence.version.registered_model)
    if evidence.redaction_id is not None:
        raise _redacted("evidence_redacted", "The evidence", evidence.redaction_id)
    return Download(
        body=_document(evidence),
        name=evidence.file_name,
        media_type=evidence.media_type,
        size=evidence.size,
        sha256=evidence.sha256,
    )


def read_stored(artifact: Artifact, file: ArtifactFile) -> Iterator[bytes]:
    """Return the bytes of a stored file for Aegis itself, which may look at what it holds back."""
    return _member(artifact, file, None)


def signature_of(version: ModelVersion, *, actor: User | AnonymousUser) -> Signature:
    """Return the latest signature of a version, with its bundle."""
    require(actor, VIEW, version.registered_model)
    found = Signature.objects.filter(version=version, manifest_digest=version.digest)
    signature: Signature | None = found.order_by("-signed_at").first()
    if signature is None:
        raise NotFound("signature_missing", f"Version {version.number} is not signed yet.")
    return signature


def require_readable(version: ModelVersion) -> None:
    """Raise ``Conflict`` for a version whose bytes nobody reads: not ready, or held back."""
    require_ready(version)
    if recalled := why_recalled(version):
        raise recalled
    if version.quarantined_at:
        raise Conflict(
            "version_quarantined",
            f"Version {version.number} was quarantined and is not given out.",
            mend="Its page says what holds it back, and what would mend it.",
            url=f"/models/{version.registered_model.name}/versions/{version.number}/",
        )
    if refusal := why_blocked(version):
        raise refusal


def _artifact(version: ModelVersion, actor: User | AnonymousUser) -> Artifact:
    require(actor, VIEW, version.registered_model)
    require_readable(version)
    artifact: Artifact = version.artifact
    if artifact_store().size(artifact.key) != artifact.size:
        raise _damaged()
    return artifact


def _checked(artifact: Artifact) -> Iterator[bytes]:
    """Pass a whole package on; its last chunk only once the digest is known to be right.

    Like every body it is opened when its first byte is asked for: who wants the head of an
    answer alone leaves nothing open.
    """
    digest = hashlib.sha256()
    held = b""
    with artifact_store().open(artifact.key) as stream:
        for data in chunks(stream):
            digest.update(data)
            if held:
                yield held
            held = data
    if digest.hexdigest() != artifact.sha256:
        raise _damaged()
    yield held


def _part_of(artifact: Artifact, part: Part) -> Iterator[bytes]:
    store = artifact_store()
    with store.open(artifact.key, offset=part.offset, length=part.length) as stream:
        yield from chunks(stream)


def _member(artifact: Artifact, file: ArtifactFile, part: Part | None) -> Iterator[bytes]:
    store = artifact_store()

    def opened(offset: int, length: int | None) -> ReadableStream:
        return store.open(artifact.key, offset=offset, length=length)

    member = Member(
        entry=FileEntry(file.path, file.size, file.sha256),
        place=None if file.offset is None else Place(file.offset, tuple(file.members or ())),
        layout=artifact.layout,
        manifest=lambda: held_manifest(artifact),
    )
    if part is None:
        return read(opened, member)
    return read(opened, member, offset=part.offset, length=part.length)


def _document(evidence: Evidence) -> Iterator[bytes]:
    with documents.opened(evidence.key, sha256=evidence.sha256) as stream:
        yield from documents.in_parts(stream)


def _check_part(part: Part | None, size: int) -> None:
    if part is None:
        return
    if part.offset < 0 or part.length < 1 or part.offset + part.length > size:
        raise Invalid(
            "range_invalid",
            f"The range does not lie within the {size:,} bytes of the file.",
            details={"size": size},
        )


def _refuse_while_redacted(version: ModelVersion) -> None:
    """Refuse the package that still holds a file which two people took out a moment ago."""
    if version.files.filter(redaction__isnull=False, redaction__rewrite=None).exists():
        raise Conflict(
            "package_being_redacted",
            f"The package of version {version.number} is being written without a redacted file.",
            mend="Try again in a while; its other files are given out one by one.",
        )


def file_redacted(file: ArtifactFile) -> Conflict:
    """Return the refusal of a file that two people took out: who, when and why."""
    return _redacted("file_redacted", file.path, file.redaction_id)


def _redacted(code: str, what: str, key: UUID | None) -> Conflict:
    found = Redaction.objects.select_related("proposed_by", "decision__decided_by")
    redaction: Redaction = found.get(pk=key)
    decision = redaction.decision
    return Conflict(
        code,
        f"{what} was redacted by {redaction.proposed_by} and {decision.decided_by} on "
        f"{decision.decided_at:%-d %B %Y}: {redaction.reason}",
        details={
            "redaction": str(redaction.pk),
            "at": decision.decided_at.isoformat(),
            "reason": redaction.reason_code,
            "sha256": redaction.digest,
        },
    )


def _damaged() -> Conflict:
    return Conflict("package_damaged", "The stored package is not the one that was recorded.")
