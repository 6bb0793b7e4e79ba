"""Durable files: what reading, writing and publishing them safely takes on a local file system."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from aegis.problems import Unavailable

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_BROKEN: Final = frozenset({errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ESTALE})


@contextmanager
def answering(what: str) -> Iterator[None]:
    """Turn a full or broken file system into ``Unavailable``; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable("storage_full", f"There is no room left in {what}.") from error
        if error.errno in _BROKEN:
            raise Unavailable(
                "storage_unavailable",
                f"Aegis cannot use {what}: {os.strerror(error.errno or 0).lower()}.",
            ) from error
        raise


def make_folders(folder: Path) -> None:
    """Make ``folder`` and those above it, durably, without changing any that is there."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(mode=0o750, exist_ok=True)
        sync_folder(new.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_older(path: Path, age: timedelta) -> bool:
    """Say whether nothing was written to ``path`` for ``age``."""
    return time.time() - path.stat().st_mtime >= age.total_seconds()
