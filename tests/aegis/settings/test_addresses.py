from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from aegis.settings import addresses

URL = "THE_URL"


def test_a_database_on_a_host() -> None:
    found = addresses.database(URL, "postgresql://app:p%40ss@db.example:5433/aegis?sslmode=require")
    assert found == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "aegis",
        "USER": "app",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_database_behind_a_socket() -> None:
    found = addresses.database(URL, "postgresql://app:word@/aegis?host=/run/aegis")
    assert (found["HOST"], found["PORT"], found["OPTIONS"]) == ("/run/aegis", "", {})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://cache.example:6379/2", "redis://cache.example:6379/2"),
        ("unix:///run/aegis/redis.sock", "redis+socket:///run/aegis/redis.sock?virtual_host=0"),
        ("unix:///r.sock?db=3", "redis+socket:///r.sock?virtual_host=3"),
    ],
)
def test_the_broker_in_the_spelling_of_celery(url: str, expected: str) -> None:
    assert addresses.broker(URL, url) == expected


def test_letters_go_to_a_server_with_tls() -> None:
    found = addresses.email(URL, "smtp://post:w%2Ford@mail.example:587?tls=1")
    assert found["EMAIL_HOST"] == "mail.example"
    assert found["EMAIL_PORT"] == 587
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("post", "w/ord")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (True, False)


def test_letters_go_to_a_server_with_tls_from_the_first_byte() -> None:
    found = addresses.email(URL, "smtps://mail.example")
    assert (found["EMAIL_PORT"], found["EMAIL_USE_SSL"]) == (465, True)


def test_letters_go_to_a_folder() -> None:
    found = addresses.email(URL, "file:///srv/my%20letters")
    assert found["EMAIL_FILE_PATH"] == "/srv/my letters"


def test_letters_are_kept_in_aegis() -> None:
    found = addresses.email(URL, "letters:")
    assert found == {"EMAIL_BACKEND": "aegis.events.letters.KeepLetters"}


def test_storage_in_a_folder() -> None:
    assert addresses.storage(URL, "file:///srv/aegis") == addresses.Storage(
        scheme="file", root=Path("/srv/aegis")
    )


def test_storage_in_a_bucket() -> None:
    found = addresses.storage(URL, "s3://models/prod/eu?endpoint_url=https://s3.example&region=x")
    assert (found.bucket, found.prefix) == ("models", "prod/eu")
    assert found.options == {"endpoint_url": "https://s3.example", "region": "x"}


@pytest.mark.parametrize(
    ("reader", "url"),
    [
        (addresses.database, "mysql://app@host/aegis"),
        (addresses.database, "postgresql://app:secret@host/aegis?nonsense=1"),
        (addresses.database, "postgresql://app:secret@host:port/aegis"),
        (addresses.broker, "http://cache.example"),
        (addresses.email, "mail.example"),
        (addresses.storage, "file://relative/folder"),
        (addresses.storage, "s3:///prefix"),
        (addresses.storage, "s3://bucket?acl=public"),
        (addresses.storage, "s3://Bucket_of_ours/prefix"),
        (addresses.storage, "s3://bucket/../prefix"),
        (addresses.storage, "s3://bucket/a prefix"),
        (addresses.storage, "s3://key:secret@bucket"),
        (addresses.storage, "s3://bucket?endpoint_url=minio:9000"),
        (addresses.storage, "s3://bucket?endpoint_url=https://key:secret@minio:9000"),
        (addresses.storage, "s3://bucket?public_endpoint_url=models.example.org"),
        (addresses.storage, "s3://bucket?links=maybe"),
    ],
)
def test_an_address_that_cannot_be_read_is_named_without_its_password(
    reader: Callable[[str, str], Any], url: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        reader(URL, url)
    assert str(refused.value).startswith(URL)
    assert "secret" not in str(refused.value)
