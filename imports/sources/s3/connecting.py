"""Connecting to a bucket: by its own credential, and only where ``aegis.egress`` lets it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import botocore.session
from botocore import UNSIGNED
from botocore.client import BaseClient

from aegis.egress.aws import Sender
from aegis.settings.buckets import client_config
from aegis.settings.import_buckets import ImportBucket
from imports.sources.s3.credentials import Key, key_of
from imports.sources.s3.refusals import OfImports
from registry.storage.s3_answers import PAUSES, Bucket

# What boto3 reads of files and profiles is the artifact store's or a person's: none of it is ours.
_NOTHING: Final = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


# Requests are not signed then; a client without any key would look for one on the machine.
_NOBODY: Final = Key("nobody", "nobody")


class Connection:
    """What asks one bucket. A client takes a tenth of a second to make, so one is used again."""

    def __init__(self, place: ImportBucket) -> None:
        self._place = place
        self._sender = Sender()
        self._made: tuple[Key | None, Bucket] | None = None

    @contextmanager
    def open(self) -> Iterator[Bucket]:
        """Give out the bucket to be asked, and give the connections up afterwards."""
        key = key_of(self._place)
        if self._made is None or self._made[0] != key:
            self._made = key, self._bucket(key)
        try:
            yield self._made[1]
        finally:
            self._sender.close()

    def _bucket(self, key: Key | None) -> Bucket:
        client = _client(self._place, key)
        self._sender.attach(client)
        endpoint = self._place.endpoint_url
        return Bucket(client, self._place.bucket, endpoint, PAUSES, OfImports(self._place))


def _client(place: ImportBucket, key: Key | None) -> BaseClient:
    session = botocore.session.Session(session_vars=dict(_NOTHING))
    options = {"endpoint_url": place.endpoint_url} if place.endpoint_url else {}
    config = client_config(options).merge(
        type(client_config(options))(
            signature_version="s3v4" if key else UNSIGNED,
            ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # The stubs lack it.
            use_fips_endpoint=False,
            use_dualstack_endpoint=False,
        )
    )
    used = key or _NOBODY
    return session.create_client(
        "s3",
        region_name=place.region,
        endpoint_url=place.endpoint_url or None,
        aws_access_key_id=used.access_key_id,
        aws_secret_access_key=used.secret_access_key,
        aws_session_token=used.session_token,
        config=config,
    )
