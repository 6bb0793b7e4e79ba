"""Fixtures of the servers that only some tests need: a conftest takes over what its tests use."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from aegis.settings import addresses
from tests.servers import faults
from tests.servers.faults import FaultyServer
from tests.servers.seaweedfs import server
from tests.servers.seaweedfs.server import S3Server


@pytest.fixture(scope="session")
def s3() -> S3Server:
    """A real S3 server, the same for all processes; a test without one is skipped with a line."""
    return server.running()


@pytest.fixture
def faulty(s3: S3Server) -> Iterator[FaultyServer]:
    """A proxy before the S3 server, with nothing planned yet."""
    with faults.before(s3.endpoint) as proxy:
        yield proxy


@pytest.fixture
def in_bucket(
    s3: S3Server, faulty: FaultyServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> FaultyServer:
    """Let packages, evidence and other small files lie in a bucket, behind the proxy."""
    server.put_account_into_environment(monkeypatch)
    url = f"s3://{server.BUCKET}/tests/{uuid4().hex}"
    storage = addresses.storage(
        "AEGIS_STORAGE_URL", f"{url}?endpoint_url={faulty.endpoint}&region={server.REGION}"
    )
    settings.AEGIS_STORAGE = storage
    settings.STORAGES = {**settings.STORAGES, "default": addresses.small_files(storage)}
    return faulty
