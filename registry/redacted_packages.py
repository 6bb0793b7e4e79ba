"""Packages without the files that were redacted: what they hold, and how they are written.

A package is written anew under a key of its own and verified before anything points to it. The
manifest, its digest and what was signed stay: they say what the version was.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.packages import LAYOUT, Index, pack, verify
from aegis.proof.packages.framing import compare
from aegis.proof.packages.verifying import tar_of
from aegis.proof.streams import CHUNK, Readable
from registry.models import Artifact, PackageRewrite, Redaction
from registry.storage.configured import artifact_store
from registry.storage.protocol import check_key, index_key


@dataclass(frozen=True, slots=True)
class Written:
    """A package that was written anew: its key, layout, size in bytes, hex sha256 and index."""

    key: str
    layout: str
    size: int
    sha256: str
    index: Index


def manifest_of(artifact: Artifact) -> Manifest:
    """Return the signed manifest of a version, which names redacted files too."""
    return Manifest.parse(artifact.manifest.encode())


def held_manifest(artifact: Artifact) -> Manifest:
    """Return what the stored package of a version holds: the manifest without what left it.

    A file whose redaction is agreed on is in the package until that was written anew.
    """
    rewrites = PackageRewrite.objects.filter(redaction__version=artifact.version_id)
    gone = set(rewrites.values_list("redaction__target", flat=True))
    manifest = manifest_of(artifact)
    return manifest.without(gone) if gone else manifest


def redacted_key(artifact: Artifact) -> str:
    """Return the key of the next package of a version: ``…-redacted-1.tar.gz``, then ``2``."""
    done = PackageRewrite.objects.filter(redaction__version=artifact.version_id).count()
    stem = artifact.key.removesuffix(".tar.gz").removesuffix(f"-redacted-{done}")
    return check_key(f"{stem}-redacted-{done + 1}.tar.gz")


def write_without(redaction: Redaction, artifact: Artifact) -> Written:
    """Write the package of a version once more without the file of ``redaction``, and verify it.

    What an attempt before this one left under the key is written anew: no row names it. Raises
    ``Conflict`` if the package that is there is damaged.
    """
    store, key = artifact_store(), redacted_key(artifact)
    former = held_manifest(artifact)
    manifest = former.without({redaction.target})
    store.remove(key)
    store.remove(index_key(key))
    with store.open(artifact.key) as package, store.create(key) as sink:
        files = _Files(package, artifact.layout, former)
        packed = pack(manifest, files.open, sink)
        files.finish()
        stored = sink.commit()
    with store.open(key) as stream:
        verify(stream, manifest, size=packed.size, sha256=packed.sha256, layout=LAYOUT)
    store.put(index_key(key), io.BytesIO(packed.index.canonical))
    return Written(key, LAYOUT, stored.size, stored.sha256, packed.index)


class _Files:
    """The files of a package, read once from its beginning to its end and held to its manifest."""

    def __init__(self, package: Readable, layout: str, manifest: Manifest) -> None:
        self._files = compare(tar_of(package, layout), manifest)

    @contextmanager
    def open(self, entry: FileEntry) -> Iterator[Readable]:
        """Open a file, which comes after the one that was opened before."""
        for found, data in self._files:
            if found == entry:
                yield _Pieces(data)
                return
            _pass_over(data)

    def finish(self) -> None:
        """Read what follows the last file that was opened."""
        for _, data in self._files:
            _pass_over(data)


class _Pieces:
    """An iterator of bytes, read as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int = CHUNK, /) -> bytes:
        if not self._left:
            self._left = next(self._pieces, b"")
        data, self._left = self._left[:size], self._left[size:]
        return data


def _pass_over(data: Iterator[bytes]) -> None:
    for _ in data:
        pass
