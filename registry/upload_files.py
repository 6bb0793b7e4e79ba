"""The bytes of an upload while they come in: one file each, in parts, resumable.

What has been received is always a prefix of the file. A part that begins beyond it is refused
with the offset that is wanted; one that was sent before is accepted if its bytes are the same.
A sealed file has its size and sha256 and takes no more parts.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from aegis.problems import Conflict, Invalid, NotFound
from aegis.proof.streams import CHUNK, Readable, chunks
from registry.files import answering, is_older, make_folders, sync_folder

PART_BYTES: Final = 16 * 1024 * 1024

_WHAT: Final = "the folder for uploads"

FileKey = int | UUID


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A whole received file: its size in bytes and the hex sha256 of its bytes."""

    size: int
    sha256: str


class UploadFolder:
    """Keep the files of uploads below ``root``, under names made of their keys alone."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def received(self, upload: UUID, file: FileKey) -> int:
        """Return how many bytes of a file are here: the offset at which to go on."""
        for path in (self._sealed(upload, file), self._part(upload, file)):
            if path.exists():
                return path.stat().st_size
        return 0

    def write_part(
        self,
        upload: UUID,
        file: FileKey,
        body: Readable,
        *,
        offset: int,
        length: int,
        total: int | None = None,
    ) -> int:
        """Take ``length`` bytes for ``offset`` and return how many bytes of the file are here.

        ``total`` is the size that was announced for the file. A part is taken whole or not at
        all. ``Conflict``: ``part_gap`` with ``details["wanted"]``, ``part_differs``,
        ``file_sealed``, ``upload_busy``. ``Invalid``: ``part_too_large``, ``part_cut_off``,
        ``part_beyond_size``.
        """
        end_of_part(offset, length, total)
        with answering(_WHAT), self._locked(upload, file) as descriptor:
            before = os.fstat(descriptor).st_size
            if offset > before:
                raise Conflict(
                    "part_gap",
                    f"{before:,} bytes of this file are here; the part begins at {offset:,}.",
                    mend=f"Go on at offset {before}.",
                    details={"wanted": before},
                )
            try:
                _take(descriptor, body, offset=offset, length=length, before=before)
            except BaseException:
                os.ftruncate(descriptor, before)
                raise
            return max(before, offset + length)

    def seal(
        self, upload: UUID, file: FileKey, *, size: int | None = None, sha256: str | None = None
    ) -> SealedFile:
        """Hash a whole file, hold it against what was announced, and take no more parts.

        A sealed file may be sealed again with the same size and sha256. ``Conflict``:
        ``file_incomplete`` keeps what is here; after ``size_mismatch`` and ``digest_mismatch``
        the bytes are gone and the file can be sent again.
        """
        sealed, part = self._sealed(upload, file), self._part(upload, file)
        if sealed.exists():
            found = _digest(sealed)
            _refuse_another(found, size, sha256)
            return found
        with answering(_WHAT), self._locked(upload, file) as descriptor:
            found = _digest(part)
            _refuse_incomplete(found, size)
            try:
                _refuse_another(found, size, sha256)
            except Conflict:
                os.ftruncate(descriptor, 0)
                raise
            os.fsync(descriptor)
            part.rename(sealed)
            sync_folder(sealed.parent)
            return found

    def size(self, upload: UUID, file: FileKey) -> int:
        """Return the bytes of a sealed file as it lies here now, or raise ``NotFound``."""
        with self.open(upload, file) as stream:
            return os.fstat(stream.fileno()).st_size

    def path(self, upload: UUID, file: FileKey) -> Path:
        """Return where a sealed file lies, or raise ``NotFound``."""
        path = self._sealed(upload, file)
        if not path.is_file():
            raise _file_missing()
        return path

    def open(self, upload: UUID, file: FileKey) -> BinaryIO:
        """Open a sealed file, or raise ``NotFound``."""
        try:
            return self._sealed(upload, file).open("rb", buffering=CHUNK)
        except FileNotFoundError as error:
            raise _file_missing() from error

    def remove(self, upload: UUID, file: FileKey) -> None:
        """Remove one file; raise ``Conflict`` with ``upload_busy`` while a part comes in."""
        if self._sealed(upload, file).exists():
            self._sealed(upload, file).unlink(missing_ok=True)
            return
        with answering(_WHAT), self._locked(upload, file):
            self._part(upload, file).unlink(missing_ok=True)

    def discard(self, upload: UUID) -> None:
        """Remove all files of an upload; none is no error."""
        shutil.rmtree(self.root / upload.hex, ignore_errors=True)

    def has(self, upload: UUID) -> bool:
        """Say whether anything of an upload is here."""
        return (self.root / upload.hex).exists()

    def idle_for(self, age: timedelta) -> list[UUID]:
        """Return the uploads to which nothing was written for ``age``."""
        folders = sorted(self.root.glob("*"))
        return [
            UUID(folder.name)
            for folder in folders
            if all(is_older(path, age) for path in (folder, *folder.glob("*")))
        ]

    def _part(self, upload: UUID, file: FileKey) -> Path:
        return self.root / upload.hex / f"{file}.part"

    def _sealed(self, upload: UUID, file: FileKey) -> Path:
        return self.root / upload.hex / f"{file}.sealed"

    @contextmanager
    def _locked(self, upload: UUID, file: FileKey) -> Iterator[int]:
        part = self._part(upload, file)
        make_folders(part.parent)
        if self._sealed(upload, file).exists():
            raise _file_sealed()
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Between opening and locking, the file may have been sealed under its other name.
            if self._sealed(upload, file).exists():
                raise _file_sealed()
            yield descriptor
        except BlockingIOError as error:
            raise Conflict("upload_busy", "Another part of this file is coming in.") from error
        finally:
            os.close(descriptor)


def end_of_part(offset: int, length: int, total: int | None) -> int:
    """Return where a part ends, or refuse one of a length or place that none has."""
    if offset < 0 or length < 0:
        raise Invalid("part_invalid", "A part has an offset and a length of zero or more.")
    if length > PART_BYTES:
        raise Invalid(
            "part_too_large",
            f"The part has {length:,} bytes; at most {PART_BYTES:,} go into one.",
            mend="Send the file in smaller parts.",
        )
    if total is not None and 0 <= total < offset + length:
        raise Invalid(
            "part_beyond_size",
            f"The part ends at {offset + length:,}, but the file has {total:,} bytes.",
        )
    return offset + length


def _take(descriptor: int, body: Readable, *, offset: int, length: int, before: int) -> None:
    position = offset
    for data in chunks(body, length):
        known = data[: max(0, before - position)]
        if known and os.pread(descriptor, len(known), position) != known:
            raise Conflict(
                "part_differs",
                "Other bytes were received for this place of the file before.",
                mend="Start a new upload.",
            )
        _write_all(descriptor, data[len(known) :], position + len(known))
        position += len(data)
    if position != offset + length:
        raise Invalid(
            "part_cut_off",
            f"The part ended after {position - offset:,} of {length:,} bytes; nothing of it is "
            "kept.",
            mend="Send the part again.",
        )


def _write_all(descriptor: int, data: bytes, position: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, position)
        view, position = view[written:], position + written


def _refuse_incomplete(found: SealedFile, size: int | None) -> None:
    if size is not None and found.size < size:
        raise Conflict(
            "file_incomplete",
            f"{found.size:,} of {size:,} bytes are here.",
            mend=f"Go on at offset {found.size}.",
            details={"wanted": found.size},
        )


def _refuse_another(found: SealedFile, size: int | None, sha256: str | None) -> None:
    again = "Send the file again from its beginning."
    if size is not None and found.size != size:
        sentence = f"The file has {found.size:,} bytes, not {size:,}."
        details = {"announced": size, "received": found.size}
        raise Conflict("size_mismatch", sentence, mend=again, details=details)
    if sha256 is not None and found.sha256 != sha256:
        raise Conflict(
            "digest_mismatch",
            f"The received bytes have the sha256 {found.sha256}, not {sha256}.",
            mend=again,
            details={"announced": sha256, "received": found.sha256},
        )


def _digest(path: Path) -> SealedFile:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
        return SealedFile(stream.tell(), digest.hexdigest())


def _file_missing() -> NotFound:
    return NotFound("upload_file_missing", "The bytes of this uploaded file are not here.")


def _file_sealed() -> Conflict:
    return Conflict("file_sealed", "This file is complete and takes no more parts.")
