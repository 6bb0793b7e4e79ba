"""Sending the files of a model in parts, so that a break costs at most one part."""

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from threading import Lock
from time import monotonic
from typing import Any, Final

import httpx

from aegis.problems import Conflict, NotFound, Refusal
from aegis.proof.manifest import FileEntry
from aegis.sdk.errors import refusal_of
from aegis.sdk.hashed_reading import HashedReading
from aegis.sdk.http import AWAY, BUSY, Connection, quoted
from aegis.sdk.kept import StateFile, UploadState
from aegis.sdk.local_files import LocalFile, LocalModel, hashed
from aegis.sdk.progress import Progress, Watcher, unwatched
from aegis.sdk.retries import Patience

# Between two runs the bytes on this machine may have become others than those that were sent.
_OTHER_BYTES: Final = frozenset({"digest_mismatch", "size_mismatch", "part_differs", "file_sealed"})
_SAVED_EVERY: Final = 1.0
# So many at once, of at most this share of a part each, are less than the one part that a break
# may cost.
_AT_ONCE: Final = 4
_SMALL: Final = 16
_PASSING: Final = frozenset({"upload_busy", "part_cut_off", "part_gap"})


class Uploader:
    """Bring the files of ``model`` into one upload, going on where an earlier run stopped."""

    def __init__(
        self, connection: Connection, model: LocalModel, kept: StateFile, watcher: Watcher
    ) -> None:
        self._connection = connection
        self._model = model
        self._kept = kept
        self._watcher = watcher
        self._part_bytes = 0
        self._before = 0
        self._saved_at = 0.0
        self._lock = Lock()
        self.state: UploadState = kept.load()

    def send(self) -> list[FileEntry]:
        """Send what is not there yet and return the entries of all files."""
        there = self._opened()
        for path in there.keys() - {file.path for file in self._model.files}:
            self._connection.send("DELETE", self._address(path))
        small = [file for file in self._model.files if self._is_small(file)]
        entries = self._sent_together(small, there)
        for file in self._model.files:
            if not self._is_small(file):
                entries.append(self._sent(file, there.get(file.path)))
                self._before += file.size
        wanted = {file.path for file in self._model.files}
        self.state.digests = {k: v for k, v in self.state.digests.items() if k in wanted}
        self._kept.save(self.state)
        return entries

    def _sent_together(
        self, files: list[LocalFile], there: dict[str, dict[str, Any]]
    ) -> list[FileEntry]:
        """Send small files a few at a time: each costs the server more waiting than work."""

        def send_one(file: LocalFile) -> FileEntry:
            entry = self._sent(file, there.get(file.path))
            with self._lock:
                self._before += file.size
                self._watch(file, 0)
            return entry

        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            return list(pool.map(send_one, files))
        finally:
            pool.shutdown(cancel_futures=True)

    def announce(self, entries: list[FileEntry]) -> None:
        """Say by size and sha256 what files there would be, without sending their bytes."""
        self._opened()
        for entry in entries:
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Range": f"bytes */{entry.size}",
                "X-Content-SHA256": entry.sha256,
            }
            self._connection.ask("PUT", self._address(entry.path), headers=headers, content=b"")

    def open(self) -> str:
        """Open the upload, or the one of an earlier run, and return its id."""
        self._opened()
        assert self.state.upload is not None
        return self.state.upload

    def bring(self, bundle: bytes) -> None:
        """Bring the signature that the version is to have; it may come before the files."""
        self._opened()
        headers = {"Content-Type": "application/vnd.dev.sigstore.bundle.v0.3+json"}
        place = f"uploads/{self.state.upload}/signature/"
        self._connection.ask("PUT", place, headers=headers, content=bundle)

    def _opened(self) -> dict[str, dict[str, Any]]:
        """Open the upload, or the one of an earlier run, and return its files by path."""
        found = self._earlier() if self.state.upload else None
        if found is None:
            if self.state.upload:
                self.state = UploadState(digests=self.state.digests)
            # The key is kept first: if the answer is lost, the same upload is found again.
            self._kept.save(self.state)
            found = self._connection.send("POST", "uploads/", key=f"upload-{self.state.key}")
            self.state.upload = found["id"]
            self._kept.save(self.state)
        self._part_bytes = found["part_bytes"]
        return {file["path"]: file for file in found["files"]}

    def _earlier(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._connection.get(f"uploads/{self.state.upload}/")
        except NotFound:
            return None
        return found if found["state"] == "open" else None

    def _sent(self, file: LocalFile, there: dict[str, Any] | None) -> FileEntry:
        if there and there["complete"]:
            entry = self.entry(file)
            if there["sha256"] == entry.sha256:
                return entry
            self._leave_out(file)
        elif there and there["size"] in {None, file.size}:
            try:
                return self._parts(file, there["received"])
            except Conflict as refusal:
                if refusal.code not in _OTHER_BYTES:
                    raise
                self._leave_out(file)
        elif there:
            self._leave_out(file)
        return self._parts(file, 0)

    def _parts(self, file: LocalFile, offset: int) -> FileEntry:
        """Send a file from ``offset`` on, hashing it on the way, and return its entry."""
        patience = self._connection.patience()
        with file.place.open("rb") as stream:
            reading = HashedReading(stream, file)
            is_complete = False
            while not is_complete:
                data = reading.part(offset, self._part_bytes)
                is_last = offset + len(data) == file.size
                promised = reading.sha256() if is_last else None
                before, (offset, is_complete) = (
                    offset,
                    self._part(file, data, offset, promised, patience),
                )
                if offset > before:
                    patience = self._connection.patience()
                if not self._is_small(file):
                    self._watch(file, offset)
        entry = FileEntry(file.path, file.size, reading.sha256())
        self._remember(file, entry)
        return entry

    def _part(
        self, file: LocalFile, data: bytes, offset: int, sha256: str | None, patience: Patience
    ) -> tuple[int, bool]:
        """Send one part once; return how much of the file is there, and whether that is all.

        Where nobody knows what arrived, the server is asked, so that nothing is sent again that
        is there.
        """
        try:
            answer = self._put(file, data, offset, sha256)
        except AWAY as error:
            if not patience.wait():
                raise self._connection.away(error) from error
            return self._there(file)
        if answer.status_code < HTTPStatus.BAD_REQUEST:
            return _received(answer.json())
        refusal = refusal_of(answer.status_code, answer.content, address=self._connection.url)
        if not _is_passing(answer, refusal) or not patience.wait(answer.headers.get("Retry-After")):
            raise refusal
        return self._there(file)

    def _put(self, file: LocalFile, data: bytes, offset: int, sha256: str | None) -> httpx.Response:
        headers = {"Upload-Offset": str(offset)}
        if data:
            headers["Content-Range"] = f"bytes {offset}-{offset + len(data) - 1}/{file.size}"
        if sha256:
            headers["X-Content-SHA256"] = sha256
        return self._connection.put_part(self._address(file.path), data, headers)

    def _there(self, file: LocalFile) -> tuple[int, bool]:
        try:
            return _received(self._connection.get(self._address(file.path)))
        except NotFound as refusal:
            if refusal.code == "upload_file_missing":
                return 0, False
            raise

    def entry(self, file: LocalFile) -> FileEntry:
        """Return the entry of a file, from memory where the file is as it was then."""
        kept = self.state.digests.get(file.path)
        if kept and (kept[0], kept[1]) == file.mark:
            return FileEntry(file.path, file.size, kept[2])
        watcher = unwatched if self._is_small(file) else self._watcher
        entry = hashed(file, watcher=watcher, before=self._before)
        self._remember(file, entry)
        return entry

    def _remember(self, file: LocalFile, entry: FileEntry) -> None:
        with self._lock:
            self.state.digests[file.path] = (*file.mark, entry.sha256)
            # Thousands of small files would spend their time on writing this down.
            if monotonic() - self._saved_at > _SAVED_EVERY:
                self._saved_at = monotonic()
                self._kept.save(self.state)

    def _is_small(self, file: LocalFile) -> bool:
        return file.size <= self._part_bytes // _SMALL

    def _leave_out(self, file: LocalFile) -> None:
        self._connection.send("DELETE", self._address(file.path))

    def _address(self, path: str) -> str:
        return f"uploads/{self.state.upload}/files/{quoted(path)}"

    def _watch(self, file: LocalFile, done: int) -> None:
        self._watcher(Progress("uploading", self._before + done, self._model.size, file.path))


def _received(document: dict[str, Any]) -> tuple[int, bool]:
    return document["received"], document["complete"]


def _is_passing(answer: httpx.Response, refusal: Refusal) -> bool:
    return answer.status_code in BUSY or refusal.code in _PASSING
