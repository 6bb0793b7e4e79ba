"""A bucket behind a network that breaks: nothing is lost, nothing left over, nothing made up."""

import io
import random
import time
from datetime import timedelta

import pytest

from aegis.problems import Conflict, NotFound, Unavailable
from aegis.proof.streams import chunks
from registry.storage.s3 import S3Store
from tests.registry.storage.conftest import bucket_leftovers
from tests.servers.faults import FaultyServer
from tests.servers.seaweedfs.server import S3Server

KEY = "models/churn/1/churn-v1.tar.gz"
SMALL = random.Random(1).randbytes(200_000)
LARGE = random.Random(2).randbytes(12_000_000)
# Each request of a writer, with an object that needs it.
STEPS = [("put", SMALL), ("begin", LARGE), ("part", LARGE), ("complete", LARGE)]
each_step = pytest.mark.parametrize(("operation", "data"), STEPS, ids=[step for step, _ in STEPS])

PASSING = {
    "an error": {"kind": "refuse", "status": 500, "code": "InternalError"},
    "too much to do": {"kind": "refuse", "status": 503, "code": "SlowDown"},
    "no XML": {"kind": "refuse", "status": 502, "code": "<"},
    "reset before it acts": {"kind": "reset"},
    "its answer lost": {"kind": "lost"},
    "its answer cut": {"kind": "cut", "after": 20},
    "slow": {"kind": "delay", "seconds": 2.0},
}
each_fault = pytest.mark.parametrize("fault", list(PASSING))


@pytest.fixture
def store(s3: S3Server, faulty: FaultyServer, prefix: str) -> S3Store:
    return s3.store(prefix, endpoint=faulty.endpoint, read_timeout=1)


def content(store: S3Store, **where: int) -> bytes:
    with store.open(KEY, **where) as stream:
        return b"".join(chunks(stream))


@each_step
@each_fault
def test_what_passes_by_itself_is_got_over(
    store: S3Store, faulty: FaultyServer, operation: str, data: bytes, fault: str
) -> None:
    planned = faulty.plan(operation, **PASSING[fault])
    assert store.put(KEY, io.BytesIO(data)).size == len(data)
    assert planned.times == 0
    assert content(store) == data
    # Of a beginning whose answer is lost nobody knows the name: the sweep finds it by its age.
    if operation == "begin" and PASSING[fault]["kind"] in {"lost", "cut", "delay"}:
        store.sweep(timedelta(seconds=-60))
    assert bucket_leftovers(store) == []


@each_step
@pytest.mark.parametrize("fault", ["an error", "too much to do", "reset before it acts"])
def test_what_does_not_pass_ends_in_a_refusal_and_leaves_nothing(
    store: S3Store, faulty: FaultyServer, operation: str, data: bytes, fault: str
) -> None:
    faulty.plan(operation, times=1000, **PASSING[fault])
    began = time.monotonic()
    with pytest.raises(Unavailable) as refusal:
        store.put(KEY, io.BytesIO(data))
    assert time.monotonic() - began < 20
    assert refusal.value.code == "storage_away"
    assert "does not answer" in refusal.value.sentence
    with pytest.raises(NotFound):
        store.size(KEY)
    assert bucket_leftovers(store) == []
    assert faulty.seen.count(operation) <= 4 * 3


@pytest.mark.parametrize(("operation", "data"), [("put", SMALL), ("part", LARGE)])
def test_bytes_that_are_damaged_on_the_way_are_sent_again(
    store: S3Store, faulty: FaultyServer, operation: str, data: bytes
) -> None:
    faulty.plan(operation, "damage")
    store.put(KEY, io.BytesIO(data))
    assert content(store) == data
    assert faulty.seen.count(operation) >= 2


@pytest.mark.parametrize(("operation", "data"), [("put", SMALL), ("complete", LARGE)])
def test_a_lost_answer_is_not_taken_for_another_writers_object(
    store: S3Store, faulty: FaultyServer, s3: S3Server, operation: str, data: bytes
) -> None:
    faulty.plan(operation, "lost")
    store.put(KEY, io.BytesIO(data))
    # Nor is another writer's object taken for an answer that was lost.
    with pytest.raises(Conflict) as refusal:
        store.put(KEY, io.BytesIO(data[:-1] + b"!"))
    assert refusal.value.code == "object_exists"
    assert content(store) == data
    assert bucket_leftovers(store) == []


def test_an_upload_that_cannot_be_given_up_waits_for_the_sweep(
    store: S3Store, faulty: FaultyServer
) -> None:
    faulty.plan("complete", "refuse", times=1000, status=500)
    faulty.plan("abort", "refuse", times=1000, status=500)
    with pytest.raises(Unavailable):
        store.put(KEY, io.BytesIO(LARGE))
    assert bucket_leftovers(store) == [f"{store._prefix}{KEY}"]


READING = {
    "an error": {"kind": "refuse", "status": 500},
    "too much to do": {"kind": "refuse", "status": 503, "code": "SlowDown"},
    "reset": {"kind": "reset"},
    "cut at once": {"kind": "cut", "after": 0},
    "cut": {"kind": "cut", "after": 70_000},
    "cut at the last byte": {"kind": "cut", "after": len(SMALL) - 1},
    "shortened": {"kind": "shorten", "after": 70_000},
    "shortened to nothing": {"kind": "shorten", "after": 0},
    "slow": {"kind": "delay", "seconds": 2.0},
}


@pytest.mark.parametrize("fault", list(READING))
def test_a_body_that_breaks_off_is_gone_on_with(
    store: S3Store, faulty: FaultyServer, s3: S3Server, fault: str
) -> None:
    s3.store(store._prefix.rstrip("/")).put(KEY, io.BytesIO(SMALL))
    for where, expected in (
        ({}, SMALL),
        ({"offset": 1000}, SMALL[1000:]),
        ({"offset": 1000, "length": 150_000}, SMALL[1000:151_000]),
    ):
        faulty.plan("get object", times=2, **READING[fault])
        assert content(store, **where) == expected


@pytest.mark.parametrize("kind", ["cut", "shorten"])
def test_a_body_that_always_breaks_off_is_an_error_and_never_a_short_answer(
    store: S3Store, faulty: FaultyServer, s3: S3Server, kind: str
) -> None:
    s3.store(store._prefix.rstrip("/")).put(KEY, io.BytesIO(SMALL))
    faulty.plan("get object", kind, times=1, after=500)
    faulty.plan("get object", kind, times=1000, after=0)
    got = []
    with store.open(KEY) as stream, pytest.raises(Unavailable) as refusal:
        got.extend(iter(lambda: stream.read(100), b""))
    assert b"".join(got) == SMALL[:500]
    assert refusal.value.code == "storage_away"
    assert "broke off" in refusal.value.sentence


def test_an_object_that_is_replaced_while_it_is_read_is_an_error(
    store: S3Store, faulty: FaultyServer, s3: S3Server
) -> None:
    s3.store(store._prefix.rstrip("/")).put(KEY, io.BytesIO(SMALL))
    faulty.plan("get object", "cut", after=500)
    with store.open(KEY) as stream:
        stream.read(500)
        s3.client("admin").put_object(
            Bucket=store.bucket.name, Key=f"{store._prefix}{KEY}", Body=SMALL[::-1]
        )
        with pytest.raises(Conflict) as refusal:
            stream.read(len(SMALL))
    assert refusal.value.code == "object_changed"
