"""Which buckets models are imported from, and with what credential each is read.

The credential of one bucket is that of no other, nor of the artifact store: none is looked for
in the environment or on the machine where the setting names none.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from django.core.exceptions import ImproperlyConfigured

from aegis.settings import addresses, env
from aegis.settings.addresses import Storage

VARIABLE: Final = "AEGIS_IMPORT_BUCKETS"
DEFAULT_REGION: Final = "us-east-1"

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ENVIRONMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET: Final = re.compile(r"[\x21-\x7e]{1,4096}")
_OPTIONS: Final = frozenset({"endpoint_url", "region"})
_KEYS: Final = frozenset({"access_key_id", "secret_access_key"})
_VARIABLES: Final = frozenset({"access_key_id_env", "secret_access_key_env"})
_WAYS: Final = (
    frozenset[str](),
    _KEYS,
    _KEYS | {"session_token"},
    _VARIABLES,
    _VARIABLES | {"session_token_env"},
    frozenset({"credentials_file"}),
    frozenset({"credentials_file", "profile"}),
)


@dataclass(frozen=True, slots=True)
class ImportBucket:
    """A bucket, or what lies below a prefix of it, by the name that people give it.

    ``credential`` are its parts in one of the ways of the setting, empty for a bucket that anybody
    may read. A file and variables are read each time.
    """

    name: str
    bucket: str
    prefix: str = ""
    endpoint_url: str = ""
    region: str = DEFAULT_REGION
    credential: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def address(self) -> str:
        """Where imports may come from, as ``s3://bucket/prefix/``."""
        return f"s3://{self.bucket}/{self.prefix}/" if self.prefix else f"s3://{self.bucket}/"

    def covers(self, key: str) -> bool:
        """Say whether a key, or the prefix itself, is part of it: ``team-a2`` is not of team-a."""
        return not self.prefix or f"{key}/".startswith(f"{self.prefix}/")


def read(storage: Storage) -> dict[str, ImportBucket]:
    """Return the buckets by name. Raises ``ImproperlyConfigured`` for what cannot be right.

    One that has part of ``storage`` in it is refused: who may import from it could read packages
    of every team.
    """
    found = {name: _bucket(name, value) for name, value in env.json_object(VARIABLE).items()}
    for bucket in found.values():
        if _meets(bucket, storage):
            _refuse(f"names by {bucket.name} what AEGIS_STORAGE_URL keeps packages in")
    return found


def _bucket(name: str, value: Any) -> ImportBucket:
    if not _NAME.fullmatch(name):
        _refuse("names a bucket in a way that cannot be typed; use letters, digits, . _ and -")
    if not isinstance(value, dict) or not {"url"} <= value.keys() <= {"url", "credential"}:
        _refuse(f"must give {name} as an object with a url, and a credential where it needs one")
    credential = value.get("credential", {})
    if not isinstance(credential, dict) or credential.keys() not in _WAYS:
        _refuse(
            f"must give the credential of {name} as an access_key_id and a secret_access_key, "
            "each perhaps with _env behind it for the name of a variable, or as a credentials_file"
        )
    place = _place(name, value["url"])
    return ImportBucket(
        name,
        place.bucket,
        place.prefix,
        place.options.get("endpoint_url", "").rstrip("/"),
        place.options.get("region", DEFAULT_REGION),
        _credential(name, credential),
    )


def _place(name: str, value: Any) -> Storage:
    url = value if isinstance(value, str) else ""
    if not url.startswith("s3://"):
        _refuse(f"must give the url of {name} as s3://bucket or s3://bucket/prefix")
    place = addresses.storage(f"The url of {name} in {VARIABLE}", url)
    if unknown := place.options.keys() - _OPTIONS:
        _refuse(f"has a url of {name} with {min(unknown)}, which only packages have")
    return place


def _credential(name: str, given: Mapping[str, Any]) -> dict[str, str]:
    for key, value in given.items():
        if not isinstance(value, str) or not _is_fit(key, value):
            _refuse(f"has a {key} for {name} that cannot be one")
        if key.endswith("_env") and value not in os.environ:
            _refuse(f"says that the {key.removesuffix('_env')} of {name} is in {value}, not set")
    return dict(given)


def _is_fit(key: str, value: str) -> bool:
    """Say whether a part of a credential can be sent as one, or read from where it says."""
    if key == "credentials_file":
        return Path(value).is_absolute()
    if key.endswith("_env"):
        return _ENVIRONMENT.fullmatch(value) is not None
    if key == "profile":
        return bool(value) and value.isprintable()
    return _SECRET.fullmatch(value) is not None


def _meets(bucket: ImportBucket, storage: Storage) -> bool:
    """Say whether an import could reach into the store, as far as the settings show it."""
    endpoint = storage.options.get("endpoint_url", "").rstrip("/")
    if (bucket.bucket, bucket.endpoint_url) != (storage.bucket, endpoint):
        return False
    within = not storage.prefix or f"{bucket.prefix}/".startswith(f"{storage.prefix}/")
    return within or bucket.covers(storage.prefix)


def _refuse(what: str) -> NoReturn:
    raise ImproperlyConfigured(f"{VARIABLE} {what}.")
