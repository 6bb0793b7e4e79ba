"""Bytes over HTTP: whole and in part from Aegis, the whole by a bucket where there is one."""

import gzip
import hashlib
import io
import tarfile
import urllib.error
import urllib.request
from typing import Any

import pytest

from registry.models import DownloadEvent, ModelVersion, PackageWatch, RegisteredModel
from registry.quarantine import quarantine
from registry.reverification import verify_due
from tests.aegis.api.calling import Api
from tests.aegis.api.conftest import Caller
from tests.cast import Cast
from tests.registry import making
from tests.servers.faults import FaultyServer
from tests.servers.fixtures import faulty, in_bucket, s3

__all__ = ["faulty", "in_bucket", "s3"]

VERSION = "models/churn-predictor/versions/1/"
PATH = "model/weights.bin"
FILE = f"{VERSION}files/{PATH}"
DATA = making.FILES[PATH]
SIZE = len(DATA)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-299", 100, 299),
        ("bytes=100-", 100, SIZE - 1),
        ("bytes=-7", SIZE - 7, SIZE - 1),
        (f"bytes=-{SIZE * 2}", 0, SIZE - 1),
        (f"bytes={SIZE - 1}-{SIZE * 9}", SIZE - 1, SIZE - 1),
    ],
)
def test_a_part_is_given_as_it_was_asked_for(
    version: ModelVersion, mina: Api, asked: str, first: int, last: int
) -> None:
    answer = mina.get(FILE, Range=asked)
    assert (answer.status, answer.bytes) == (206, DATA[first : last + 1])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"] == f'"{hashlib.sha256(DATA).hexdigest()}"'


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=-0"])
def test_a_part_that_the_file_does_not_have_is_416(
    version: ModelVersion, mina: Api, asked: str
) -> None:
    answer = mina.get(FILE, Range=asked)
    assert (answer.status, answer.bytes) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "bytes=-", "bytes=9-3x", "lines=1-2", "bytes", "bytes=1 - 2"]
)
def test_what_is_no_range_that_is_served_gives_the_whole(
    version: ModelVersion, mina: Api, asked: str
) -> None:
    answer = mina.get(FILE, Range=asked)
    assert (answer.status, answer.bytes) == (200, DATA)


def test_if_range_gives_the_part_of_the_same_bytes_only(version: ModelVersion, mina: Api) -> None:
    tag = mina.get(FILE).headers["ETag"]
    same = mina.get(FILE, Range="bytes=5-9", If_Range=tag)
    assert (same.status, same.bytes) == (206, DATA[5:10])
    for stale in ('"0123"', f"W/{tag}", "Sat, 21 Nov 2026 10:00:00 GMT"):
        other = mina.get(FILE, Range="bytes=5-9", If_Range=stale)
        assert (other.status, other.bytes) == (200, DATA)


def test_a_head_says_what_a_get_would_and_gives_nothing(version: ModelVersion, mina: Api) -> None:
    for path, size in ((FILE, SIZE), (f"{VERSION}artifact/", version.artifact.size)):
        answer = mina.send("HEAD", path)
        assert (answer.status, answer.bytes) == (200, b"")
        assert answer.headers["Content-Length"] == str(size)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not DownloadEvent.objects.exists()


@pytest.fixture
def kept(cast: Cast, in_bucket: FaultyServer, model: RegisteredModel) -> ModelVersion:
    """A version whose package lies in a bucket."""
    return making.new_version(model, cast.mina)


def fetched(address: str) -> bytes:
    with urllib.request.urlopen(address) as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        body: bytes = answer.read()
        return body


def test_the_whole_package_is_given_by_the_bucket_after_it_was_written_down(
    kept: ModelVersion, mina: Api
) -> None:
    answer = mina.get(f"{VERSION}artifact/")
    assert (answer.status, answer.bytes) == (302, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "X-Amz-Expires=60" in answer.headers["Location"]
    event = DownloadEvent.objects.get()
    assert (event.version, event.user.username, event.what) == (kept, "mina", "package")
    package = fetched(answer.headers["Location"])
    assert hashlib.sha256(package).hexdigest() == kept.artifact.sha256
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(package))) as tar:
        member = tar.extractfile(PATH)
        assert member is not None
        assert member.read() == DATA


def test_parts_files_and_heads_come_from_aegis(kept: ModelVersion, mina: Api) -> None:
    whole = mina.get(FILE)
    assert (whole.status, whole.bytes) == (200, DATA)
    part = mina.get(FILE, Range="bytes=100-299")
    assert (part.status, part.bytes) == (206, DATA[100:300])
    start = mina.get(f"{VERSION}artifact/", Range="bytes=0-1")
    assert (start.status, start.bytes) == (206, b"\x1f\x8b")
    assert mina.send("HEAD", f"{VERSION}artifact/").status == 200
    tag = start.headers["ETag"]
    assert mina.get(f"{VERSION}artifact/", If_None_Match=tag).status == 304


def test_nobody_gets_an_address_who_may_not_have_the_bytes(
    cast: Cast, kept: ModelVersion, mina: Api, by_token: Caller
) -> None:
    assert Api().get(f"{VERSION}artifact/").status == 401
    kept.registered_model.visibility = "restricted"
    kept.registered_model.save()
    assert by_token(cast.stan).get(f"{VERSION}artifact/").status == 404
    quarantine(kept, cause="bytes", sentence="Its bytes changed.")
    assert mina.get(f"{VERSION}artifact/").refused(409) == "version_quarantined"
    assert not DownloadEvent.objects.exists()


@pytest.mark.parametrize(
    "fault",
    [{"kind": "refuse", "status": 500}, {"kind": "refuse", "status": 503, "code": "SlowDown"}],
)
def test_a_bucket_that_is_away_is_a_problem_with_its_name(
    kept: ModelVersion, in_bucket: FaultyServer, mina: Api, fault: dict[str, Any]
) -> None:
    in_bucket.plan("head object", times=1000, **fault)
    answer = mina.get(f"{VERSION}artifact/")
    assert answer.refused(503) == "storage_away"
    assert "The bucket aegis-tests" in answer.json["title"]
    assert not DownloadEvent.objects.exists()


def test_a_file_whose_bytes_break_off_is_gone_on_with(
    kept: ModelVersion, in_bucket: FaultyServer, mina: Api
) -> None:
    in_bucket.plan("get object", "cut", times=3, after=100)
    assert mina.get(FILE).bytes == DATA


def test_evidence_lies_in_the_bucket_too(
    cast: Cast, kept: ModelVersion, in_bucket: FaultyServer, mina: Api
) -> None:
    piece = making.attach(kept, cast.mina)
    in_bucket.seen.clear()
    answer = mina.get(f"{VERSION}evidence/{piece.pk}/file/")
    assert hashlib.sha256(answer.bytes).hexdigest() == piece.sha256
    assert "get object" in in_bucket.seen


def test_a_maintainer_has_a_package_verified_over_the_api(
    cast: Cast, version: ModelVersion, mina: Api, by_token: Caller
) -> None:
    path = f"{VERSION}verifications/"
    assert mina.post(path, {}).refused(403) == "permission_missing"
    assert mina.get(path).made(200) == {"results": []}
    marc = by_token(cast.marc)
    assert marc.post(path, {"now": True}).refused(400) == "unknown_field"
    watch = marc.post(path, {}).made(202)
    assert (watch["away"], watch["away_since"]) == ("", None)
    assert PackageWatch.objects.get().asked_by == cast.marc
    assert verify_due(seconds=60) == 1
    (check,) = mina.get(path).made(200)["results"]
    assert (check["outcome"], check["sentence"], check["asked_by"]) == ("intact", "", "marc")
    assert check["package_sha256"] == version.artifact.sha256
