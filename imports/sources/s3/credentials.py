"""The key by which Aegis reads one bucket that models are imported from."""

import configparser
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aegis.problems import Unavailable
from aegis.settings.import_buckets import ImportBucket

_FILE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Key:
    """An access key, of which no text shows more than that it is one."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def key_of(bucket: ImportBucket) -> Key | None:
    """Return the key for ``bucket``, or None for one that anybody may read.

    What lies elsewhere is read each time, since whoever put it there may renew it. Raises
    ``Unavailable`` where it is not there.
    """
    given = bucket.credential
    if not given:
        return None
    if file := given.get("credentials_file"):
        return _in_file(bucket, file, given.get("profile", "default"))
    if "access_key_id_env" in given:
        names = {name.removesuffix("_env"): variable for name, variable in given.items()}
        found = {name: os.environ.get(variable, "").strip() for name, variable in names.items()}
        return _key(bucket, found, f"the variables {', '.join(sorted(names.values()))}")
    return _key(bucket, dict(given), "")


def _in_file(bucket: ImportBucket, file: str, profile: str) -> Key:
    """Read what AWS's own tools call a shared credentials file."""
    place = f"the file {file}, under [{profile}]"
    parser = configparser.RawConfigParser()
    try:
        with Path(file).open("rb") as opened:
            parser.read_string(opened.read(_FILE_BYTES).decode())
        section = parser[profile]
    except (OSError, UnicodeDecodeError, configparser.Error, KeyError):
        # Their own messages would repeat a line of the file.
        raise _missing(bucket, place) from None
    names = ("access_key_id", "secret_access_key", "session_token")
    return _key(bucket, {name: section.get(f"aws_{name}", "") for name in names}, place)


def _key(bucket: ImportBucket, found: dict[str, str], place: str) -> Key:
    access, secret = found.get("access_key_id", ""), found.get("secret_access_key", "")
    token = found.get("session_token", "")
    parts = [access, secret, *([token] if token else [])]
    if not all(part and part.isascii() and part.isprintable() for part in parts):
        raise _missing(bucket, place)
    return Key(access, secret, token or None)


def _missing(bucket: ImportBucket, place: str) -> Unavailable:
    return Unavailable(
        "s3_credential_missing",
        f"Aegis has no access key to read the bucket {bucket.name} with.",
        mend=f"The operator puts it into {place}, where Aegis can read it.",
    )
