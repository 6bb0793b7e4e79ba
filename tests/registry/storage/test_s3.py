"""What a bucket does beyond what every store does: addresses, versions, refusals, left uploads."""

import io
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import timedelta
from uuid import uuid4

import pytest

from aegis.problems import Conflict, NotFound, Unavailable
from registry.storage.s3 import S3Store
from tests.registry.storage.conftest import bucket_leftovers
from tests.servers.faults import FaultyServer
from tests.servers.seaweedfs.server import BUCKET, REGION, S3Server, secret_of

KEY = "models/churn/1/churn-v1.tar.gz"
DATA = bytes(range(256)) * 900
LARGE = DATA * 50


def test_an_address_gives_the_object_as_an_attachment(bucket_store: S3Store) -> None:
    bucket_store.put(KEY, io.BytesIO(DATA))
    address = bucket_store.link(
        KEY, file_name='a "b" é.tar.gz', media_type="application/gzip", seconds=60
    )
    assert address is not None
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == DATA
        assert answer.headers["Content-Type"] == "application/gzip"
        disposition = answer.headers["Content-Disposition"]
    assert disposition == "attachment; filename*=utf-8''a%20%22b%22%20%C3%A9.tar.gz"
    part = urllib.request.Request(address, headers={"Range": "bytes=5-9"})
    with urllib.request.urlopen(part) as answer:
        assert (answer.status, answer.read()) == (206, DATA[5:10])


@pytest.mark.parametrize(
    ("here", "there"),
    [("churn-v1.tar.gz?", "churn-v2.tar.gz?"), ("Expires=60", "Expires=6000"), ("gzip", "html")],
)
def test_an_address_that_was_changed_gives_nothing(
    bucket_store: S3Store, here: str, there: str
) -> None:
    bucket_store.put(KEY, io.BytesIO(DATA))
    bucket_store.put(KEY.replace("-v1", "-v2"), io.BytesIO(DATA))
    address = bucket_store.link(KEY, file_name="x", media_type="application/gzip", seconds=60)
    assert address is not None
    assert here in address
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address.replace(here, there))
    assert refused.value.code == 403
    refused.value.close()


def test_an_address_is_over_after_its_time(bucket_store: S3Store) -> None:
    bucket_store.put(KEY, io.BytesIO(DATA))
    address = bucket_store.link(KEY, file_name="x", media_type="text/plain", seconds=-60)
    assert address is not None
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address)
    assert refused.value.code in {400, 403}
    refused.value.close()


def test_no_version_of_what_is_removed_stays(s3: S3Server) -> None:
    bucket = f"aegis-{uuid4().hex}"
    admin = s3.client("admin")
    admin.create_bucket(Bucket=bucket)
    admin.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    store = s3.store("models", bucket=bucket)
    try:
        store.put(KEY, io.BytesIO(DATA))
        admin.put_object(Bucket=bucket, Key=f"models/{KEY}", Body=b"another version")
        store.remove(KEY)
        found = admin.list_object_versions(Bucket=bucket)
        assert (found.get("Versions"), found.get("DeleteMarkers")) == (None, None)
    finally:
        admin.delete_bucket(Bucket=bucket)


def test_a_bucket_that_is_missing_is_named(s3: S3Server) -> None:
    store = s3.store("models", bucket="aegis-nothing-here")
    for attempt in (
        store.check,
        lambda: store.put(KEY, io.BytesIO(DATA)),
        lambda: store.put(KEY, io.BytesIO(LARGE)),
        lambda: store.open(KEY),
        lambda: store.size(KEY),
        lambda: store.remove(KEY),
        lambda: store.sweep(timedelta()),
    ):
        with pytest.raises(Unavailable) as refusal:
            attempt()
        assert refusal.value.code == "storage_bucket_missing"
        assert "The bucket aegis-nothing-here at http" in refusal.value.sentence


def test_a_bucket_that_is_read_only_is_named(s3: S3Server, prefix: str) -> None:
    s3.store(prefix).put(KEY, io.BytesIO(DATA))
    store = s3.store(prefix, account="reader")
    with store.open(KEY) as stream:
        assert stream.read() == DATA
    for attempt in (
        store.check,
        lambda: store.put("models/other", io.BytesIO(DATA)),
        lambda: store.put("models/other", io.BytesIO(LARGE)),
    ):
        with pytest.raises(Unavailable) as refusal:
            attempt()
        assert refusal.value.code == "storage_not_permitted"
        assert refusal.value.sentence == (
            f"The bucket {BUCKET} at {s3.endpoint} does not let Aegis write."
        )
        assert "docs/how-to/s3.md" in (refusal.value.mend or "")
    with pytest.raises(NotFound):
        store.size("models/other")


def test_credentials_that_are_refused_are_named(
    s3: S3Server, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = s3.store(prefix)
    with pytest.raises(Unavailable) as refusal:
        s3.store(prefix, account="nobody").put(KEY, io.BytesIO(DATA))
    assert refusal.value.code in {"storage_credentials_refused", "storage_not_permitted"}
    assert BUCKET in refusal.value.sentence
    store.check()


def test_a_bucket_of_another_region_is_named(
    s3: S3Server, faulty: FaultyServer, prefix: str
) -> None:
    faulty.plan(
        "put",
        "refuse",
        times=9,
        status=400,
        code="AuthorizationHeaderMalformed",
        headers={"x-amz-bucket-region": "eu-north-1"},
    )
    with pytest.raises(Unavailable) as refusal:
        s3.store(prefix, endpoint=faulty.endpoint).put(KEY, io.BytesIO(DATA))
    assert refusal.value.code == "storage_wrong_region"
    assert "eu-north-1" in refusal.value.sentence


def test_a_server_that_is_away_is_named_after_a_few_attempts(s3: S3Server, prefix: str) -> None:
    store = s3.store(prefix, endpoint="http://127.0.0.1:1")
    for attempt in (store.check, lambda: store.put(KEY, io.BytesIO(DATA)), lambda: store.size(KEY)):
        with pytest.raises(Unavailable) as refusal:
            attempt()
        assert refusal.value.code == "storage_away"
        assert refusal.value.sentence.startswith(f"The bucket {BUCKET} at http://127.0.0.1:1 does")


def test_of_two_that_put_parts_together_the_later_is_refused(
    s3: S3Server, faulty: FaultyServer, prefix: str
) -> None:
    store = s3.store(prefix, endpoint=faulty.endpoint)
    with store.create(KEY) as writer:
        writer.write(LARGE)
        s3.store(prefix).put(KEY, io.BytesIO(DATA))
        faulty.plan("head object", "refuse", status=404, code="NoSuchKey")
        faulty.plan("complete", "refuse", status=409, code="ConditionalRequestConflict")
        with pytest.raises(Conflict) as refusal:
            writer.commit()
    assert refusal.value.code == "object_exists"
    assert bucket_leftovers(store) == []


KILLED = """
import sys, time
from tests.servers.seaweedfs.server import S3Server
with S3Server(sys.argv[1]).store(sys.argv[2]).create(sys.argv[3]) as writer:
    writer.write(b"x" * 12_000_000)
    print("writing", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_writer_leaves_is_swept_and_nothing_else(
    s3: S3Server, bucket_store: S3Store, prefix: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, s3.endpoint, prefix, KEY], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.kill()
    beside = s3.store(f"{prefix}-beside")
    upload = beside.bucket.ask("create_multipart_upload", Key=f"{prefix}-beside/x")["UploadId"]
    bucket_store.put("models/stays", io.BytesIO(LARGE))
    assert bucket_leftovers(bucket_store) == [f"{prefix}/{KEY}"]
    assert bucket_store.sweep(timedelta(hours=1)) == 0
    assert bucket_store.sweep(timedelta(seconds=-60)) == 1
    assert bucket_leftovers(bucket_store) == []
    assert bucket_leftovers(beside) == [f"{prefix}-beside/x"]
    beside.bucket.ask("abort_multipart_upload", Key=f"{prefix}-beside/x", UploadId=upload)
    assert bucket_store.size("models/stays") == len(LARGE)
    with pytest.raises(NotFound):
        bucket_store.size(KEY)


def test_the_account_of_the_tests_is_no_administrator(s3: S3Server) -> None:
    assert s3.client().meta.region_name == REGION
    assert secret_of("aegis") != secret_of("admin")
    with pytest.raises(s3.client().exceptions.ClientError, match="AccessDenied"):
        s3.client().create_bucket(Bucket="other-bucket")
