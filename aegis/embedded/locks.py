"""Lock files, which the kernel lets go when their process ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class FileLock:
    """A lock on a file; its holder may leave a line in it that says who it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def take(self, *, shared: bool = False, wait: bool = True) -> bool:
        """Take the lock, or say that others hold it."""
        if self._handle is None:
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._handle, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def is_held(self) -> bool:
        """Tell whether another process holds the lock; ask with an instance of your own."""
        is_free = self.take(shared=True, wait=False)
        self.release()
        return not is_free

    def release(self) -> None:
        """Let the lock go; the file stays, since removing it would race."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def sign(self, line: str) -> None:
        """Leave a line for whoever finds the lock taken."""
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"{line}\n".encode(), 0)

    def signature(self) -> str:
        """Return the holder's line, or nothing."""
        with suppress(OSError, UnicodeDecodeError):
            return self.path.read_text().strip()
        return ""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock at ``path`` for a while, waiting for it."""
    lock = FileLock(path)
    lock.take()
    try:
        yield
    finally:
        lock.release()
