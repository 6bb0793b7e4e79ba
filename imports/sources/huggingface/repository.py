"""What the hub says of a repository at a commit, read as an answer that nobody vouches for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aegis.problems import Unavailable

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_REPO: Final = re.compile(r"[\w.-]{1,96}(?:/[\w.-]{1,96})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file as the hub lists it: ``sha256`` of a large one, ``blob`` the Git object of a small."""

    path: str
    size: int | None
    sha256: str
    blob: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository at one commit; what the hub does not say is empty or None."""

    name: str
    commit: str
    files: tuple[HubFile, ...]
    is_gated: bool = False
    author: str = ""
    library: str = ""
    pipeline: str = ""
    parameter_count: int | None = None

    def file(self, path: str) -> HubFile | None:
        """Return the file at ``path``, if there is one."""
        return next((file for file in self.files if file.path == path), None)


def read_repository(answer: Any) -> Repository:
    """Return the repository that an answer of ``/api/models/…`` describes."""
    found = _object(answer)
    siblings = found.get("siblings")
    if not isinstance(siblings, list):
        raise _unreadable("no list of files")
    name = found.get("id")
    if not isinstance(name, str) or not _REPO.fullmatch(name):
        raise _unreadable("no name of the repository")
    count = _mapping(found.get("safetensors")).get("total")
    return Repository(
        name=name,
        commit=read_commit(found),
        files=tuple(map(_file, siblings)),
        is_gated=bool(found.get("gated")),
        author=_text(found.get("author")),
        library=_text(found.get("library_name")),
        pipeline=_text(found.get("pipeline_tag")),
        parameter_count=_size(count),
    )


def read_commit(answer: Any) -> str:
    """Return the commit that an answer of ``/api/models/…`` is about."""
    commit = _object(answer).get("sha")
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise _unreadable("no commit")
    return commit


def _file(entry: Any) -> HubFile:
    found = _object(entry)
    path = found.get("rfilename")
    if not isinstance(path, str) or not path:
        raise _unreadable("a file without a path")
    large = _mapping(found.get("lfs"))
    if not large:
        blob = _text(found.get("blobId"))
        return HubFile(path, _size(found.get("size")), "", blob if _COMMIT.fullmatch(blob) else "")
    sha256 = _text(large.get("sha256"))
    if not _SHA256.fullmatch(sha256):
        raise _unreadable("a large file without its sha256")
    size = _size(large.get("size"))
    return HubFile(path, _size(found.get("size")) if size is None else size, sha256, "")


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _unreadable("something that is no object")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _size(value: Any) -> int | None:
    is_one = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if is_one else None


def _unreadable(what: str) -> Unavailable:
    return Unavailable(
        "hub_unreadable",
        f"The hub's answer about the repository holds {what}.",
        mend="The operator looks whether HF_ENDPOINT is the address of a hub.",
    )
