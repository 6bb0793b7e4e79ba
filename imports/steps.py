"""The three steps that make an artifact of uploaded files: check, package, sign.

They read and write bytes and touch no table; ``running`` records what they return. Each may run
again after it was broken off anywhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from aegis.problems import Conflict
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.packaging import pack, verify
from aegis.proof.signing.bundle import SignedBundle, sign_manifest
from aegis.proof.signing.signer import Signer
from aegis.proof.streams import CHUNK, HashingWriter, Readable, chunks
from imports.claims import Progress
from registry.models import ModelVersion, UploadFile
from registry.storage.configured import artifact_store
from registry.storage.protocol import ArtifactStore, StoredObject, package_key
from registry.uploads import upload_folder


class Received:
    """The files of an upload that a version took over, read with their progress."""

    def __init__(self, upload: UUID, files: list[UploadFile], progress: Progress) -> None:
        self.files = files
        self._upload = upload
        self._by_path = {file.path: file for file in files}
        self._progress = progress

    @contextmanager
    def open(self, entry: FileEntry) -> Iterator[Readable]:
        """Open the bytes of one file, or raise ``NotFound`` if they are gone."""
        file = self._by_path[entry.path]
        with upload_folder().open(self._upload, file.pk) as stream:
            yield _Counted(stream, self._progress)


def check(received: Received) -> Manifest:
    """Hold every file against its size and sha256, and return the manifest of them all.

    Raises ``Conflict`` with ``size_mismatch`` or ``digest_mismatch``, ``NotFound`` for missing
    bytes, ``Invalid`` for a set of paths that no artifact may have.
    """
    manifest = Manifest.of(
        FileEntry(file.path, file.size or 0, file.sha256) for file in received.files
    )
    for entry in manifest.files:
        with received.open(entry) as stream:
            found = HashingWriter(_Nowhere())
            for data in chunks(stream):
                found.write(data)
        _refuse_another(entry, found)
    return manifest


def package(received: Received, manifest: Manifest, version: ModelVersion) -> StoredObject:
    """Write the package into the artifact store under the version's key.

    A package that an attempt before this one left there is taken over after it was verified.
    """
    store = artifact_store()
    key = package_key(version.registered_model.name, version.number)
    try:
        with store.create(key) as sink:
            pack(manifest, received.open, sink)
            return sink.commit()
    except Conflict as refusal:
        if refusal.code != "object_exists":
            raise
        return _taken_over(store, key, manifest)


def sign(manifest: Manifest, version: ModelVersion, signer: Signer) -> SignedBundle:
    """Have the manifest signed and verify the bundle; ``Unavailable`` if nobody can sign now."""
    name = version.registered_model.name
    return sign_manifest(manifest, name=name, number=version.number, signer=signer)


def _taken_over(store: ArtifactStore, key: str, manifest: Manifest) -> StoredObject:
    with store.open(key) as stream:
        found = HashingWriter(_Nowhere())
        for data in chunks(stream):
            found.write(data)
    with store.open(key) as stream:
        verify(stream, manifest, size=found.size, sha256=found.sha256)
    return StoredObject(key, found.size, found.sha256)


def _refuse_another(entry: FileEntry, found: HashingWriter) -> None:
    again: Final = "Add a new version and send the files again."
    if found.size != entry.size:
        raise Conflict(
            "size_mismatch",
            f"{entry.path} has {found.size:,} bytes, not the {entry.size:,} that were received.",
            mend=again,
            details={"path": entry.path},
        )
    if found.sha256 != entry.sha256:
        raise Conflict(
            "digest_mismatch",
            f"The bytes of {entry.path} have the sha256 {found.sha256}, not {entry.sha256} as when "
            "they were received.",
            mend=again,
            details={"path": entry.path},
        )


class _Counted:
    """A stream that tells the progress what was read."""

    def __init__(self, source: Readable, progress: Progress) -> None:
        self._source = source
        self._progress = progress

    def read(self, size: int = CHUNK, /) -> bytes:
        data = self._source.read(size)
        self._progress.add(len(data))
        return data


class _Nowhere:
    """A sink for bytes of which only the digest is wanted."""

    def write(self, data: bytes, /) -> int:
        return len(data)
