"""Reading a file in parts for sending, and hashing it on the way."""

import hashlib
from typing import BinaryIO

from aegis.problems import Conflict
from aegis.sdk.local_files import LocalFile


class HashedReading:
    """A file that is read in parts, from any offset, and hashed once from its beginning."""

    def __init__(self, stream: BinaryIO, file: LocalFile) -> None:
        self._stream = stream
        self._file = file
        self._digest = hashlib.sha256()
        self._hashed = 0

    def part(self, offset: int, length: int) -> bytes:
        """Return the bytes from ``offset`` on; raise ``Conflict`` where the file got shorter."""
        while self._hashed < offset:
            self._read(min(length, offset - self._hashed))
        self._stream.seek(offset)
        if self._hashed == offset:
            return self._read(min(length, self._file.size - offset))
        return self._stream.read(min(length, self._file.size - offset))

    def sha256(self) -> str:
        """Return the digest of the whole; raise ``Conflict`` if it is another file meanwhile."""
        found = self._file.place.stat()
        if (found.st_size, found.st_mtime_ns) != self._file.mark:
            raise self._changed()
        while self._hashed < self._file.size:
            self._read(self._file.size - self._hashed)
        return self._digest.hexdigest()

    def _read(self, length: int) -> bytes:
        self._stream.seek(self._hashed)
        data = self._stream.read(length)
        if len(data) < length:
            raise self._changed()
        self._digest.update(data)
        self._hashed += len(data)
        return data

    def _changed(self) -> Conflict:
        return Conflict(
            "file_changed",
            f"{self._file.path} changed while it was read.",
            mend="Let whatever writes it finish, and register it again.",
        )
