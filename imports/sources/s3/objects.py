"""What lies in a bucket: which objects a reference names, and what the bucket says of each."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from aegis.problems import Conflict, Forbidden, Invalid, Refusal, Unavailable
from registry.storage.s3_answers import Answer, Bucket
from registry.storage.s3_refusals import NOT_FOUND

LISTED: Final = 20_000
"""So many objects below a folder are looked through: twice what a version may have."""
AT_ONCE: Final = 8
"""So many objects are asked for at a time."""

_DIGEST_BYTES: Final = 32
_ARCHIVES: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing has it."""

    key: str
    size: int

    @property
    def is_folder_marker(self) -> bool:
        """Say whether it only stands for a folder, as consoles make them."""
        return self.key.endswith("/") and not self.size


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as its own head has it; ``etag`` is without quotes, ``sha256`` empty if not kept.

    ``version_id`` is empty where the bucket keeps no versions.
    """

    key: str
    size: int
    etag: str
    version_id: str = ""
    sha256: str = ""
    is_archived: bool = False


def listing(bucket: Bucket, folder: str) -> Iterator[Listed]:
    """Yield the objects whose keys begin with ``folder``, or raise ``Invalid`` for too many."""
    seen = 0
    page: dict[str, Any] = {}
    while True:
        further = page.get("NextContinuationToken")
        page = page_of(bucket, folder, **({"ContinuationToken": further} if further else {}))
        for entry in page.get("Contents", ()):
            seen += 1
            if seen > LISTED:
                raise Invalid(
                    "s3_too_many_objects",
                    f"More than {LISTED:,} objects lie there.",
                    mend="Name a folder that has only the files of the model.",
                )
            yield Listed(str(entry["Key"]), int(entry["Size"]))
        if not page.get("IsTruncated"):
            return
        if page.get("NextContinuationToken") in {None, further}:
            raise bucket.away("lists the same page again and again")


def page_of(bucket: Bucket, folder: str, **further: Any) -> dict[str, Any]:
    """Return one page of the listing of a folder."""
    try:
        return bucket.ask("list_objects_v2", Prefix=folder, **further)
    except Answer as refused:
        raise _odd(bucket, refused, "a listing") from refused


def find(bucket: Bucket, key: str) -> Stored | None:
    """Return the object of exactly that key, or None."""
    try:
        head = bucket.ask("head_object", Key=key, ChecksumMode="ENABLED")
    except Answer as refused:
        if refused.status != NOT_FOUND:
            raise _odd(bucket, refused, "an object") from refused
        return None
    except (Forbidden, Conflict):
        _ask_why(bucket, key)
        raise
    if not head.get("ETag") or "ContentLength" not in head:
        raise bucket.away("says of an object neither how large it is nor its ETag")
    return Stored(
        key=key,
        size=int(head["ContentLength"]),
        etag=str(head["ETag"]).strip('"'),
        version_id=str(head.get("VersionId") or ""),
        sha256=_sha256(head),
        is_archived=_is_archived(head),
    )


def find_all(bucket: Bucket, keys: Iterable[str]) -> list[Stored]:
    """Return the objects of ``keys``, or raise ``Conflict`` where one is gone since it was listed.

    A listing does not tell the version of an object, nor its checksum: each is asked for.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda key: _listed(bucket, key), keys))


def require_readable(bucket: Bucket, stored: Stored) -> None:
    """Raise what the bucket says to reading: a head may be allowed where the bytes are not."""
    if not stored.size or stored.is_archived:
        return
    version = {"VersionId": stored.version_id} if stored.version_id else {}
    try:
        answer = bucket.ask(
            "get_object", Key=stored.key, Range="bytes=0-0", IfMatch=f'"{stored.etag}"', **version
        )
    except Answer as refused:
        raise bucket.wording.changed(stored.key) from refused
    answer["Body"].close()


def _listed(bucket: Bucket, key: str) -> Stored:
    stored = find(bucket, key)
    if stored is None:
        raise bucket.wording.nothing_there(key)
    return stored


def _ask_why(bucket: Bucket, key: str) -> None:
    """Raise the refusal in full: one of a head is a status and no word more."""
    try:
        answer = bucket.ask("get_object", Key=key, Range="bytes=0-0")
    except (Answer, Unavailable):
        return
    answer["Body"].close()


def _odd(bucket: Bucket, refused: Answer, what: str) -> Refusal:
    return bucket.away(f"answers {refused.status} where it is asked for {what}")


def _sha256(head: dict[str, Any]) -> str:
    """Return the SHA-256 of the whole object in hex; that of an object's parts says nothing."""
    if head.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT":
        return ""
    try:
        digest = base64.b64decode(head.get("ChecksumSHA256", ""), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return digest.hex() if len(digest) == _DIGEST_BYTES else ""


def _is_archived(head: dict[str, Any]) -> bool:
    if head.get("ArchiveStatus"):
        return True
    is_restored = 'ongoing-request="false"' in str(head.get("Restore", ""))
    return head.get("StorageClass") in _ARCHIVES and not is_restored
