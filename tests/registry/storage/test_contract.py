"""What holds of every store: the folder, and a bucket of a real S3 server."""

import hashlib
import io
import random
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from aegis.problems import Conflict, Invalid, NotFound
from aegis.proof.streams import chunks
from registry.storage.protocol import ArtifactStore, StoredObject, check_key, package_key

KEY = "models/churn/1/churn-v1.tar.gz"
DATA = bytes(range(256)) * 900
# More than two parts of an upload to a bucket, the last of them short.
LARGE = random.Random(4).randbytes(11 * 1024 * 1024 + 77)
Leftovers = Callable[[], list[str]]
each_size = pytest.mark.parametrize("data", [DATA, LARGE, b""], ids=["small", "large", "empty"])


def content(store: ArtifactStore, key: str = KEY) -> bytes:
    with store.open(key) as stream:
        return b"".join(chunks(stream))


@each_size
def test_what_was_put_is_read_again(
    store: ArtifactStore, leftovers: Leftovers, data: bytes
) -> None:
    stored = store.put(KEY, io.BytesIO(data))
    assert stored == StoredObject(KEY, len(data), hashlib.sha256(data).hexdigest())
    assert store.size(KEY) == len(data)
    assert content(store) == data
    assert leftovers() == []


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 10), (5, None), (len(DATA) - 3, 100), (len(DATA), 5), (7, 0), (len(DATA) + 9, None)],
)
def test_a_range_is_read(store: ArtifactStore, offset: int, length: int | None) -> None:
    store.put(KEY, io.BytesIO(DATA))
    end = None if length is None else offset + length
    with store.open(KEY, offset=offset, length=length) as stream:
        assert stream.read() == DATA[offset:end]
        assert stream.read() == b""
    with store.open(KEY, offset=offset, length=length) as stream:
        assert b"".join(iter(lambda: stream.read(7919), b"")) == DATA[offset:end]


@pytest.mark.parametrize("key", [KEY, "models", "models/churn/1/churn-v1.tar.gz/x", "nothing"])
def test_what_is_not_there_is_not_found(store: ArtifactStore, key: str) -> None:
    store.put("models/churn/1/churn-v1.tar.gz.other", io.BytesIO(b"x"))
    if key.endswith("/x"):
        store.put(KEY, io.BytesIO(b"x"))
    for attempt in (store.open, store.size):
        with pytest.raises(NotFound) as refusal:
            attempt(key)
        assert refusal.value.code == "object_missing"


@each_size
def test_an_object_is_never_overwritten(
    store: ArtifactStore, leftovers: Leftovers, data: bytes
) -> None:
    store.put(KEY, io.BytesIO(data))
    with pytest.raises(Conflict) as refusal:
        store.put(KEY, io.BytesIO(data[:-1] + b"!"))
    assert refusal.value.code == "object_exists"
    assert content(store) == data
    assert leftovers() == []


@each_size
def test_the_same_bytes_again_count_as_done(
    store: ArtifactStore, leftovers: Leftovers, data: bytes
) -> None:
    first = store.put(KEY, io.BytesIO(data))
    assert store.put(KEY, io.BytesIO(data)) == first
    assert content(store) == data
    assert leftovers() == []


@each_size
def test_an_exception_before_the_commit_leaves_nothing(
    store: ArtifactStore, leftovers: Leftovers, data: bytes
) -> None:
    class CutError(Exception):
        pass

    def write_half() -> None:
        with store.create(KEY) as writer:
            writer.write(data)
            raise CutError

    with pytest.raises(CutError):
        write_half()
    with store.create(KEY) as writer:
        writer.write(data)
    assert leftovers() == []
    with pytest.raises(NotFound):
        store.size(KEY)


@each_size
def test_nothing_has_a_name_before_the_commit(store: ArtifactStore, data: bytes) -> None:
    with store.create(KEY) as writer:
        writer.write(data)
        with pytest.raises(NotFound):
            store.size(KEY)
        writer.commit()
        assert store.size(KEY) == len(data)


def test_of_writers_that_race_for_a_key_one_wins(store: ArtifactStore) -> None:
    # Not with parts: SeaweedFS looks first and then puts them together, so that two who ask in
    # the same moment are both told yes (measured with 4.48). Amazon answers one of them 409.
    outcomes: list[str] = []
    together = threading.Barrier(4)

    def put(number: int) -> None:
        with store.create(KEY) as writer:
            writer.write(b"%d" % number * 50_000)
            together.wait()
            try:
                writer.commit()
            except Conflict as refusal:
                outcomes.append(refusal.code)
            else:
                outcomes.append("stored")

    threads = [threading.Thread(target=put, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["object_exists"] * 3 + ["stored"]
    assert len(set(content(store))) == 1


def test_what_is_removed_is_gone_and_what_has_a_like_name_is_not(store: ArtifactStore) -> None:
    store.put(KEY, io.BytesIO(DATA))
    store.put(f"{KEY}.index.json", io.BytesIO(b"{}"))
    store.remove(KEY)
    store.remove(KEY)
    store.remove("models/nothing/at/all")
    with pytest.raises(NotFound):
        store.size(KEY)
    assert content(store, f"{KEY}.index.json") == b"{}"


def test_a_sweep_touches_no_object_and_nobody_who_writes(store: ArtifactStore) -> None:
    store.put(KEY, io.BytesIO(DATA))
    with store.create("models/other") as writer:
        writer.write(LARGE)
        assert store.sweep(timedelta(hours=1)) == 0
        writer.commit()
    assert content(store) == DATA
    assert content(store, "models/other") == LARGE


def test_a_check_of_a_good_store_says_nothing_and_leaves_nothing(
    store: ArtifactStore, leftovers: Leftovers
) -> None:
    store.check()
    assert leftovers() == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "models/../x",
        "models//x",
        "models/",
        ".incoming/x",
        "models/.hidden",
        "a\\b",
        "a b",
        "a\n",
        "a\0",
        "caf\u00e9",
        "x" * 201,
        "/".join(["x" * 200] * 4),
    ],
)
def test_a_key_that_is_no_key_is_refused(store: ArtifactStore, key: str) -> None:
    for attempt in (check_key, store.open, store.size, store.create, store.remove):
        with pytest.raises(Invalid) as refusal:
            attempt(key)
        assert refusal.value.code == "object_key_invalid"


def test_the_key_of_a_package_reads_well() -> None:
    assert package_key("churn-predictor", 7) == "models/churn-predictor/7/churn-predictor-v7.tar.gz"
    assert check_key(package_key("n" * 128, 2**31 - 1))
    with pytest.raises(Invalid):
        package_key("../x", 1)
