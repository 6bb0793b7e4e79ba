"""Packages to test with: of both layouts, whole and spoilt."""

import gzip
import hashlib
import io
import random
from contextlib import AbstractContextManager, nullcontext

from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.packages import Index, Package, pack
from aegis.proof.packages.framing import END, placed
from aegis.proof.streams import Readable

Contents = dict[str, bytes]

MIB = 1024 * 1024
NOISE = random.Random(1).randbytes(5 * MIB + 77)
CONTENTS: Contents = {
    "config.json": b'{"a": 1}',
    "empty": b"",
    "vocabulary.txt": b"".join(b"%d token\n" % number for number in range(300_000)),
    "weights/model.bin": NOISE,
    "weights/" + "n" * 150 + ".bin": b"a long name needs a pax record",
    "caf\u00e9/\u540d\u524d.txt": b"names in any script",
    "block": b"x" * 512,
}
SMALL: Contents = {"a": b"one", "b": b"two"}


def manifest_of(contents: Contents) -> Manifest:
    """Return the manifest of files."""
    return Manifest.of(
        FileEntry(path, len(data), hashlib.sha256(data).hexdigest())
        for path, data in contents.items()
    )


def packed(contents: Contents) -> tuple[bytes, Package]:
    """Return the package of files as it is written today."""
    sink = io.BytesIO()
    package = pack(manifest_of(contents), lambda e: io.BytesIO(contents[e.path]), sink)
    return sink.getvalue(), package


def packed_as_tar_1(contents: Contents) -> bytes:
    """Return a package of the first layout, as the first release wrote it."""
    tar = b"".join(
        file.header + contents[file.entry.path] + file.padding
        for file in placed(manifest_of(contents))
    )
    return gzip.compress(tar + END, 1, mtime=0)


class Store:
    """The bytes of a package, of which ranges are opened; counts what is read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.opened: list[tuple[int, int | None]] = []

    def __call__(self, offset: int, length: int | None) -> AbstractContextManager[Readable]:
        """Open a range."""
        self.opened.append((offset, length))
        end = None if length is None else offset + length
        return nullcontext(io.BytesIO(self.data[offset:end]))


def index_like(index: Index, **changes: object) -> Index:
    """Return an index with some of it forged."""
    said = {
        "size": index.size,
        "sha256": index.sha256,
        "members": index.members,
        "files": index.files,
    }
    return Index(**{**said, **changes})  # type: ignore[arg-type]
