"""The tar stream inside of every package: fixed by the manifest, byte for byte.

Members are regular files in manifest order, named by their paths, with one mode, owner and
time for all. Reading therefore compares instead of parsing: whatever is not exactly what the
manifest promises is refused, and no name or size in a package is ever believed.
"""

import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from aegis.problems import Conflict
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.streams import Readable, chunks

BLOCK: Final = tarfile.BLOCKSIZE
END: Final = bytes(2 * BLOCK)
# 2000-01-01: some tools warn of members from 1970.
_MEMBER_TIME: Final = 946_684_800


class Tar(Readable, Protocol):
    """The tar stream of a package, out of whatever compression its layout has."""

    def finish(self) -> None:
        """Raise ``Conflict`` if anything follows what was read."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A file, its header, and where its bytes begin in the tar stream."""

    entry: FileEntry
    header: bytes
    offset: int

    @property
    def padding(self) -> bytes:
        """The zeros that fill the last block of the file."""
        return padding(self.entry.size)


def header(entry: FileEntry) -> bytes:
    """Return the tar header of a member, with a pax record where ustar has no room."""
    member = tarfile.TarInfo(entry.path)
    member.size = entry.size
    member.mode = 0o644
    member.mtime = _MEMBER_TIME
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def padding(size: int) -> bytes:
    """Return the zeros that fill the last block of a file of ``size`` bytes."""
    return bytes(-size % BLOCK)


def placed(manifest: Manifest) -> Iterator[Placed]:
    """Yield the files in the order of the stream, each with its place there."""
    position = 0
    for entry in manifest.files:
        head = header(entry)
        position += len(head)
        yield Placed(entry, head, position)
        position += entry.size + len(padding(entry.size))


def compare(tar: Tar, manifest: Manifest) -> Iterator[tuple[FileEntry, Iterator[bytes]]]:
    """Yield each file with its bytes, which must be used up, and hold the rest to the manifest.

    Raises ``Conflict`` as soon as the stream is not the manifest's; a file's digest is known
    only with its last byte, so that it is right only once its iterator has ended.
    """
    for file in placed(manifest):
        _expect(tar, file.header, f"at {file.entry.path}")
        yield file.entry, checked(file.entry, chunks(tar, file.entry.size))
        _expect(tar, file.padding, f"at {file.entry.path}")
    _expect(tar, END, "at its end")
    tar.finish()


def checked(entry: FileEntry, data: Iterator[bytes]) -> Iterator[bytes]:
    """Pass the bytes of a file on, the last of them only once they are known to be its own."""
    digest = hashlib.sha256()
    size = 0
    held = b""
    for chunk in data:
        size += len(chunk)
        if size > entry.size:
            raise changed(entry)
        digest.update(chunk)
        if held:
            yield held
        held = chunk
    if size != entry.size or digest.hexdigest() != entry.sha256:
        raise changed(entry)
    if held:
        yield held


def changed(entry: FileEntry) -> Conflict:
    """Return the refusal of bytes that are not those of ``entry``."""
    return Conflict(
        "file_digest_mismatch",
        f"The stored bytes of {entry.path} are not the ones that the manifest names.",
        details={"path": entry.path},
    )


def damaged(reason: str) -> Conflict:
    """Return the refusal of a package that cannot be read."""
    return Conflict("package_damaged", f"The stored package cannot be read: {reason}.")


def _expect(tar: Tar, expected: bytes, where: str) -> None:
    if b"".join(chunks(tar, len(expected))) != expected:
        raise damaged(f"it is not what its manifest says, {where}")
