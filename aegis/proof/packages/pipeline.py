"""The threads that pack: some chunks are in work at any time, and never more.

Whoever pushes chunks reads the files, in the thread that holds the database's connection. Of
each chunk the files are hashed, while it is made into a member, while the members before it
are hashed and written: all of that releases the interpreter's lock.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from types import TracebackType
from typing import Any, Final, Self

from aegis.proof.manifest import FileEntry
from aegis.proof.packages.members import CHUNK_SIZE, member_of
from aegis.proof.streams import Bytes

IN_WORK: Final = 6
_FRAMERS: Final = 2


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes of one file in a chunk; ``is_last`` if the file ends there."""

    entry: FileEntry
    start: int
    stop: int
    is_last: bool


@dataclass(slots=True)
class Chunk:
    """A chunk of the tar stream in memory that is used again and again."""

    buffer: bytearray
    number: int = 0
    length: int = 0
    spans: list[Span] = field(default_factory=list)

    @property
    def room(self) -> int:
        """How many bytes it can still take."""
        return CHUNK_SIZE - self.length

    def view(self, start: int, stop: int) -> memoryview:
        """Return a part of its bytes without copying them."""
        return memoryview(self.buffer)[start:stop]

    def begin(self, number: int) -> None:
        """Empty it, to become chunk ``number``."""
        self.number, self.length = number, 0
        self.spans.clear()


Framed = tuple[list[Bytes], int]


class _Stopped(Exception):  # noqa: N818 -- What happened, not what is wrong.
    """Another stage has failed, so this one does no more."""


class Pipeline:
    """Hash, frame and write chunks in the background; the first exception ends it all."""

    def __init__(
        self, *, check: Callable[[Chunk], None], write: Callable[[list[Bytes], int], None]
    ) -> None:
        self._check = check
        self._write = write
        self._free = [Chunk(bytearray(CHUNK_SIZE)) for _ in range(IN_WORK)]
        self._working: deque[tuple[Chunk, tuple[Future[None], Future[None]]]] = deque()
        self._checker = ThreadPoolExecutor(1, thread_name_prefix="pack-check")
        self._framers = ThreadPoolExecutor(_FRAMERS, thread_name_prefix="pack-frame")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="pack-write")
        self._lock = Lock()
        self._error: BaseException | None = None

    def take(self) -> Chunk:
        """Return a chunk to be filled, as soon as one is free."""
        if not self._free:
            self._await_oldest()
        return self._free.pop()

    def push(self, chunk: Chunk) -> None:
        """Have a filled chunk worked on."""
        framed = self._framers.submit(self._guarded, _frame, chunk)
        checked = self._checker.submit(self._guarded, self._check, chunk)
        written = self._writer.submit(self._guarded, self._write_framed, framed)
        self._working.append((chunk, (checked, written)))

    def _await_oldest(self) -> None:
        chunk, works = self._working.popleft()
        for work in works:
            work.result()
        self._free.append(chunk)

    def _write_framed(self, framed: "Future[Framed]") -> None:
        self._write(*framed.result())

    def _guarded(self, work: Callable[[Any], Any], of: Any) -> Any:
        if self._error is not None:
            raise _Stopped
        try:
            return work(of)
        except BaseException as error:
            self._fail(error)
            raise

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            if self._error is None and not isinstance(error, _Stopped | CancelledError):
                self._error = error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            while exc is None and self._working:
                self._await_oldest()
        except BaseException as error:  # noqa: BLE001 -- It is raised below, with all at rest.
            self._fail(error)
        finally:
            self._end(exc)
        if self._error is not None and self._error is not exc:
            raise self._error

    def _end(self, exc: BaseException | None) -> None:
        """Let no stage begin anything more, and wait for what it is doing now."""
        if exc is not None:
            self._fail(exc)
        for stage in (self._checker, self._framers, self._writer):
            stage.shutdown(wait=True, cancel_futures=True)


def _frame(chunk: Chunk) -> Framed:
    return member_of(chunk.number, chunk.view(0, chunk.length))
