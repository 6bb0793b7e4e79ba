"""The files that a package holds, where no manifest says which they should be.

A package of any layout is a gzip stream of a tar stream of regular files. It is read once, member
by member, and nothing is written: its files are hashed, to be held against a signature.
"""

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from aegis.problems import Conflict, Invalid
from aegis.proof.manifest import FileEntry
from aegis.proof.paths import FILES, check_path
from aegis.proof.streams import CHUNK, Readable, chunks

# A header is one block, and a path with its extended header takes a few; nothing else is read at
# once that a package could choose the size of.
_LONGEST_READ: Final = CHUNK


@dataclass(frozen=True, slots=True)
class _Member:
    """A file of a package: its checked path, its size in bytes, and its bytes, to be read now."""

    path: str
    size: int
    body: Readable


def entries(package: BinaryIO) -> Iterator[FileEntry]:
    """Yield path, size and sha256 of each file of a package, by its bytes.

    Raises ``Conflict`` with ``package_damaged`` for what is no package, wherever that shows.
    """
    try:
        for member in _members(package):
            digest = hashlib.sha256()
            size = 0
            for data in chunks(member.body):
                digest.update(data)
                size += len(data)
            yield FileEntry(member.path, size, digest.hexdigest())
    except (tarfile.TarError, zlib.error, OSError, EOFError, Invalid, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _damaged("it is damaged, cut off, or something else") from error


def _members(package: BinaryIO) -> Iterator[_Member]:
    with (
        gzip.GzipFile(fileobj=package) as plain,
        tarfile.TarFile(fileobj=cast("BinaryIO", _Forward(plain)), errorlevel=2) as tar,
    ):
        for count, member in enumerate(tar, start=1):
            # The library keeps every member that it met.
            tar.members.clear()  # type: ignore[attr-defined]  # The stubs leave it out.
            if not member.isreg() or count > FILES:
                raise _damaged(f"{member.name[:200]!r} does not belong into one")
            body = tar.extractfile(member)
            assert body is not None
            yield _Member(check_path(member.name), member.size, cast("Readable", body))


def _damaged(reason: str) -> Conflict:
    return Conflict("package_damaged", f"The package cannot be trusted: {reason}.")


class _Forward:
    """A stream that only goes forward, for a parser that asks for places in it."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._place = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return exactly ``size`` bytes but at the end; refuse to take more than a chunk."""
        if not 0 <= size <= _LONGEST_READ:
            raise tarfile.ReadError("a header that is longer than any")
        data = b"".join(chunks(self._source, size))
        self._place += len(data)
        return data

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._place

    def seek(self, place: int, whence: int = 0, /) -> int:
        """Skip to ``place``, which is not behind."""
        if whence != 0 or place < self._place:
            raise tarfile.ReadError("a place that was passed")
        for data in chunks(self._source, place - self._place):
            self._place += len(data)
        return self._place
