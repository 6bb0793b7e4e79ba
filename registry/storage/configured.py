"""The artifact store that the settings name."""

import os
from functools import lru_cache
from typing import Any

from django.conf import settings

from aegis.problems import Unavailable
from aegis.settings.addresses import Storage
from aegis.settings.buckets import client_config
from registry.storage.folder import FolderStore
from registry.storage.protocol import ArtifactStore


def artifact_store() -> ArtifactStore:
    """Return the store of ``AEGIS_STORAGE_URL``."""
    storage: Storage = settings.AEGIS_STORAGE
    if storage.root is not None:
        return FolderStore(storage.root)
    return _bucket(storage.bucket, storage.prefix, tuple(sorted(storage.options.items())))


@lru_cache(maxsize=4)
def _bucket(name: str, prefix: str, given: tuple[tuple[str, str], ...]) -> ArtifactStore:
    # Loading boto3 takes half a second, which who keeps packages in a folder need not wait.
    from registry.storage.s3 import S3Store  # noqa: PLC0415
    from registry.storage.s3_answers import Bucket  # noqa: PLC0415

    options = dict(given)
    inside = options.get("endpoint_url")
    outside = options.get("public_endpoint_url", inside)
    links = None if options.get("links") == "0" else _client(options, outside)
    return S3Store(Bucket(_client(options, inside), name, inside or ""), prefix, links=links)


# A client is shared by threads and not by processes: a fork must not use its parent's sockets.
os.register_at_fork(after_in_child=_bucket.cache_clear)


def _client(options: dict[str, str], endpoint: str | None) -> Any:
    import boto3  # noqa: PLC0415

    session = boto3.session.Session()
    if session.get_credentials() is None:
        # A client without them would be kept and never look again.
        raise Unavailable(
            "storage_without_credentials",
            "Aegis has no credentials for the bucket of AEGIS_STORAGE_URL.",
            mend="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role.",
        )
    return session.client(
        "s3",
        endpoint_url=endpoint,
        region_name=options.get("region"),
        config=client_config({**options, **({"endpoint_url": endpoint} if endpoint else {})}),
    )
