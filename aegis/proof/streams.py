"""Byte streams as the registry passes them on: read in chunks, hashed on the way, never whole."""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final, Protocol, Self

CHUNK: Final = 1024 * 1024

Bytes = bytes | memoryview


class Readable(Protocol):
    """What bytes are read from: an open file, a request's body, an object in S3."""

    def read(self, size: int = ..., /) -> bytes:
        """Return up to ``size`` bytes, and none at the end only."""


class Writable(Protocol):
    """What bytes are written to."""

    def write(self, data: Bytes, /) -> object:
        """Take all of ``data``, copying what is kept: the memory of a view is used again."""


class ReadableStream(Readable, AbstractContextManager["ReadableStream"], Protocol):
    """A readable that is closed at the end of its ``with`` block."""

    def close(self) -> None:
        """Give the stream up."""


def chunks(source: Readable, length: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of ``source`` until its end, or at most ``length`` of them."""
    left = length
    while left is None or left > 0:
        data = source.read(CHUNK if left is None else min(CHUNK, left))
        if not data:
            return
        if left is not None:
            left -= len(data)
        yield data


def fill(source: Readable, view: memoryview) -> int:
    """Read into ``view``, without a copy where the source can, and return how many bytes."""
    into = getattr(source, "readinto", None)
    if into is not None:
        return into(view) or 0
    data = source.read(len(view))
    view[: len(data)] = data
    return len(data)


class HashingWriter:
    """A sink that counts and hashes what it passes on to another one."""

    def __init__(self, sink: Writable) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: Bytes, /) -> int:
        """Hash ``data`` and write it to the sink below."""
        self._sink.write(data)
        self._hash.update(data)
        self.size += len(data)
        return len(data)

    @property
    def sha256(self) -> str:
        """The hex sha256 of all bytes so far."""
        return self._hash.hexdigest()


class HashingReader:
    """A stream that counts and hashes what is read from it."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return what the stream below returns."""
        data = self._source.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data

    @property
    def sha256(self) -> str:
        """The hex sha256 of all bytes so far."""
        return self._hash.hexdigest()


class Window:
    """The next ``length`` bytes of a stream, as a stream that closes the one below."""

    def __init__(self, source: ReadableStream, length: int) -> None:
        self._source = source
        self._left = length

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes, or all that are left."""
        data = self._source.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Close the stream below."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
