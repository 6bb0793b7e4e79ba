import errno
import io
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from aegis.problems import NotFound, Unavailable
from registry.files import answering
from registry.storage.folder import FolderStore

KEY = "models/churn/1/churn-v1.tar.gz"
DATA = bytes(range(256)) * 9000


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "artifacts")


def leftovers(store: FolderStore) -> list[str]:
    return sorted(path.name for path in (store.root / ".incoming").glob("*"))


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


def test_an_object_can_be_read_only_and_is_not_written_again(store: FolderStore) -> None:
    first = store.put(KEY, io.BytesIO(DATA))
    assert (store.root / KEY).stat().st_mode & 0o777 == 0o440
    inode = (store.root / KEY).stat().st_ino
    assert store.put(KEY, io.BytesIO(DATA)) == first
    assert (store.root / KEY).stat().st_ino == inode


def test_a_folder_has_no_addresses_for_people(store: FolderStore) -> None:
    store.put(KEY, io.BytesIO(DATA))
    assert store.link(KEY, file_name="x", media_type="text/plain", seconds=60) is None


def test_a_check_makes_the_folder_and_leaves_it_empty(store: FolderStore) -> None:
    store.check()
    assert leftovers(store) == []


@pytest.mark.parametrize("root", ["/dev/null", "/dev/null/artifacts", "/sys/aegis"])
def test_a_folder_that_is_none_is_named_by_the_check(root: str) -> None:
    with pytest.raises(Unavailable) as refusal:
        FolderStore(Path(root)).check()
    assert refusal.value.code == "storage_unavailable"
    assert f"the folder {root}" in refusal.value.sentence


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
