"""Read addresses of servers and folders into what Django, Celery and the stores want."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from aegis.settings import buckets

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_HOST: Final = re.compile(r"(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_FOLDER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True, slots=True)
class Storage:
    """Where artifacts and small files are kept.

    ``scheme`` is "file" (then ``root`` is a folder) or "s3" (then ``bucket`` and
    ``prefix``, with the query's ``endpoint_url``, ``region`` and so on in ``options``).
    """

    scheme: str
    root: Path | None = None
    bucket: str = ""
    prefix: str = ""
    options: dict[str, str] = field(default_factory=dict)


def _split(name: str, url: str, schemes: tuple[str, ...]) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # Reading it is what checks it.
    except ValueError:
        message = f"{name} is not an address that can be read."
        raise ImproperlyConfigured(message) from None
    if parts.scheme not in schemes:
        message = f"{name} must begin with {' or '.join(f'{scheme}:' for scheme in schemes)}."
        raise ImproperlyConfigured(message)
    return parts


def database(name: str, url: str) -> dict[str, Any]:
    """Return Django's settings for a libpq address, such as ``postgresql://user:word@host/name``.

    A socket's folder is written as ``?host=/folder``. Other parameters reach libpq as they are.
    """
    _split(name, url, ("postgresql", "postgres"))
    try:
        found = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        # The reader's own message would repeat the password.
        message = f"{name} is not a PostgreSQL address: postgresql://user:password@host:5432/name."
        raise ImproperlyConfigured(message) from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": found.pop("dbname", ""),
        "USER": found.pop("user", ""),
        "PASSWORD": found.pop("password", ""),
        "HOST": found.pop("host", ""),
        "PORT": found.pop("port", ""),
        "OPTIONS": dict(found),
    }


def broker(name: str, url: str) -> str:
    """Return Celery's spelling of a Redis address; it writes sockets in its own way."""
    parts = _split(name, url, ("redis", "rediss", "unix"))
    if parts.scheme != "unix":
        return url
    number = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={number}"


def email(name: str, url: str) -> dict[str, Any]:
    """Return Django's mail settings, for letters to a server, to a folder or kept in Aegis.

    ``smtp://user:word@host:587?tls=1`` (or ``smtps:`` for TLS from the first byte),
    ``file:///folder``, or ``letters:``, which ``/account/letters/`` shows.
    """
    parts = _split(name, url, ("smtp", "smtps", "file", "letters"))
    query = dict(parse_qsl(parts.query))
    if parts.scheme == "letters":
        return {"EMAIL_BACKEND": "aegis.events.letters.KeepLetters"}
    if parts.scheme == "file":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": unquote(parts.path),
        }
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": query.get("tls") == "1",
        "EMAIL_TIMEOUT": 10,
    }


def storage(name: str, url: str) -> Storage:
    """Return where ``file:///folder`` or ``s3://bucket/prefix?endpoint_url=…&region=…`` points.

    ``public_endpoint_url`` is the server's address for people, where that is another one, and
    ``links=0`` lets packages go through Aegis instead of from there.
    """
    parts = _split(name, url, ("file", "s3"))
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            message = f"{name} must name a folder from the root, such as file:///srv/aegis."
            raise ImproperlyConfigured(message)
        return Storage(scheme="file", root=Path(unquote(parts.path)))
    options = dict(parse_qsl(parts.query))
    prefix = unquote(parts.path).strip("/")
    if not _BUCKET.fullmatch(parts.netloc):
        wrong = "must name a bucket, such as s3://bucket/prefix"
    elif prefix and not all(map(_FOLDER.fullmatch, prefix.split("/"))):
        wrong = "must have a prefix of plain names, such as s3://bucket/prefix"
    else:
        wrong = buckets.mistake(options) or ""
    if wrong:
        message = f"{name} {wrong}."
        raise ImproperlyConfigured(message)
    return Storage(scheme="s3", bucket=parts.netloc, prefix=prefix, options=options)


def hosts(name: str, listed: list[str]) -> frozenset[str]:
    """Return hosts, such as ``mlflow.internal`` or ``10.0.0.5:5000``, as they compare."""
    found = frozenset(entry.lower() for entry in listed)
    if not all(map(_HOST.fullmatch, found)):
        message = f"{name} lists hosts, each with a port or without: hub.internal, 10.0.0.5:5000."
        raise ImproperlyConfigured(message)
    return found


def small_files(storage: Storage) -> dict[str, Any]:
    """Return Django's settings for small files: they lie where packages do."""
    if storage.root is not None:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": storage.root, "base_url": None},
        }
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": storage.bucket,
            "location": storage.prefix,
            "endpoint_url": storage.options.get("endpoint_url"),
            "region_name": storage.options.get("region"),
            "file_overwrite": False,
            "client_config": buckets.client_config(storage.options, attempts=4),
        },
    }
