"""Unpacking a package into a folder: by its checked manifest, and never through a link."""

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from aegis.problems import Conflict
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.packages.framing import compare
from aegis.proof.packages.verifying import tar_of
from aegis.proof.streams import CHUNK, Readable

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS})


def unpack(package: Readable, manifest: Manifest, folder: Path, *, layout: str) -> None:
    """Write the files of a package below ``folder``, which must be there.

    Each file gets its name once its bytes are known to be those of the manifest. One that is
    there already is kept if it is the same; another one, a link or anything else in its place
    raises ``Conflict`` with ``unpack_in_the_way``, and nothing is ever written through a link.
    """
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for entry, data in compare(tar_of(package, layout), manifest):
            with _parent(root, entry) as parent:
                _write(parent, entry, data)
    finally:
        os.close(root)


@contextmanager
def _parent(root: int, entry: FileEntry) -> Iterator[int]:
    """Open the folder of a file, made as needed, one segment after the other."""
    current = os.dup(root)
    try:
        for segment in entry.path.split("/")[:-1]:
            with suppress(FileExistsError):
                os.mkdir(segment, 0o755, dir_fd=current)
            try:
                following = os.open(segment, _FOLDER, dir_fd=current)
            except OSError as error:
                raise _in_the_way(entry) from error
            os.close(current)
            current = following
        yield current
    finally:
        os.close(current)


def _write(parent: int, entry: FileEntry, data: Iterator[bytes]) -> None:
    name = entry.path.rsplit("/", 1)[-1]
    temporary = f".{secrets.token_hex(8)}.part"
    try:
        with open(os.open(temporary, _NEW, 0o644, dir_fd=parent), "wb") as file:  # noqa: PTH123 -- A descriptor has no path.
            file.writelines(data)
        _publish(parent, temporary, name, entry)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=parent)


def _publish(parent: int, temporary: str, name: str, entry: FileEntry) -> None:
    # A link is the one step that gives a name and never takes it from another file.
    try:
        os.link(temporary, name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)
    except FileExistsError:
        if not _is_same(parent, name, entry):
            raise _in_the_way(entry) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _publish_without_links(parent, temporary, name, entry)


def _publish_without_links(parent: int, temporary: str, name: str, entry: FileEntry) -> None:
    """Give the file its name where the file system has no hard links, as on a USB stick."""
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        return
    if not _is_same(parent, name, entry):
        raise _in_the_way(entry)


def _is_same(parent: int, name: str, entry: FileEntry) -> bool:
    try:
        descriptor = os.open(name, _OLD, dir_fd=parent)
    except OSError:
        return False
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size != entry.size:
            return False
        digest = hashlib.sha256()
        while data := os.read(descriptor, CHUNK):
            digest.update(data)
        return digest.hexdigest() == entry.sha256
    finally:
        os.close(descriptor)


def _in_the_way(entry: FileEntry) -> Conflict:
    return Conflict(
        "unpack_in_the_way",
        f"Something else lies where {entry.path} belongs, and is not overwritten.",
        mend="Choose an empty folder.",
        details={"path": entry.path},
    )
