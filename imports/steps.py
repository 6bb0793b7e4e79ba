"""The four steps that make an artifact of uploaded files: check, scan, package, sign.

They read and write bytes and touch no table; ``running`` records what they return. Each may run
again after it was broken off anywhere.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from aegis.problems import Conflict, Invalid, NotFound
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.packages import Index, pack, verify
from aegis.proof.packages.verifying import layout_of
from aegis.proof.signing.bundle import SignedBundle, sign_manifest
from aegis.proof.signing.signer import Signer
from aegis.proof.streams import CHUNK, Bytes, HashingWriter, Readable, chunks, fill
from aegis.sensitive.found import SECRET_FOUND
from imports.claims import Progress
from imports.scanners import Scanner
from imports.scanning.reports import Report, ScanInput
from registry.bringing import brought_bundle
from registry.models import BroughtSignature, ModelVersion, UploadFile
from registry.storage.configured import artifact_store
from registry.storage.protocol import ArtifactStore, StoredObject, index_key, package_key
from registry.uploads import upload_folder

SEND_AGAIN: Final = "Add a new version and send the files again."
FETCH_AGAIN: Final = "Have the import tried again: it downloads them anew."


class Received:
    """The files of an upload that a version took over, read with their progress.

    ``again`` says how their bytes come here once more.
    """

    def __init__(
        self, upload: UUID, files: list[UploadFile], progress: Progress, *, again: str = SEND_AGAIN
    ) -> None:
        self.files = files
        self.progress = progress
        self.again = again
        self._upload = upload
        self._by_path = {file.path: file for file in files}

    def place(self, entry: FileEntry) -> Path:
        """Return where one file lies on this disk, or raise ``NotFound`` if it is gone."""
        with self._found(entry):
            return upload_folder().path(self._upload, self._by_path[entry.path].pk)

    def size(self, entry: FileEntry) -> int:
        """Return the size of one file as it is here, or raise ``NotFound`` if it is gone."""
        with self._found(entry):
            return upload_folder().size(self._upload, self._by_path[entry.path].pk)

    @contextmanager
    def open(self, entry: FileEntry) -> Iterator[Readable]:
        """Open the bytes of one file, or raise ``NotFound`` if they are gone."""
        with self._found(entry):
            stream = upload_folder().open(self._upload, self._by_path[entry.path].pk)
        with stream:
            yield _Counted(stream, self.progress)

    @contextmanager
    def _found(self, entry: FileEntry) -> Iterator[None]:
        try:
            yield
        except NotFound as error:
            raise NotFound(
                error.code,
                f"The bytes of {entry.path} are not in the data folder any more.",
                mend=self.again,
                details={"path": entry.path},
            ) from error


def check(received: Received) -> Manifest:
    """Make sure that every file is here in its size, and return the manifest of them all.

    Their digests are of the bytes as they were received; ``package`` reads the bytes and holds
    them against these. Raises ``Conflict`` with ``size_mismatch``, ``NotFound`` for missing
    bytes, ``Invalid`` for a set of paths that no artifact may have.
    """
    manifest = Manifest.of(
        FileEntry(file.path, file.size or 0, file.sha256) for file in received.files
    )
    for entry in manifest.files:
        _refuse_another_size(entry, received.size(entry), received.again)
    return manifest


def scan(received: Received, manifest: Manifest, scanner: Scanner) -> Report:
    """Have every file looked into, and keep the claim while that takes its time.

    Raises ``Invalid`` with ``secret_found`` where a text among them holds a secret.
    """
    inputs = (
        ScanInput(entry.path, entry.sha256, entry.size, received.place(entry))
        for entry in manifest.files
    )
    before = received.progress.done
    report = scanner(inputs, progress=lambda _, done: received.progress.reach(before + done))
    _refuse_secrets(report)
    return report


def _refuse_secrets(report: Report) -> None:
    places = [
        f"{file.path}: {finding.sentence}"
        for file in report.files
        for finding in file.findings
        if finding.code == SECRET_FOUND
    ]
    if places:
        further = f" {len(places) - 1} more were found." if places[1:] else ""
        raise Invalid(
            SECRET_FOUND,
            f"{places[0]}{further}",
            mend="Take it out and have it revoked where it is valid; then add a new version.",
            details={"places": places[:100]},
        )


@dataclass(frozen=True, slots=True)
class Packaged:
    """A stored package, and where its members are; one of the first layout has none."""

    stored: StoredObject
    members: tuple[int, ...]

    def index(self, manifest: Manifest) -> Index | None:
        """Return the index of the package, if its layout has one."""
        if not self.members:
            return None
        size, sha256 = self.stored.size, self.stored.sha256
        return Index.of(manifest, self.members, size=size, sha256=sha256)


def package(received: Received, manifest: Manifest, version: ModelVersion) -> Packaged:
    """Write the package into the artifact store under the version's key, and its index beside it.

    Raises ``Conflict`` with ``digest_mismatch`` for bytes that are not the received ones. A
    package that an attempt before this one left there is taken over after it was verified.
    """
    store = artifact_store()
    key = package_key(version.registered_model.name, version.number)
    try:
        with store.create(key) as sink:
            index = pack(manifest, received.open, sink).index
            packaged = Packaged(sink.commit(), index.members)
    except Conflict as refusal:
        if refusal.code == "file_digest_mismatch":
            raise _other_bytes(str(refusal.details["path"]), received.again) from refusal
        if refusal.code != "object_exists":
            raise
        packaged = _taken_over(store, key, manifest)
    if (found := packaged.index(manifest)) is not None:
        store.put(index_key(key), io.BytesIO(found.canonical))
    return packaged


def sign(
    manifest: Manifest, version: ModelVersion, signing: Signer | BroughtSignature
) -> SignedBundle:
    """Have the manifest signed and verify the bundle; ``Unavailable`` if nobody can sign now.

    A signature that was brought with the files is the one, if it holds for them still.
    """
    if isinstance(signing, BroughtSignature):
        return brought_bundle(signing, version, manifest)
    name = version.registered_model.name
    return sign_manifest(manifest, name=name, number=version.number, signer=signing)


def _taken_over(store: ArtifactStore, key: str, manifest: Manifest) -> Packaged:
    with store.open(key) as stream:
        found = HashingWriter(_Nowhere())
        for data in chunks(stream):
            found.write(data)
    with store.open(key, length=4) as stream:
        layout = layout_of(b"".join(chunks(stream)))
    with store.open(key) as stream:
        members = verify(stream, manifest, size=found.size, sha256=found.sha256, layout=layout)
    return Packaged(StoredObject(key, found.size, found.sha256), members)


def _refuse_another_size(entry: FileEntry, size: int, again: str) -> None:
    if size != entry.size:
        raise Conflict(
            "size_mismatch",
            f"{entry.path} has {size:,} bytes, not the {entry.size:,} that were received.",
            mend=again,
            details={"path": entry.path},
        )


def _other_bytes(path: str, again: str) -> Conflict:
    return Conflict(
        "digest_mismatch",
        f"The bytes of {path} are not the ones that were received: they were changed since.",
        mend=again,
        details={"path": path},
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

    def readinto(self, view: memoryview, /) -> int:
        count = fill(self._source, view)
        self._progress.add(count)
        return count


class _Nowhere:
    """A sink for bytes of which only the digest is wanted."""

    def write(self, data: Bytes, /) -> int:
        return len(data)
