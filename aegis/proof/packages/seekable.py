"""Layout ``seekable-1``: the tar stream in chunks, each a gzip member that says which it is."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.packages.framing import END, changed, damaged, placed
from aegis.proof.packages.index import Index
from aegis.proof.packages.members import CHUNK_SIZE, read_member
from aegis.proof.packages.pipeline import Chunk, Pipeline, Span
from aegis.proof.streams import Bytes, HashingWriter, Readable, Writable, fill

Opener = Callable[[FileEntry], AbstractContextManager[Readable]]


@dataclass(frozen=True, slots=True)
class Package:
    """What ``pack`` wrote: its size in bytes, its hex sha256, and where its parts are."""

    size: int
    sha256: str
    index: Index


@runtime_checkable
class HashingSink(Writable, Protocol):
    """A sink that hashes what it is given, so that it need not be done twice."""

    @property
    def size(self) -> int:
        """The bytes so far."""

    @property
    def sha256(self) -> str:
        """Their hex sha256."""


def pack(manifest: Manifest, open_file: Opener, sink: Writable) -> Package:
    """Write the package of ``manifest`` to ``sink``, with flat memory.

    ``open_file`` opens the bytes of one entry, in the thread of the caller. Each file is hashed
    as it is packed; bytes of another size or sha256 than the manifest promises raise
    ``Conflict``, and then what the sink got is worth nothing. The sink is written to from
    another thread, and keeps no piece beyond the call that gave it: its memory is used again.
    """
    hashing = sink if isinstance(sink, HashingSink) else HashingWriter(sink)
    writer = _Writer(hashing)
    with Pipeline(check=_FileHashes().check, write=writer.write) as pipeline:
        _Reader(pipeline).read(manifest, open_file)
    package = Index.of(manifest, writer.members, size=hashing.size, sha256=hashing.sha256)
    return Package(hashing.size, hashing.sha256, package)


class TarReader:
    """The tar stream of a seekable package, each of its members checked."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._plain = memoryview(b"")
        self._is_last = False
        self.members = [0]
        """Where each member begins that was read so far, and where the last one ends."""

    def read(self, size: int = CHUNK_SIZE, /) -> bytes:
        """Return up to ``size`` bytes, and nothing at the end only."""
        if not self._plain and not self._next():
            return b""
        data = bytes(self._plain[:size])
        self._plain = self._plain[size:]
        return data

    def finish(self) -> None:
        """Refuse anything after what was read, in the last member or behind it."""
        if self.read(1):
            raise damaged("something follows its end")

    def _next(self) -> bool:
        found = read_member(self._source, len(self.members) - 1)
        if found is None:
            if len(self.members) == 1:
                raise damaged("it is empty")
            return False
        if self._is_last:
            raise damaged("something follows its end")
        plain, length = found
        self._plain = memoryview(plain)
        self._is_last = len(plain) < CHUNK_SIZE
        self.members.append(self.members[-1] + length)
        return True


class _Reader:
    """Fills chunks with the tar stream of a manifest."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._chunk = pipeline.take()
        self._chunk.begin(0)

    def read(self, manifest: Manifest, open_file: Opener) -> None:
        for file in placed(manifest):
            self._put(file.header)
            with open_file(file.entry) as source:
                self._copy(file.entry, source)
            self._put(file.padding)
        self._put(END)
        self._pipeline.push(self._chunk)

    def _copy(self, entry: FileEntry, source: Readable) -> None:
        left = entry.size
        if not left:
            self._span(entry, 0, is_last=True)
        while left:
            chunk = self._with_room()
            stop = chunk.length + min(left, chunk.room)
            count = fill(source, chunk.view(chunk.length, stop))
            if not count:
                raise changed(entry)
            left -= count
            self._span(entry, count, is_last=not left)
        if source.read(1):
            raise changed(entry)

    def _span(self, entry: FileEntry, count: int, *, is_last: bool) -> None:
        chunk = self._chunk
        chunk.spans.append(Span(entry, chunk.length, chunk.length + count, is_last))
        chunk.length += count

    def _put(self, data: bytes) -> None:
        while data:
            chunk = self._with_room()
            count = min(len(data), chunk.room)
            chunk.view(chunk.length, chunk.length + count)[:] = data[:count]
            chunk.length += count
            data = data[count:]

    def _with_room(self) -> Chunk:
        if not self._chunk.room:
            following = self._chunk.number + 1
            self._pipeline.push(self._chunk)
            self._chunk = self._pipeline.take()
            self._chunk.begin(following)
        return self._chunk


class _FileHashes:
    """Holds the files that pass by in chunks against their digests."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def check(self, chunk: Chunk) -> None:
        for span in chunk.spans:
            self._digest.update(chunk.view(span.start, span.stop))
            if span.is_last:
                if self._digest.hexdigest() != span.entry.sha256:
                    raise changed(span.entry)
                self._digest = hashlib.sha256()


class _Writer:
    def __init__(self, sink: Writable) -> None:
        self._sink = sink
        self.members = [0]

    def write(self, pieces: list[Bytes], length: int) -> None:
        for piece in pieces:
            self._sink.write(piece)
        self.members.append(self.members[-1] + length)
