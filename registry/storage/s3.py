"""The artifact store that is a bucket of an S3 server."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.http import content_disposition_header

from aegis.problems import Unavailable
from aegis.proof.streams import Readable, ReadableStream, chunks
from registry.storage.protocol import StoredObject, check_key
from registry.storage.s3_answers import Answer, Bucket
from registry.storage.s3_reader import S3Stream, find, require_bucket
from registry.storage.s3_writer import PART_SIZE, S3Writer

# No key begins with a dot, so no object can be taken for a probe.
_PROBES: Final = ".checks"


class S3Store:
    """Keep each object under its key below ``prefix`` of a bucket.

    ``links`` is a client for the addresses that people get, None where they get none: its
    server has the name by which people reach it.
    """

    def __init__(
        self,
        bucket: Bucket,
        prefix: str = "",
        *,
        links: Any = None,
        part_size: int = PART_SIZE,
    ) -> None:
        self.bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._links = links
        self._part_size = part_size

    def create(self, key: str) -> S3Writer:
        """Begin a new object; ``commit`` makes it appear."""
        return S3Writer(self.bucket, self._key(key), shown=key, part_size=self._part_size)

    def put(self, key: str, source: Readable) -> StoredObject:
        """Store all of ``source`` and commit it."""
        with self.create(key) as writer:
            for data in chunks(source):
                writer.write(data)
            return writer.commit()

    def size(self, key: str) -> int:
        """Return an object's size in bytes, or raise ``NotFound``."""
        return find(self.bucket, self._key(key), shown=key).size

    def open(self, key: str, *, offset: int = 0, length: int | None = None) -> ReadableStream:
        """Open an object, or ``length`` bytes of it from ``offset``, or raise ``NotFound``."""
        found = find(self.bucket, self._key(key), shown=key)
        end = found.size if length is None else min(found.size, offset + length)
        return S3Stream(self.bucket, found, offset=offset, end=end)

    def sweep(self, older_than: timedelta) -> int:
        """Give up the uploads below the prefix that were begun before ``older_than``."""
        before = timezone.now() - older_than
        old = [one for one in self._uploads() if one["Initiated"] < before]
        for upload in old:
            with suppress(Answer):  # Its writer was quicker.
                self.bucket.ask(
                    "abort_multipart_upload", Key=upload["Key"], UploadId=upload["UploadId"]
                )
        return len(old)

    def remove(self, key: str) -> None:
        """Remove an object for good, with every version of it that the bucket keeps."""
        full = self._key(key)
        for version in [*self._versions(full)]:
            self.bucket.ask("delete_object", Key=full, VersionId=version)

    def link(self, key: str, *, file_name: str, media_type: str, seconds: int) -> str | None:
        """Return a presigned address of an object, or None where people are given none."""
        full = self._key(key)
        if self._links is None:
            return None
        address: str = self._links.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket.name,
                "Key": full,
                "ResponseContentDisposition": content_disposition_header(
                    as_attachment=True, filename=file_name
                ),
                "ResponseContentType": media_type,
            },
            ExpiresIn=seconds,
        )
        return address

    def check(self) -> None:
        """Ask for the bucket, and begin an upload and give it up, or raise ``Unavailable``."""
        once = replace(self.bucket, pauses=())
        require_bucket(once)
        probe = f"{self._prefix}{_PROBES}/{uuid.uuid4().hex}"
        try:
            upload = once.ask("create_multipart_upload", Key=probe)["UploadId"]
            once.ask("abort_multipart_upload", Key=probe, UploadId=upload)
        except Answer as refused:
            message = f"The bucket {self.bucket} refuses uploads ({refused})."
            raise Unavailable("storage_refused", message) from refused

    def _key(self, key: str) -> str:
        return self._prefix + check_key(key)

    def _uploads(self) -> Iterator[dict[str, Any]]:
        marker: dict[str, str] = {}
        while True:
            page = self.bucket.ask("list_multipart_uploads", Prefix=self._prefix, **marker)
            yield from page.get("Uploads", ())
            if not page.get("IsTruncated"):
                return
            marker = {
                "KeyMarker": page["NextKeyMarker"],
                "UploadIdMarker": page["NextUploadIdMarker"],
            }

    def _versions(self, full: str) -> Iterator[str]:
        """Yield what a bucket keeps of one key: "null", or all versions and marks of removal."""
        page = self.bucket.ask("list_object_versions", Prefix=full)
        for row in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            if row["Key"] == full:
                yield row["VersionId"]
