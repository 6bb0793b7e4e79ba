import errno
import hashlib
import io
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from aegis.problems import Conflict, Invalid, NotFound, Unavailable
from aegis.proof.streams import chunks
from registry.files import answering
from registry.storage.folder import FolderStore
from registry.storage.protocol import ArtifactStore, StoredObject, check_key, package_key

KEY = "models/churn/1/churn-v1.tar.gz"
DATA = bytes(range(256)) * 9000


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "artifacts")


def leftovers(store: FolderStore) -> list[str]:
    return sorted(path.name for path in (store.root / ".incoming").glob("*"))


def test_a_folder_keeps_the_protocol_of_stores(store: FolderStore) -> None:
    kept: ArtifactStore = store
    assert kept.put(KEY, io.BytesIO(b"x")).size == 1


def test_what_was_put_is_read_again(store: FolderStore) -> None:
    stored = store.put(KEY, io.BytesIO(DATA))
    assert stored == StoredObject(KEY, len(DATA), hashlib.sha256(DATA).hexdigest())
    assert store.size(KEY) == len(DATA)
    with store.open(KEY) as stream:
        assert b"".join(chunks(stream)) == DATA
    assert leftovers(store) == []
    assert (store.root / KEY).stat().st_mode & 0o777 == 0o440


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 10), (5, None), (len(DATA) - 3, 100), (len(DATA), 5), (7, 0)]
)
def test_a_range_is_read(store: FolderStore, offset: int, length: int | None) -> None:
    store.put(KEY, io.BytesIO(DATA))
    end = None if length is None else offset + length
    with store.open(KEY, offset=offset, length=length) as stream:
        assert stream.read() == DATA[offset:end]
        assert stream.read() == b""
    with store.open(KEY, offset=offset, length=length) as stream:
        assert b"".join(iter(lambda: stream.read(7), b"")) == DATA[offset:end]


@pytest.mark.parametrize("key", [KEY, "models", "models/churn/1/churn-v1.tar.gz/x", "nothing"])
def test_what_is_not_there_is_not_found(store: FolderStore, key: str) -> None:
    store.put("models/churn/1/churn-v1.tar.gz.other", io.BytesIO(b"x"))
    if key.endswith("/x"):
        store.put(KEY, io.BytesIO(b"x"))
    for attempt in (store.open, store.size):
        with pytest.raises(NotFound) as refusal:
            attempt(key)
        assert refusal.value.code == "object_missing"


def test_an_object_is_never_overwritten(store: FolderStore) -> None:
    store.put(KEY, io.BytesIO(DATA))
    with pytest.raises(Conflict) as refusal:
        store.put(KEY, io.BytesIO(DATA[:-1] + b"!"))
    assert refusal.value.code == "object_exists"
    with store.open(KEY) as stream:
        assert stream.read() == DATA
    assert leftovers(store) == []


def test_the_same_bytes_again_count_as_done(store: FolderStore) -> None:
    first = store.put(KEY, io.BytesIO(DATA))
    inode = (store.root / KEY).stat().st_ino
    assert store.put(KEY, io.BytesIO(DATA)) == first
    assert (store.root / KEY).stat().st_ino == inode


def test_an_exception_before_the_commit_leaves_nothing(store: FolderStore) -> None:
    class CutError(Exception):
        pass

    def write_half() -> None:
        with store.create(KEY) as writer:
            writer.write(DATA)
            raise CutError

    with pytest.raises(CutError):
        write_half()
    with store.create(KEY) as writer:
        writer.write(DATA)
    assert leftovers(store) == []
    with pytest.raises(NotFound):
        store.size(KEY)


def test_nothing_has_a_name_before_the_commit(store: FolderStore) -> None:
    with store.create(KEY) as writer:
        writer.write(DATA)
        with pytest.raises(NotFound):
            store.size(KEY)
        writer.commit()
        assert store.size(KEY) == len(DATA)


def test_of_writers_that_race_for_a_key_one_wins(store: FolderStore) -> None:
    outcomes: list[str] = []
    together = threading.Barrier(8)

    def put(number: int) -> None:
        together.wait()
        try:
            store.put(KEY, io.BytesIO(b"%d" % number * 50_000))
        except Conflict as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append("stored")

    threads = [threading.Thread(target=put, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["object_exists"] * 7 + ["stored"]
    with store.open(KEY) as stream:
        assert len(set(stream.read())) == 1


KILLED = """
import sys, time
from pathlib import Path
from registry.storage.folder import FolderStore
with FolderStore(Path(sys.argv[1])).create(sys.argv[2]) as writer:
    writer.write(b"x" * 3_000_000)
    print("writing", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_writer_leaves_is_swept_and_no_object(store: FolderStore) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(store.root), KEY], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.kill()
    assert len(leftovers(store)) == 1
    with pytest.raises(NotFound):
        store.size(KEY)
    assert store.sweep(timedelta(hours=1)) == 0
    old = time.time() - 7200
    os.utime(store.root / ".incoming" / leftovers(store)[0], (old, old))
    with store.create(KEY) as writer:
        writer.write(b"y")
        assert store.sweep(timedelta(hours=1)) == 1
        writer.commit()
    assert leftovers(store) == []
    assert store.size(KEY) == 1


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
def test_a_key_that_is_no_key_is_refused(store: FolderStore, key: str) -> None:
    for attempt in (check_key, store.open, store.size, store.create):
        with pytest.raises(Invalid) as refusal:
            attempt(key)
        assert refusal.value.code == "object_key_invalid"


def test_the_key_of_a_package_reads_well() -> None:
    assert package_key("churn-predictor", 7) == "models/churn-predictor/7/churn-predictor-v7.tar.gz"
    assert check_key(package_key("n" * 128, 2**31 - 1))
    with pytest.raises(Invalid):
        package_key("../x", 1)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "storage_full"),
        (errno.EDQUOT, "storage_full"),
        (errno.EIO, "storage_unavailable"),
        (errno.EROFS, "storage_unavailable"),
        (errno.EACCES, "storage_unavailable"),
    ],
)
def test_a_full_or_broken_disk_is_a_refusal(number: int, code: str) -> None:
    with pytest.raises(Unavailable) as refusal, answering("the folder"):
        raise OSError(number, os.strerror(number))
    assert (refusal.value.code, refusal.value.status) == (code, 503)


def test_an_error_that_is_no_disks_passes() -> None:
    with pytest.raises(ConnectionResetError), answering("the folder"):
        raise ConnectionResetError(errno.ECONNRESET, "reset by peer")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device /dev/full")
def test_a_full_disk_leaves_no_object(store: FolderStore) -> None:
    with store.create(KEY) as writer:
        # The writer's file is replaced by a device that has no room.
        os.dup2(os.open("/dev/full", os.O_WRONLY), writer._file.fileno())
        writer.write(b"x" * 100)
        with pytest.raises(Unavailable) as refusal:
            writer.commit()
        assert refusal.value.code == "storage_full"
        # Closing flushes once more and must not fail the block a second time.
        os.dup2(os.open(os.devnull, os.O_WRONLY), writer._file.fileno())
    with pytest.raises(NotFound):
        store.size(KEY)
    assert leftovers(store) == []
