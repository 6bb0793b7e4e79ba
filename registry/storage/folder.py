"""The artifact store that is a folder of this machine or a mounted file system."""

import hashlib
import os
import uuid
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from aegis.problems import Conflict, NotFound, Unavailable
from aegis.proof.streams import (
    CHUNK,
    Bytes,
    HashingWriter,
    Readable,
    ReadableStream,
    Window,
    chunks,
)
from registry.files import answering, is_older, make_folders, sync_folder
from registry.storage.protocol import StoredObject, check_key

# No key begins with a dot, so no object can be taken for a leftover.
_INCOMING: Final = ".incoming"
_WHAT: Final = "the artifact store"


class FolderStore:
    """Keep each object as a file named by its key below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self, key: str) -> "FolderWriter":
        """Begin a new object in a temporary file; ``commit`` gives it its name."""
        path = self._path(key)
        with answering(_WHAT):
            make_folders(self.root / _INCOMING)
            return FolderWriter(key, path, self.root / _INCOMING / uuid.uuid4().hex)

    def put(self, key: str, source: Readable) -> StoredObject:
        """Store all of ``source`` and commit it."""
        with self.create(key) as writer:
            for data in chunks(source):
                writer.write(data)
            return writer.commit()

    def size(self, key: str) -> int:
        """Return an object's size in bytes, or raise ``NotFound``."""
        with self._opened(key) as stream:
            return stream.seek(0, os.SEEK_END)

    def open(self, key: str, *, offset: int = 0, length: int | None = None) -> ReadableStream:
        """Open an object, or ``length`` bytes of it from ``offset``, or raise ``NotFound``."""
        stream = self._opened(key)
        stream.seek(offset)
        return stream if length is None else Window(stream, length)

    def sweep(self, older_than: timedelta) -> int:
        """Remove the temporary files that nobody has written to for ``older_than``."""
        removed = 0
        for leftover in (self.root / _INCOMING).glob("*"):
            if is_older(leftover, older_than):
                leftover.unlink(missing_ok=True)
                removed += 1
        return removed

    def remove(self, key: str) -> None:
        """Remove an object for good, if it is there."""
        path = self._path(key)
        with answering(_WHAT), suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
            sync_folder(path.parent)

    def link(self, key: str, *, file_name: str, media_type: str, seconds: int) -> str | None:  # noqa: ARG002 -- The protocol's.
        """Return None: a folder has no addresses of its own."""
        check_key(key)
        return None

    def check(self) -> None:
        """Write a few bytes to a temporary file and remove it, or raise ``Unavailable``."""
        probe = self.root / _INCOMING / uuid.uuid4().hex
        try:
            with answering(f"the folder {self.root}"):
                make_folders(probe.parent)
                _write_through(probe)
        except (FileNotFoundError, NotADirectoryError, FileExistsError) as error:
            raise Unavailable(
                "storage_unavailable", f"Aegis cannot use the folder {self.root}: it is no folder."
            ) from error

    def _opened(self, key: str) -> BinaryIO:
        try:
            with answering(_WHAT):
                return self._path(key).open("rb", buffering=CHUNK)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            message = f"The artifact store has no object {key}."
            raise NotFound("object_missing", message) from error

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)


class FolderWriter:
    """An object in the making: a temporary file that ``commit`` links to its name."""

    def __init__(self, key: str, path: Path, temporary: Path) -> None:
        self._key = key
        self._path = path
        self._temporary = temporary
        self._file = temporary.open("xb", buffering=CHUNK)
        self._sink = HashingWriter(self._file)

    @property
    def size(self) -> int:
        """The bytes that were written so far."""
        return self._sink.size

    @property
    def sha256(self) -> str:
        """The hex sha256 of the bytes so far."""
        return self._sink.sha256

    def write(self, data: Bytes, /) -> int:
        """Append ``data`` to the object."""
        with answering(_WHAT):
            return self._sink.write(data)

    def commit(self) -> StoredObject:
        """Make the object appear under its key, or raise ``Conflict`` if another one is there."""
        written = StoredObject(self._key, self._sink.size, self._sink.sha256)
        with answering(_WHAT):
            self._file.flush()
            os.fchmod(self._file.fileno(), 0o440)
            os.fsync(self._file.fileno())
            make_folders(self._path.parent)
            self._publish(written)
            sync_folder(self._path.parent)
        return written

    def _publish(self, written: StoredObject) -> None:
        # A link is the one step that gives a name and never takes it from another file.
        try:
            os.link(self._temporary, self._path)
        except FileExistsError as error:
            if _digest(self._path) != (written.size, written.sha256):
                raise Conflict(
                    "object_exists",
                    f"The artifact store has other bytes under {self._key} already.",
                ) from error
        except PermissionError as error:
            raise Unavailable(
                "storage_without_links",
                f"The file system of {self._path.parent} allows no hard links or no writing, "
                "and the artifact store needs both.",
                mend="Set AEGIS_STORAGE_URL to a folder on a local file system.",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Closing flushes, which fails again where the disk is full; the file is given up anyway.
        try:
            self._file.close()
        except OSError:
            if exc is None:
                raise
        finally:
            self._temporary.unlink(missing_ok=True)


def _write_through(probe: Path) -> None:
    try:
        with probe.open("xb") as file:
            file.write(b"Aegis was here.")
            file.flush()
            os.fsync(file.fileno())
    finally:
        probe.unlink(missing_ok=True)


def _digest(path: Path) -> tuple[int, str]:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
        return stream.tell(), digest.hexdigest()
