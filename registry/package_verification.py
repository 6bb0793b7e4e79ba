"""Holding a stored package against all that was recorded of it: bytes, index and signature.

It reads and touches no table that it could change; ``reverification`` writes down what it says.
"""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from aegis.problems import Conflict, NotFound, Refusal, Unavailable
from aegis.proof.manifest import Manifest
from aegis.proof.packages import Index, verify
from aegis.proof.signing.bundle import verify_manifest
from aegis.proof.signing.refusals import Unverified
from aegis.proof.streams import CHUNK, Readable
from registry.models import Artifact, ModelVersion, PackageCheck, Signature, SigningKeyVersion
from registry.redacted_packages import held_manifest, manifest_of
from registry.storage.configured import artifact_store
from registry.storage.protocol import ArtifactStore, index_key

_OTHERS: Final = 3

log = structlog.get_logger(__name__)

Outcome = PackageCheck.Outcome
Progress = Callable[[int], None]
"""What is told of every piece of bytes that was read; it may raise to break off."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at a package found; the sentence is empty where all is as recorded."""

    outcome: Outcome
    sentence: str = ""


def look_at(version: ModelVersion, *, progress: Progress = lambda _: None) -> Verdict:
    """Read the package of ``version`` to its last byte and verify its signature.

    Raises ``Unavailable`` where the store does not answer, which says nothing of the package.
    """
    artifact: Artifact = version.artifact
    manifest, held = manifest_of(artifact), held_manifest(artifact)
    store = artifact_store()
    try:
        members = _read(store, artifact, held, progress)
        _look_at_index(store, artifact, held, members)
    except Unavailable:
        raise
    except NotFound:
        _require_others(store, artifact)
        sentence = f"The store has no object {artifact.key} any more."
        return Verdict(Outcome.MISSING, sentence)
    except Refusal as refusal:
        return Verdict(Outcome.DAMAGED, f"{artifact.key}: {refusal.sentence}")
    try:
        _verify_signature(version, manifest)
    except Refusal as refusal:
        return Verdict(Outcome.SIGNATURE, refusal.sentence)
    return Verdict(Outcome.INTACT)


def _require_others(store: ArtifactStore, missing: Artifact) -> None:
    """Raise ``Unavailable`` where the store lacks others too: then it is the wrong one, or empty.

    A file system that was not mounted must not put every version into quarantine.
    """
    others = Artifact.objects.exclude(pk=missing.pk).order_by("-created_at")[:_OTHERS]
    gone = [other for other in others if not _is_there(store, other)]
    if gone and len(gone) == len(others):
        raise Unavailable(
            "storage_emptied",
            "The artifact store has none of the packages that were asked for.",
            mend="See whether it is mounted, and whether AEGIS_STORAGE_URL names the right one.",
        )


def _is_there(store: ArtifactStore, artifact: Artifact) -> bool:
    try:
        store.size(artifact.key)
    except NotFound:
        return False
    return True


def _read(
    store: ArtifactStore, artifact: Artifact, manifest: Manifest, progress: Progress
) -> tuple[int, ...]:
    with store.open(artifact.key) as stream:
        return verify(
            _Told(stream, progress),
            manifest,
            size=artifact.size,
            sha256=artifact.sha256,
            layout=artifact.layout,
        )


def _look_at_index(
    store: ArtifactStore, artifact: Artifact, manifest: Manifest, members: tuple[int, ...]
) -> None:
    """Raise ``Conflict`` for another index than the package's; one that is gone is made again."""
    if not members:
        return
    index = Index.of(manifest, members, size=artifact.size, sha256=artifact.sha256)
    try:
        with store.open(index_key(artifact.key)) as stream:
            if stream.read(len(index.canonical) + 1) != index.canonical:
                raise Conflict("package_index_damaged", "The index beside it is another one.")
    except NotFound:
        log.warning("verification.index_made_again", key=artifact.key)
        store.put(index_key(artifact.key), io.BytesIO(index.canonical))


def _verify_signature(version: ModelVersion, manifest: Manifest) -> None:
    found = Signature.objects.filter(version=version, manifest_digest=version.digest)
    signature: Signature | None = found.order_by("-signed_at").first()
    if signature is None:
        raise Unverified("signature_missing", "The version has no signature.")
    key = SigningKeyVersion.objects.filter(hint=signature.key_hint).first()
    if key is None:
        raise Unverified("key_unknown", "The key of the signature is not in the list of keys.")
    verify_manifest(signature.bundle.encode(), manifest, public_key_pem=key.public_key)


class _Told:
    """A stream that tells what was read of it."""

    def __init__(self, source: Readable, progress: Progress) -> None:
        self._source = source
        self._progress = progress

    def read(self, size: int = CHUNK, /) -> bytes:
        data = self._source.read(size)
        self._progress(len(data))
        return data


class Pace:
    """Keeps reading under so many bytes a second, that downloads and imports go first."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._began = time.monotonic()
        self._done = 0

    def add(self, count: int) -> None:
        """Note that ``count`` more bytes were read, and wait if that was too quick."""
        self._done += count
        ahead = self._done / self._rate - (time.monotonic() - self._began)
        if ahead > 0:
            time.sleep(min(ahead, 1.0))
