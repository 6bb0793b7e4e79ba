from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from registry.storage.folder import FolderStore
from registry.storage.protocol import ArtifactStore
from registry.storage.s3 import S3Store
from tests.servers.fixtures import faulty, s3
from tests.servers.seaweedfs.server import S3Server

__all__ = ["faulty", "s3"]

Leftovers = Callable[[], list[str]]


def folder_leftovers(store: FolderStore) -> list[str]:
    """Return the temporary files of writers in a folder."""
    return sorted(path.name for path in (store.root / ".incoming").glob("*"))


def bucket_leftovers(store: S3Store) -> list[str]:
    """Return the keys of uploads that were begun below the store's prefix."""
    page = store.bucket.ask("list_multipart_uploads", Prefix=store._prefix)
    return sorted(upload["Key"] for upload in page.get("Uploads", ()))


@pytest.fixture
def prefix() -> str:
    """A prefix of this test's own in the bucket that all share."""
    return f"tests/{uuid4().hex}"


@pytest.fixture
def bucket_store(s3: S3Server, prefix: str) -> S3Store:
    return s3.store(prefix)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    """Each kind of store in turn."""
    if request.param == "folder":
        return FolderStore(tmp_path / "artifacts")
    return request.getfixturevalue("bucket_store")


@pytest.fixture
def leftovers(store: ArtifactStore) -> Leftovers:
    """Return what writers that gave up left in the store."""

    def look() -> list[str]:
        if isinstance(store, FolderStore):
            return folder_leftovers(store)
        assert isinstance(store, S3Store)
        return bucket_leftovers(store)

    return look
