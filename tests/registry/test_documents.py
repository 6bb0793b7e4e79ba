"""Small files in the stores that there are: the folder, and a bucket of a real S3 server."""

import io
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from aegis.problems import Conflict, NotFound, Unavailable
from registry import documents
from tests.servers.faults import FaultyServer
from tests.servers.fixtures import faulty, in_bucket, s3

__all__ = ["faulty", "in_bucket", "s3"]

DATA = bytes(range(256)) * 5000


def stored(data: bytes = DATA) -> tuple[str, str]:
    with documents.received(SimpleUploadedFile("report.json", data), limit=10**8) as document:
        return documents.store(document), document.sha256


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest) -> None:
    """Each kind of store in turn."""
    request.getfixturevalue("data_folder" if request.param == "folder" else "in_bucket")


def test_what_is_stored_is_read_again_under_a_name_that_nobody_guesses(place: None) -> None:
    key, sha256 = stored()
    again, _ = stored()
    assert key != again
    assert len(key) == len("evidence/") + 32
    with documents.opened(key, sha256=sha256) as stream:
        assert b"".join(documents.in_parts(stream)) == DATA


def test_other_bytes_are_refused_and_missing_ones_are_named(place: None) -> None:
    key, sha256 = stored()
    with pytest.raises(Conflict) as refusal, documents.opened(key, sha256="0" * 64):
        pass
    assert refusal.value.code == "document_damaged"
    documents.remove(key)
    with pytest.raises(NotFound) as gone, documents.opened(key, sha256=sha256):
        pass
    assert gone.value.code == "document_missing"


def test_orphans_are_found_by_their_age(place: None) -> None:
    assert list(documents.orphans([], older_than=timedelta())) == []
    kept, orphan = stored()[0], stored()[0]
    assert list(documents.orphans([kept], older_than=timedelta(hours=1))) == []
    assert list(documents.orphans([kept], older_than=timedelta(seconds=-60))) == [orphan]


def test_a_name_is_never_given_twice(place: None) -> None:
    first = default_storage.save("evidence/one", io.BytesIO(b"first"))
    second = default_storage.save("evidence/one", io.BytesIO(b"second"))
    assert first != second
    with default_storage.open(first) as stream:
        assert stream.read() == b"first"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 503, "code": "SlowDown"}, "storage_away"),
        ({"status": 403, "code": "AccessDenied"}, "storage_not_permitted"),
        ({"status": 404, "code": "NoSuchBucket"}, "storage_bucket_missing"),
    ],
)
def test_a_bucket_that_refuses_is_named(
    in_bucket: FaultyServer, fault: dict[str, object], code: str
) -> None:
    key, sha256 = stored()
    in_bucket.plan("put", "refuse", times=9, **fault)
    with pytest.raises(Unavailable) as refusal:
        stored()
    assert refusal.value.code == code
    assert "The bucket aegis-tests at http" in refusal.value.sentence
    with documents.opened(key, sha256=sha256) as stream:
        assert stream.read() == DATA


def test_an_error_that_passes_is_got_over(in_bucket: FaultyServer) -> None:
    in_bucket.plan("put", "refuse", times=2, status=500)
    key, sha256 = stored()
    in_bucket.plan("get object", "cut", after=1000)
    with documents.opened(key, sha256=sha256) as stream:
        assert stream.read() == DATA
