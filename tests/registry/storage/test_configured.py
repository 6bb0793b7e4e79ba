from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from aegis.settings import addresses
from registry.storage.configured import artifact_store
from registry.storage.folder import FolderStore


def test_a_file_address_is_a_folder(settings: Settings, tmp_path: Path) -> None:
    url = (tmp_path / "with space").as_uri()
    settings.AEGIS_STORAGE = addresses.storage("AEGIS_STORAGE_URL", url)
    store = artifact_store()
    assert isinstance(store, FolderStore)
    assert store.root == tmp_path / "with space"


def test_an_address_that_is_no_folder_is_refused_with_a_sentence(
    settings: Settings,
) -> None:
    settings.AEGIS_STORAGE = addresses.storage("AEGIS_STORAGE_URL", "s3://bucket/prefix")
    with pytest.raises(ImproperlyConfigured, match="must name a folder"):
        artifact_store()
