"""Writing an object to a bucket: one request, or parts that become an object all at once."""

import base64
import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import structlog

from aegis.problems import Conflict, NotFound, Unavailable
from aegis.proof.streams import Bytes, HashingWriter, chunks
from registry.storage.protocol import StoredObject
from registry.storage.s3_answers import Answer, Bucket
from registry.storage.s3_reader import Found, S3Stream, find

log = structlog.get_logger(__name__)

MIB: Final = 1024 * 1024
PART_SIZE: Final = 16 * MIB
LARGE_PART_SIZE: Final = 64 * MIB
SMALL_PARTS: Final = 5_000
"""After so many parts (78 GiB) they get larger: an object has 10,000 parts at most."""
MOST_PARTS: Final = 10_000
IN_FLIGHT: Final = 2
_TAKEN: Final = 412
# What a repeated wish to complete is told, once the first one was granted and its answer lost.
_GONE: Final = frozenset({404, 409, _TAKEN})


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    etag: str
    digest: bytes


class S3Writer:
    """An object in the making. ``commit`` makes it appear; else nothing of it stays.

    Up to one part is held and sent in one request. Of more, parts are sent while the next one
    is filled, so that memory stays flat and neither waits for the other.
    """

    def __init__(self, bucket: Bucket, key: str, *, shown: str, part_size: int = PART_SIZE) -> None:
        self._bucket = bucket
        self._key = key
        self._shown = shown
        self._part_size = part_size
        self._held = bytearray()
        self._sink = HashingWriter(_Filling(self))
        self._upload: str | None = None
        self._pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="s3-part")
        self._sending: deque[Future[_Part]] = deque()
        self._parts: list[_Part] = []
        self._begun = 0

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
        return self._sink.write(data)

    def commit(self) -> StoredObject:
        """Make the object appear under its key, or raise ``Conflict`` if another one is there."""
        written = StoredObject(self._shown, self._sink.size, self._sink.sha256)
        if (there := self._there()) is not None:
            # Servers that ignore the condition below exist; they shall not overwrite either.
            self._refuse_other(there, written)
        elif self._upload is None:
            self._put(written)
        else:
            self._complete(written)
        return written

    def fill(self, data: Bytes) -> None:
        """Take bytes that were hashed already, and send what makes whole parts."""
        self._held += data
        while len(self._held) > (size := self._size_of_part()):
            self._send(bytes(self._held[:size]))
            del self._held[:size]

    def _size_of_part(self) -> int:
        return self._part_size if self._begun < SMALL_PARTS else LARGE_PART_SIZE

    def _put(self, written: StoredObject) -> None:
        checksum = base64.b64encode(bytes.fromhex(written.sha256)).decode()
        try:
            self._bucket.ask(
                "put_object",
                Key=self._key,
                Body=bytes(self._held),
                IfNoneMatch="*",
                ChecksumSHA256=checksum,
                ContentType="application/octet-stream",
            )
        except Answer as refused:
            self._settle(refused, written)
        else:
            self._confirm(written, checksum)

    def _complete(self, written: StoredObject) -> None:
        if self._held:
            self._send(bytes(self._held))
            self._held.clear()
        while self._sending:
            self._parts.append(self._sending.popleft().result())
        parts = [
            {"PartNumber": part.number, "ETag": part.etag, "ChecksumSHA256": _text(part.digest)}
            for part in self._parts
        ]
        try:
            self._bucket.ask(
                "complete_multipart_upload",
                Key=self._key,
                UploadId=self._upload,
                MultipartUpload={"Parts": parts},
                IfNoneMatch="*",
            )
        except Answer as refused:
            self._settle(refused, written)
        else:
            self._upload = None
            self._confirm(written, self._checksum())

    def _checksum(self) -> str:
        """Return the checksum of checksums by which S3 knows an object of parts."""
        together = hashlib.sha256(b"".join(part.digest for part in self._parts)).digest()
        return f"{_text(together)}-{len(self._parts)}"

    def _confirm(self, written: StoredObject, checksum: str) -> None:
        """Make sure that what is there now is what was sent.

        Where it is not, another writer was granted the same a moment later: some servers look
        first and write then. Nothing is taken away, since nobody knows here whose bytes those are.
        """
        found = find(self._bucket, self._key, shown=self._shown)
        if found.size != written.size or found.checksum != checksum:
            self._refuse_other(found, written)

    def _settle(self, refused: Answer, written: StoredObject) -> None:
        """Find out who was first: another writer, or an attempt of ours whose answer was lost."""
        if refused.status not in _GONE:
            raise refused
        there = self._there()
        if there is None:
            message = f"The bucket {self._bucket} did not keep {self._shown} ({refused.code})."
            raise Unavailable("storage_away", message) from refused
        self._refuse_other(there, written)

    def _refuse_other(self, there: Found, written: StoredObject) -> None:
        if not self._is_same(there, written):
            raise Conflict(
                "object_exists", f"The artifact store has other bytes under {self._shown} already."
            )

    def _there(self) -> Found | None:
        try:
            return find(self._bucket, self._key, shown=self._shown)
        except NotFound:
            return None

    def _is_same(self, there: Found, written: StoredObject) -> bool:
        if there.size != written.size:
            return False
        digest = hashlib.sha256()
        with S3Stream(self._bucket, there, offset=0, end=there.size) as stream:
            for data in chunks(stream):
                digest.update(data)
        return digest.hexdigest() == written.sha256

    def _send(self, data: bytes) -> None:
        if self._upload is None:
            self._begin()
        self._begun += 1
        if self._begun > MOST_PARTS:
            raise Conflict(
                "object_too_large", f"{self._shown} has more bytes than a bucket keeps in one."
            )
        if len(self._sending) >= IN_FLIGHT:
            self._parts.append(self._sending.popleft().result())
        self._sending.append(self._pool.submit(self._send_part, self._begun, data))

    def _begin(self) -> None:
        answer = self._bucket.ask(
            "create_multipart_upload",
            Key=self._key,
            ChecksumAlgorithm="SHA256",
            ContentType="application/octet-stream",
        )
        self._upload = answer["UploadId"]

    def _send_part(self, number: int, data: bytes) -> _Part:
        digest = hashlib.sha256(data).digest()
        try:
            answer = self._bucket.ask(
                "upload_part",
                Key=self._key,
                UploadId=self._upload,
                PartNumber=number,
                Body=data,
                ChecksumSHA256=_text(digest),
            )
        except Answer as refused:
            message = f"The bucket {self._bucket} lost the upload of {self._shown}."
            raise Unavailable("storage_away", message) from refused
        return _Part(number, answer["ETag"], digest)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A part that arrived after the end of its upload would be left over.
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._upload is not None:
            self._abort()

    def _abort(self) -> None:
        try:
            self._bucket.ask("abort_multipart_upload", Key=self._key, UploadId=self._upload)
        except Answer:
            pass  # It is gone already.
        except Unavailable as away:
            # The sweep finds it; why the block was left matters more.
            log.warning("storage.upload_left_over", key=self._shown, code=away.code)


class _Filling:
    """The sink below the hash: the writer's own parts."""

    def __init__(self, writer: S3Writer) -> None:
        self._writer = writer

    def write(self, data: Bytes, /) -> None:
        self._writer.fill(data)


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
