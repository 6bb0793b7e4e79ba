"""Small files that are kept for good, such as evidence: received, hashed, stored, read again.

They lie in Django's default storage, which is where packages lie too, under keys that name nothing
but themselves. A file is stored before the row that names it; one that no row names is swept away
by its age.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Protocol

from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone

from aegis.keys import new_key
from aegis.problems import Conflict, Invalid, NotFound
from aegis.proof.streams import CHUNK, chunks
from registry.files import sync_folder
from registry.storage.configured import artifact_store
from registry.storage.small_files import answering_for

FOLDER: Final = "evidence"
_IN_MEMORY: Final = 1024 * 1024
_WHAT: Final = "the store of evidence"


class Incoming(Protocol):
    """A file as Django hands it on from a form: its name, and its bytes in chunks."""

    @property
    def name(self) -> str | None:
        """The name that the sender gave it."""

    def chunks(self) -> Iterable[bytes]:
        """Return its bytes, in pieces."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that came in whole, in a temporary place: its size in bytes and hex sha256."""

    stream: IO[bytes]
    size: int
    sha256: str

    def head(self, size: int) -> bytes:
        """Return the first ``size`` bytes."""
        self.stream.seek(0)
        return self.stream.read(size)


@contextmanager
def received(file: Incoming, *, limit: int) -> Iterator[Received]:
    """Take a file in for the length of the block; raise ``Invalid`` if it is empty or too large."""
    digest = hashlib.sha256()
    size = 0
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        for data in file.chunks():
            size += len(data)
            if size > limit:
                raise Invalid(
                    "file_too_large", f"The file has more than {limit:,} bytes.", field="file"
                )
            digest.update(data)
            spool.write(data)
        if size == 0:
            raise Invalid("file_empty", "The file is empty.", field="file")
        yield Received(spool, size, digest.hexdigest())


def store(document: Received) -> str:
    """Store a received file durably, and return its key."""
    document.stream.seek(0)
    with answering_for(_WHAT):
        key = default_storage.save(f"{FOLDER}/{new_key().hex}", File(document.stream))
        _make_durable(key)
    return key


def remove(key: str) -> None:
    """Remove a stored file that no row names, with every version of it that a bucket keeps."""
    artifact_store().remove(key)


@contextmanager
def opened(key: str, *, sha256: str) -> Iterator[IO[bytes]]:
    """Open a stored file whose bytes are still the recorded ones.

    Raises ``NotFound`` if it is gone, ``Conflict`` with ``document_damaged`` if it was changed.
    """
    try:
        with answering_for(_WHAT):
            file = default_storage.open(key, "rb")
    except FileNotFoundError as error:
        code = "document_missing"
        raise NotFound(code, "The bytes of this file are not in the store.") from error
    with file as stream:
        digest = hashlib.sha256()
        with answering_for(_WHAT):  # Of an object the bytes are fetched only now.
            for data in chunks(stream):
                digest.update(data)
        if digest.hexdigest() != sha256:
            raise Conflict(
                "document_damaged", "The stored bytes are not the ones that were attached."
            )
        stream.seek(0)
        yield stream


def orphans(known: Iterable[str], *, older_than: timedelta) -> Iterator[str]:
    """Yield the keys of stored files that are not ``known`` and older than ``older_than``."""
    named = set(known)
    before = timezone.now() - older_than
    with answering_for(_WHAT):
        try:
            names = default_storage.listdir(FOLDER)[1]
        except FileNotFoundError:  # A folder that nothing was put into yet; buckets have none.
            return
    for name in names:
        key = f"{FOLDER}/{name}"
        if key not in named and default_storage.get_modified_time(key) < before:
            yield key


def in_parts(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of an open file in chunks."""
    while data := stream.read(CHUNK):
        yield data


def _make_durable(key: str) -> None:
    """Make a file of a folder survive a power cut; other storages see to that themselves."""
    try:
        path = Path(default_storage.path(key))
    except NotImplementedError:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(path.parent)
