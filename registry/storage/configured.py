"""The artifact store that the settings name."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from registry.storage.folder import FolderStore
from registry.storage.protocol import ArtifactStore


def artifact_store() -> ArtifactStore:
    """Return the store of ``AEGIS_STORAGE_URL``."""
    storage = settings.AEGIS_STORAGE
    if storage.root is None:
        raise ImproperlyConfigured(
            "AEGIS_STORAGE_URL must name a folder: this release keeps artifacts in one."
        )
    return FolderStore(storage.root)
