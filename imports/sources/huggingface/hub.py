"""Asking a hub: what a repository is, its small texts, and the bytes of its files."""

import hashlib
import re
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from aegis.egress.bodies import Body
from aegis.egress.client import ANSWER_BYTES, Client, open_client
from aegis.problems import Conflict, Forbidden, Unavailable
from aegis.proof.streams import CHUNK, Readable, chunks
from imports.sources.huggingface.refusals import Question, hub_answers, refusal_of
from imports.sources.huggingface.repository import Repository, read_commit, read_repository

COMMIT_BYTES: Final = 64 * 1024
"""No answer that names one commit is larger."""
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,1000}")
_RANGE: Final = re.compile(r"bytes (\d{1,16})-\d{1,16}/(\d{1,16}|\*)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file at a commit: its size and the id of its Git object, where the hub has said them."""

    repo: str
    commit: str
    path: str
    size: int | None = None
    blob: str = ""


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub at ``endpoint``, for whoever bears ``token``, which no text of this object shows."""

    endpoint: str
    token: str | None = field(default=None, repr=False)

    def repository(self, repo: str, revision: str) -> Repository:
        """Return the repository as it is at ``revision`` now, with the digests of its files."""
        return read_repository(self._about(repo, revision, {"blobs": "true"}))

    def commit(self, repo: str, revision: str) -> str:
        """Return the newest commit of ``revision``, by an answer that holds no more than that."""
        return read_commit(self._about(repo, revision, {"expand": "sha"}, most=COMMIT_BYTES))

    def page(self, repo: str, commit: str = "") -> str:
        """Return the address of the repository for people."""
        return f"{self.endpoint}/{repo}" + (f"/tree/{commit}" if commit else "")

    def require_readable(self, wanted: Wanted) -> None:
        """Raise ``Forbidden`` where the hub says of the repository, but gives no file of it."""
        with hub_answers(), self._client() as client:
            answer = client.ask("HEAD", _place(wanted))
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise refusal_of(answer.status, answer.headers, self._question(wanted))

    def text(self, wanted: Wanted, *, most: int) -> bytes | None:
        """Return the whole of a small file, or None if it has more than ``most`` bytes."""
        with self.open(wanted, offset=0) as stream:
            data = b"".join(chunks(stream, most + 1))
        return data if len(data) <= most else None

    @contextmanager
    def open(self, wanted: Wanted, *, offset: int) -> Generator[Readable, None, None]:
        """Open the bytes of a file from ``offset`` on, from wherever the hub sends for them.

        Raises ``Conflict`` with ``source_changed`` for a file of another size than the hub said,
        and at the end for bytes that are not those of its Git object.
        """
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        with self._client() as client, ExitStack() as stack:
            with hub_answers():
                body = stack.enter_context(client.stream(_place(wanted), headers=headers))
            yield self._checked(body, wanted, offset)

    def _checked(self, body: Body, wanted: Wanted, offset: int) -> Readable:
        if body.status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            raise refusal_of(body.status, body.headers, self._question(wanted))
        begins, size = _extent(body)
        if wanted.size is not None and size not in {None, wanted.size}:
            raise _changed(wanted, f"{size:,} bytes, where the hub said {wanted.size:,}")
        stream: Readable = HubStream(body)
        if begins > offset:
            raise Unavailable("hub_unreadable", f"The hub sent another part of {wanted.path}.")
        for _ in chunks(stream, offset - begins):
            pass
        if offset == 0 and wanted.blob and wanted.size is not None:
            return GitBlobStream(stream, wanted)
        return stream

    def _about(
        self, repo: str, revision: str, params: Mapping[str, str], *, most: int = ANSWER_BYTES
    ) -> Any:
        asked = Question(repo, revision, self.page(repo), bool(self.token))
        path = f"/api/models/{quote(repo)}/revision/{quote(revision, safe='')}"
        with hub_answers(), self._client() as client:
            answer = client.ask("GET", path, params=params, most=most)
            if answer.status != HTTPStatus.OK:
                raise refusal_of(answer.status, answer.headers, asked)
            return answer.json()

    def _question(self, wanted: Wanted) -> Question:
        return Question(
            wanted.repo, wanted.commit, self.page(wanted.repo), bool(self.token), wanted.path
        )

    def _client(self) -> Client:
        if not self.token:
            return open_client(self.endpoint)
        if not _TOKEN.fullmatch(self.token):
            raise Forbidden(
                "hub_login_needed",
                "The token for the hub holds characters that no token has.",
                mend="The operator sets HF_TOKEN to one that is valid.",
            )
        return open_client(self.endpoint, headers={"Authorization": f"Bearer {self.token}"})


class HubStream:
    """The bytes that a hub sends, whose breaking off is the hub's."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def read(self, size: int = CHUNK, /) -> bytes:
        """Return up to ``size`` bytes, and none at the end only."""
        with hub_answers():
            return self._body.read(size)


class GitBlobStream:
    """The whole of a file, which is held against the id of its Git object at its end."""

    def __init__(self, stream: Readable, wanted: Wanted) -> None:
        self._stream = stream
        self._wanted = wanted
        # Git names its objects by SHA-1; nothing of ours rests on it, but it shows a slip.
        self._hash = hashlib.sha1(f"blob {wanted.size}\0".encode(), usedforsecurity=False)

    def read(self, size: int = CHUNK, /) -> bytes:
        """Return up to ``size`` bytes, and none at the end only."""
        data = self._stream.read(size)
        self._hash.update(data)
        if not data and self._hash.hexdigest() != self._wanted.blob:
            raise _changed(self._wanted, "other bytes than the hub said")
        return data


def _place(wanted: Wanted) -> str:
    return f"/{quote(wanted.repo)}/resolve/{wanted.commit}/{quote(wanted.path)}"


def _extent(body: Body) -> tuple[int, int | None]:
    """Return where the bytes that come begin, and how long the whole file is."""
    if body.status == HTTPStatus.PARTIAL_CONTENT:
        found = _RANGE.fullmatch(body.headers.get("content-range", ""))
        if not found:
            raise Unavailable("hub_unreadable", "The hub sent a part without saying which.")
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = body.headers.get("content-length", "")
    return 0, int(length) if length.isdecimal() else None


def _changed(wanted: Wanted, what: str) -> Conflict:
    return Conflict(
        "source_changed",
        f"{wanted.path} of {wanted.repo} at {wanted.commit[:12]} has {what}.",
        mend="Try again; if it happens once more, tell those who publish it.",
        details={"path": wanted.path},
    )
