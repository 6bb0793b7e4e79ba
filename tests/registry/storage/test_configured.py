from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from aegis.problems import Unavailable
from aegis.settings import addresses
from registry.storage.configured import artifact_store
from registry.storage.folder import FolderStore
from registry.storage.s3 import S3Store
from tests.servers.seaweedfs.server import BUCKET, S3Server, put_account_into_environment


def test_a_file_address_is_a_folder(settings: Settings, tmp_path: Path) -> None:
    url = (tmp_path / "with space").as_uri()
    settings.AEGIS_STORAGE = addresses.storage("AEGIS_STORAGE_URL", url)
    store = artifact_store()
    assert isinstance(store, FolderStore)
    assert store.root == tmp_path / "with space"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials where boto3 looks first; the machine's own are not looked for."""
    put_account_into_environment(monkeypatch)


def configured(settings: Settings, url: str) -> S3Store:
    settings.AEGIS_STORAGE = addresses.storage("AEGIS_STORAGE_URL", url)
    store = artifact_store()
    assert isinstance(store, S3Store)
    return store


def test_an_address_of_s3_is_a_bucket_with_one_client(settings: Settings, account: None) -> None:
    url = "s3://aegis-models/prod/eu?endpoint_url=http://127.0.0.1:1&region=eu-north-1"
    store = configured(settings, url)
    client = store.bucket.client
    assert store.bucket.name == "aegis-models"
    assert client.meta.endpoint_url == "http://127.0.0.1:1"
    assert client.meta.region_name == "eu-north-1"
    assert client.meta.config.retries["total_max_attempts"] == 1
    assert configured(settings, url).bucket.client is client


def test_people_get_addresses_of_the_name_that_they_reach(
    settings: Settings, account: None
) -> None:
    inside = "s3://aegis-models?endpoint_url=http://minio:9000"
    store = configured(settings, f"{inside}&public_endpoint_url=https://models.example.org")
    address = store.link("a/b", file_name="b.tar.gz", media_type="application/gzip", seconds=60)
    assert address is not None
    assert address.startswith("https://models.example.org/aegis-models/a/b?")
    without = configured(settings, f"{inside}&links=0")
    assert without.link("a/b", file_name="b", media_type="text/plain", seconds=60) is None


def test_missing_credentials_are_looked_for_again(
    settings: Settings, account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"s3://aegis-{uuid4().hex}?region=eu-north-1"
    with monkeypatch.context() as changed:
        changed.delenv("AWS_ACCESS_KEY_ID")
        with pytest.raises(Unavailable) as refusal:
            configured(settings, url)
        assert refusal.value.code == "storage_without_credentials"
    assert configured(settings, url).bucket.client is not None


def test_proxy_variables_do_not_see_the_packages(
    settings: Settings, account: None, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    configured(settings, f"s3://{BUCKET}/{uuid4().hex}?endpoint_url={s3.endpoint}").check()
