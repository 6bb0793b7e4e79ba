"""Uploads over a connection that fails in every way: what is sent again, and what arrives."""

import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from aegis.problems import Conflict, Invalid, NotFound
from aegis.sdk.http import Connection
from aegis.sdk.kept import StateFile, UploadState
from aegis.sdk.local_files import find_files
from aegis.sdk.progress import Progress, unwatched
from aegis.sdk.uploading import Uploader
from tests.aegis.sdk.stub import Asked, Reply, problem, registry

PART = 1000
KEY = "11111111-1111-4111-8111-111111111111"


class Uploads:
    """The server's side of uploads, in memory; ``faults`` happen to parts by their number."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.complete: set[str] = set()
        self.faults: dict[int, str] = {}
        self.parts: list[tuple[str, int, int]] = []
        self.state = "open"
        self._lock = threading.Lock()

    @property
    def bytes_sent(self) -> int:
        return sum(length for _, _, length in self.parts)

    def answer(self, asked: Asked) -> Reply:
        with self._lock:
            return self.one_at_a_time(asked)

    def one_at_a_time(self, asked: Asked) -> Reply:
        path = unquote(asked.path)
        found = re.search(r"/files/(.+)$", path)
        if asked.method == "POST":
            return Reply(201, self.document())
        if found is None:
            return Reply(200, self.document())
        if asked.method == "PUT":
            return self.take(found[1], asked)
        if asked.method == "DELETE":
            self.files.pop(found[1], None)
            self.complete.discard(found[1])
            return Reply(204, b"")
        if found[1] not in self.files:
            return problem(404, "upload_file_missing", "Nothing was sent.")
        return Reply(200, self.file(found[1]))

    def take(self, path: str, asked: Asked) -> Reply:
        offset = int(asked.headers["Upload-Offset"])
        self.parts.append((path, offset, len(asked.body)))
        fault = self.faults.get(len(self.parts))
        if fault == "request":
            return Reply(200, b"x" * 100, cut=0)
        if fault in {"429", "503"}:
            return Reply(int(fault), {}, {"Retry-After": "0"})
        here = self.files.setdefault(path, b"")
        if path in self.complete:
            return problem(409, "file_sealed", "Complete.")
        if offset > len(here):
            return problem(409, "part_gap", "A gap.", wanted=len(here))
        self.files[path] = here[:offset] + asked.body
        if digest := asked.headers.get("X-Content-SHA256"):
            if hashlib.sha256(self.files[path]).hexdigest() != digest:
                self.files[path] = b""
                return problem(409, "digest_mismatch", "Other bytes.")
            self.complete.add(path)
        return Reply(200, self.file(path), cut=0 if fault == "reply" else None)

    def file(self, path: str) -> dict[str, Any]:
        data = self.files[path]
        is_complete = path in self.complete
        return {
            "path": path,
            "size": len(data) if is_complete else None,
            "received": len(data),
            "complete": is_complete,
            "sha256": hashlib.sha256(data).hexdigest() if is_complete else None,
        }

    def document(self) -> dict[str, Any]:
        files = [self.file(path) for path in self.files]
        return {"id": KEY, "state": self.state, "part_bytes": PART, "files": files}


Send = Callable[..., Uploader]


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("AEGIS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "model"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "weights.bin").write_bytes(os.urandom(4 * PART + 500))
    (root / "a b.json").write_bytes(b"{}")
    (root / "empty.txt").touch()
    return root


@pytest.fixture
def there() -> Uploads:
    return Uploads()


@pytest.fixture
def send(there: Uploads, folder: Path) -> Iterator[Send]:
    """Return a function that sends the folder, as a process of its own would."""
    with registry(there.answer) as stub:

        def run(watcher: Callable[[Progress], None] = unwatched) -> Uploader:
            connection = Connection(stub.url)
            kept = StateFile(url=stub.url, model="m", root=folder)
            try:
                uploader = Uploader(connection, find_files(folder), kept, watcher)
                entries = uploader.send()
                assert {e.path: e.sha256 for e in entries} == digests(folder)
            finally:
                connection.close()
            return uploader

        yield run


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def arrived(there: Uploads, folder: Path) -> None:
    found = {path: hashlib.sha256(data).hexdigest() for path, data in there.files.items()}
    assert found == digests(folder)
    assert there.complete == set(found)


def test_every_byte_is_sent_once(there: Uploads, send: Send, folder: Path) -> None:
    reports: list[Progress] = []
    send(reports.append)
    arrived(there, folder)
    assert there.bytes_sent == size(folder)
    assert (reports[-1].step, reports[-1].done, reports[-1].total) == (
        "uploading",
        size(folder),
        size(folder),
    )


@pytest.mark.parametrize("number", range(1, 8))
def test_a_part_whose_answer_is_lost_is_not_sent_again(
    there: Uploads, send: Send, folder: Path, number: int
) -> None:
    there.faults[number] = "reply"
    send()
    arrived(there, folder)
    assert there.bytes_sent == size(folder)


@pytest.mark.parametrize("fault", ["request", "429", "503"])
@pytest.mark.parametrize("number", [1, 3, 7])
def test_a_part_that_did_not_arrive_is_sent_once_more(
    there: Uploads, send: Send, folder: Path, fault: str, number: int
) -> None:
    there.faults[number] = fault
    send()
    arrived(there, folder)
    assert there.bytes_sent <= size(folder) + PART


def test_a_later_run_sends_only_the_rest(there: Uploads, send: Send, folder: Path) -> None:
    class Killed(BaseException):
        pass

    def kill(report: Progress) -> None:
        if (report.step, report.what) == ("uploading", "sub/weights.bin"):
            raise Killed

    with pytest.raises(Killed):
        send(kill)
    before = there.bytes_sent
    assert 0 < before < size(folder)
    send()
    arrived(there, folder)
    assert there.bytes_sent == size(folder)


def test_a_file_that_changed_between_two_runs_is_sent_whole(
    there: Uploads, send: Send, folder: Path
) -> None:
    send()
    (folder / "sub" / "weights.bin").write_bytes(os.urandom(2 * PART))
    (folder / "a b.json").unlink()
    send()
    arrived(there, folder)


def test_the_half_of_another_file_is_sent_anew(there: Uploads, send: Send, folder: Path) -> None:
    there.files["sub/weights.bin"] = bytes(2 * PART)
    send()
    arrived(there, folder)


def test_an_upload_that_is_over_is_followed_by_a_new_one(
    there: Uploads, send: Send, folder: Path
) -> None:
    first = send().state
    there.state = "discarded"
    there.files.clear()
    there.complete.clear()
    second = send().state
    assert first.key != second.key
    arrived(there, folder)


def test_a_file_that_changes_while_it_is_read_is_not_registered(
    there: Uploads, send: Send, folder: Path
) -> None:
    def change(report: Progress) -> None:
        if report.what == "sub/weights.bin":
            with (folder / "sub" / "weights.bin").open("r+b") as stream:
                stream.truncate(PART)

    with pytest.raises(Conflict) as caught:
        send(change)
    assert caught.value.code == "file_changed"
    assert "sub/weights.bin" not in there.complete


def test_what_is_kept_is_whole_or_forgotten(tmp_path: Path) -> None:
    kept = StateFile(url="http://a", model="m", root=tmp_path)
    kept.save(UploadState(key="k", upload="u", digests={"a": (1, 2, "f")}))
    assert kept.load() == UploadState(key="k", upload="u", digests={"a": (1, 2, "f")})
    assert kept.path.stat().st_size > 0
    other = StateFile(url="http://a", model="n", root=tmp_path)
    assert other.load().upload is None
    for text in ("", "[]", "{", '{"format": 9}', '{"format": 1, "strange": 1}'):
        kept.path.write_text(text)
        assert kept.load().upload is None
    kept.forget()
    kept.forget()
    assert not kept.path.exists()


def test_only_regular_files_are_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        find_files(tmp_path / "nothing")
    root = tmp_path / "root"
    root.mkdir()
    with pytest.raises(Invalid, match="at least one file"):
        find_files(root)
    (root / "cafe\u0301.txt").write_bytes(b"x")
    (root / "__MACOSX").mkdir()
    (root / "Thumbs.db").write_bytes(b"x")
    found = find_files(root)
    assert [file.path for file in found.files] == ["caf\u00e9.txt"]
    assert found.left_out == ("Thumbs.db", "__MACOSX")
    assert [file.path for file in find_files(root / "Thumbs.db").files] == ["Thumbs.db"]
    os.mkfifo(root / "pipe")
    with pytest.raises(Invalid) as caught:
        find_files(root)
    assert caught.value.code == "not_a_regular_file"
