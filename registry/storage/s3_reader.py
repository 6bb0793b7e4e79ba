"""Reading an object of a bucket: all the bytes that were asked for, or an error."""

import re
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from botocore.exceptions import BotoCoreError
from urllib3.exceptions import HTTPError

from aegis.problems import Unavailable
from aegis.proof.streams import CHUNK
from registry.storage.s3_answers import Answer, Bucket
from registry.storage.s3_refusals import NOT_FOUND

_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_CUTS: Final = 5
"""So often in a row may a body break off without a byte of progress."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a bucket says of an object: size, ETag, the base64 SHA-256 that it keeps, if any.

    ``version_id`` is the one to read where the bucket keeps several, empty for the latest.
    """

    key: str
    shown: str
    size: int
    etag: str
    checksum: str = ""
    version_id: str = ""


def find(bucket: Bucket, key: str, *, shown: str) -> Found:
    """Ask for an object's head, or raise ``NotFound``; ``shown`` is its name in sentences."""
    try:
        head = bucket.ask("head_object", Key=key, ChecksumMode="ENABLED")
    except Answer as refused:
        if refused.status != NOT_FOUND:
            raise
        require_bucket(bucket)
        raise bucket.wording.nothing_there(shown) from refused
    checksum = head.get("ChecksumSHA256", "")
    return Found(key, shown, head["ContentLength"], head["ETag"], checksum)


def require_bucket(bucket: Bucket) -> None:
    """Raise ``Unavailable`` where the bucket itself is missing: a head does not say which is."""
    try:
        bucket.ask("head_bucket")
    except Answer as refused:
        raise bucket.missing() from refused


class S3Stream:
    """The bytes of an object from ``offset`` on, or ``length`` of them.

    A body that breaks off is gone on with where it stopped, from the very same object: that is
    what the condition on its ETag is for. Every answer is held against the range that was asked
    for, since a proxy on the way may shorten a body and its Content-Length alike.
    """

    def __init__(self, bucket: Bucket, found: Found, *, offset: int, end: int) -> None:
        self._bucket = bucket
        self._found = found
        self._at = offset
        self._end = end
        self._body: Any = None
        self._cuts = 0
        if self._at < self._end:
            self._continue()

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes, or all that are left."""
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        wanted = min(size, self._end - self._at)
        while wanted > 0:
            if data := self._some(wanted):
                self._at += len(data)
                self._cuts = 0
                return data
            self._cuts += 1
            self._continue()
        return b""

    def close(self) -> None:
        """Give the stream up."""
        if self._body is not None:
            self._body.close()
            self._body = None

    def _some(self, wanted: int) -> bytes:
        try:
            return bytes(self._body.read(wanted))
        except (BotoCoreError, HTTPError, OSError, Unavailable):
            return b""

    def _continue(self) -> None:
        self.close()
        if self._cuts > _CUTS:
            raise self._bucket.away(
                f"broke off {self._cuts} times while it gave out {self._found.shown}"
            )
        try:
            answer = self._bucket.ask(
                "get_object",
                Key=self._found.key,
                Range=f"bytes={self._at}-{self._end - 1}",
                IfMatch=self._found.etag,
                **({"VersionId": self._found.version_id} if self._found.version_id else {}),
            )
        except Answer as refused:
            raise self._gone(refused) from refused
        self._body = answer["Body"]
        if answer.get("ETag", self._found.etag).strip('"') != self._found.etag.strip('"'):
            # There are servers that pass the condition over.
            self.close()
            raise self._bucket.wording.changed(self._found.shown)
        if not self._is_range(answer):
            self.close()
            raise self._bucket.away(f"gave another range of {self._found.shown}")

    def _is_range(self, answer: dict[str, Any]) -> bool:
        match = _RANGE.fullmatch(answer.get("ContentRange", ""))
        if match:
            first, last, _ = map(int, match.groups())
            return first == self._at and last == self._end - 1
        # Some servers answer with the whole where the range is the whole.
        return self._at == 0 and answer.get("ContentLength") == self._end

    def _gone(self, refused: Answer) -> Exception:
        if refused.status == NOT_FOUND:
            return self._bucket.wording.nothing_there(self._found.shown)
        return self._bucket.wording.changed(self._found.shown)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
