"""Packing in threads: whatever breaks in one of them ends all, and is what the caller gets."""

import io
import threading
from typing import Any, Self

import pytest

from aegis.proof.packages import pack
from aegis.proof.streams import Bytes
from tests.aegis.proof.packages.making import NOISE, manifest_of

CONTENTS = {"a": NOISE, "b": NOISE + b"1", "c": NOISE + b"2"}
MANIFEST = manifest_of(CONTENTS)


class FullError(Exception):
    """A sink has no room."""


class Sink:
    """Takes some bytes and then no more."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.thread = ""
        self.refused = 0

    def write(self, data: Bytes, /) -> int:
        self.thread = threading.current_thread().name
        self.room -= len(data)
        if self.room < 0:
            self.refused += 1
            raise FullError
        return len(data)


def test_a_sink_that_is_full_ends_all_and_is_not_written_to_again() -> None:
    sink = Sink(room=3_000_000)
    with pytest.raises(FullError):
        pack(MANIFEST, lambda e: io.BytesIO(CONTENTS[e.path]), sink)
    assert sink.refused == 1
    assert not [t for t in threading.enumerate() if t.name.startswith("pack-")]


def test_files_are_read_by_the_caller_and_written_by_another_thread() -> None:
    readers = set()

    def opened(entry: Any) -> io.BytesIO:
        readers.add(threading.current_thread())
        return io.BytesIO(CONTENTS[entry.path])

    sink = Sink(room=10**9)
    pack(MANIFEST, opened, sink)
    assert readers == {threading.current_thread()}
    assert sink.thread.startswith("pack-write")


def test_a_source_that_breaks_is_what_the_caller_gets() -> None:
    def opened(entry: Any) -> io.BytesIO:
        if entry.path == "b":
            raise TimeoutError
        return io.BytesIO(CONTENTS[entry.path])

    with pytest.raises(TimeoutError):
        pack(MANIFEST, opened, Sink(room=10**9))
    assert not [t for t in threading.enumerate() if t.name.startswith("pack-")]


def test_a_sink_that_hashes_is_asked_for_its_digest() -> None:
    class Hashing(io.BytesIO):
        size, sha256 = 7, "f" * 64

    package = pack(MANIFEST, lambda e: io.BytesIO(CONTENTS[e.path]), Hashing())
    assert (package.size, package.sha256) == (7, "f" * 64)


def test_a_source_that_only_reads_is_packed_alike() -> None:
    class Plain:
        def __init__(self, data: bytes) -> None:
            self._stream = io.BytesIO(data)

        def read(self, size: int = -1) -> bytes:
            return self._stream.read(min(size, 1000))

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    one, other = io.BytesIO(), io.BytesIO()
    pack(MANIFEST, lambda e: io.BytesIO(CONTENTS[e.path]), one)
    pack(MANIFEST, lambda e: Plain(CONTENTS[e.path]), other)
    assert one.getvalue() == other.getvalue()
