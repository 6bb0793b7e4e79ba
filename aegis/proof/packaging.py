"""Layout ``tar-1``: the files of a version as one plain, deterministic ``.tar.gz``.

Members are regular files in manifest order, named by their paths, with one mode, owner and
time for all. Since the manifest fixes every byte of the tar stream but the files' own, reading
compares instead of parsing: whatever is not exactly what the manifest promises is refused, and
no name or size in a package is ever believed.
"""

import hashlib
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from isal import isal_zlib

from aegis.problems import Conflict
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.streams import CHUNK, HashingWriter, Readable, Writable, chunks

LAYOUT: Final = "tar-1"
MEDIA_TYPE: Final = "application/gzip"

_BLOCK: Final = tarfile.BLOCKSIZE
_END: Final = bytes(2 * _BLOCK)
_GZIP: Final = 16 + zlib.MAX_WBITS
# 2000-01-01: some tools warn of members from 1970.
_MEMBER_TIME: Final = 946_684_800

Opener = Callable[[FileEntry], AbstractContextManager[Readable]]


@dataclass(frozen=True, slots=True)
class Package:
    """What ``pack`` wrote: its size in bytes and its hex sha256."""

    size: int
    sha256: str


def pack(manifest: Manifest, open_file: Opener, sink: Writable) -> Package:
    """Write the package of ``manifest`` to ``sink``, with flat memory.

    ``open_file`` opens the bytes of one entry. Each file is hashed as it is packed; bytes of
    another size or sha256 than the manifest promises raise ``Conflict``, and then what the sink
    got is worth nothing.
    """
    package = HashingWriter(sink)
    compressor = isal_zlib.compressobj(level=1, wbits=_GZIP)
    for entry in manifest.files:
        with open_file(entry) as source:
            for data in _framed(entry, source):
                package.write(compressor.compress(data))
    package.write(compressor.compress(_END))
    package.write(compressor.flush())
    return Package(package.size, package.sha256)


def verify(package: Readable, manifest: Manifest, *, size: int, sha256: str) -> None:
    """Read a whole package and raise ``Conflict`` unless it is ``manifest``'s, byte by byte."""
    raw = _HashingReader(package)
    tar = _GunzipReader(raw)
    for entry in manifest.files:
        _expect(tar, _header(entry), entry)
        for _ in _checked(entry, _exactly(tar, entry.size)):
            pass
        _expect(tar, _padding(entry), entry)
    _expect(tar, _END, None)
    tar.finish()
    if (raw.size, raw.sha256) != (size, sha256):
        raise Conflict(
            "package_digest_mismatch", "The stored package is not the one that was recorded."
        )


def read_member(package: Readable, manifest: Manifest, path: str) -> Iterator[bytes]:
    """Yield the bytes of one file of a package; raise ``Conflict`` if they are not its own.

    The digest is known only at the end, so a caller that has passed chunks on must break off
    the answer when this raises. The path must be one of the manifest's.
    """
    tar = _GunzipReader(package)
    for entry in manifest.files:
        _expect(tar, _header(entry), entry)
        if entry.path == path:
            yield from _checked(entry, _exactly(tar, entry.size))
            return
        for _ in _exactly(tar, entry.size):
            pass
        _expect(tar, _padding(entry), entry)
    raise KeyError(path)


def _framed(entry: FileEntry, source: Readable) -> Iterator[bytes]:
    yield _header(entry)
    yield from _checked(entry, chunks(source))
    yield _padding(entry)


def _header(entry: FileEntry) -> bytes:
    """Return the tar header of a member, with a pax record where ustar has no room."""
    member = tarfile.TarInfo(entry.path)
    member.size = entry.size
    member.mode = 0o644
    member.mtime = _MEMBER_TIME
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def _padding(entry: FileEntry) -> bytes:
    return bytes(-entry.size % _BLOCK)


def _checked(entry: FileEntry, data: Iterator[bytes]) -> Iterator[bytes]:
    """Pass the bytes of a file on, and raise ``Conflict`` as soon as they cannot be its own."""
    digest = hashlib.sha256()
    size = 0
    for chunk in data:
        size += len(chunk)
        if size > entry.size:
            break
        digest.update(chunk)
        yield chunk
    if size != entry.size or digest.hexdigest() != entry.sha256:
        raise Conflict(
            "file_digest_mismatch",
            f"The stored bytes of {entry.path} are not the ones that the manifest names.",
            details={"path": entry.path},
        )


def _exactly(tar: Readable, size: int) -> Iterator[bytes]:
    return chunks(tar, size)


def _expect(tar: Readable, expected: bytes, entry: FileEntry | None) -> None:
    if b"".join(chunks(tar, len(expected))) != expected:
        where = f"at {entry.path}" if entry else "at its end"
        raise _damaged(f"it is not what its manifest says, {where}")


def _damaged(reason: str) -> Conflict:
    return Conflict("package_damaged", f"The stored package cannot be read: {reason}.")


class _HashingReader:
    def __init__(self, source: Readable) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class _GunzipReader:
    """The bytes of one gzip member, decompressed into chunks of bounded size."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._inflate = zlib.decompressobj(_GZIP)

    def read(self, size: int = CHUNK, /) -> bytes:
        """Return up to ``size`` bytes, and nothing at the end only."""
        try:
            # Output that the limit held back may wait inside the decompressor without any input.
            plain = self._inflate.decompress(self._inflate.unconsumed_tail, size)
            while not plain and not self._inflate.eof:
                data = self._source.read(CHUNK)
                if not data:
                    raise _damaged("it ends too early")
                plain = self._inflate.decompress(data, size)
        except zlib.error as error:
            raise _damaged("its compression is broken") from error
        return plain

    def finish(self) -> None:
        """Refuse anything after the tar's end, inside the compressed stream or behind it."""
        if self.read(1) or self._inflate.unused_data or self._source.read(1):
            raise _damaged("something follows its end")
