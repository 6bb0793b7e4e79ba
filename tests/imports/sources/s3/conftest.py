from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from aegis.settings.import_buckets import ImportBucket
from imports.sources.protocol import Plan
from imports.sources.s3.source import BucketSource
from tests.servers.faults import FaultyServer
from tests.servers.fixtures import faulty, s3
from tests.servers.seaweedfs.server import BUCKET, S3Server, secret_of

__all__ = ["faulty", "s3"]


@dataclass
class Shelf:
    """A folder of the tests' bucket that imports may come from, behind a proxy."""

    server: S3Server
    proxy: FaultyServer
    place: ImportBucket

    def put(self, files: dict[str, bytes], **further: Any) -> None:
        """Put objects there, by their path below the folder."""
        client = self.server.client("admin")
        for path, data in files.items():
            key = f"{self.place.prefix}/{path}"
            client.put_object(Bucket=self.place.bucket, Key=key, Body=data, **further)

    def remove(self, path: str) -> None:
        key = f"{self.place.prefix}/{path}"
        self.server.client("admin").delete_object(Bucket=self.place.bucket, Key=key)

    def uri(self, path: str = "") -> str:
        return f"{self.place.address}{path}"

    @property
    def source(self) -> BucketSource:
        return BucketSource(self.place)

    def plan(self, path: str = "", **reference: Any) -> Plan:
        return self.source.plan({"uri": self.uri(path), **reference})


Place = Callable[..., ImportBucket]


@pytest.fixture
def place(
    s3: S3Server, faulty: FaultyServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Place:
    """Configure a bucket to import from; what is not said is a folder of this test's own."""
    monkeypatch.setattr("imports.sources.s3.connecting.PAUSES", (0.01, 0.02, 0.03))
    settings.AEGIS_EGRESS_ALLOW = frozenset({"127.0.0.1"})
    settings.AEGIS_IMPORT_BUCKETS = {}

    def configure(name: str = "models", **changed: Any) -> ImportBucket:
        account = changed.pop("account", "reader")
        key = {"access_key_id": account, "secret_access_key": secret_of(account)}
        said = {
            "bucket": BUCKET,
            "prefix": f"imports/{uuid4().hex}",
            "endpoint_url": faulty.endpoint,
            "credential": key,
            **changed,
        }
        made = ImportBucket(name, **said)
        settings.AEGIS_IMPORT_BUCKETS = {**settings.AEGIS_IMPORT_BUCKETS, name: made}
        return made

    return configure


@pytest.fixture
def shelf(s3: S3Server, faulty: FaultyServer, place: Place) -> Shelf:
    return Shelf(s3, faulty, place())
