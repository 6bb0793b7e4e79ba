"""Artifacts as a tracking server hands them out itself: folders, files, and their bytes.

Measured with MLflow 3.17: a GET honours ``Range``. Its ETag is of the file on the server's own
disk, which for artifacts in a bucket is a copy made for this very request, so it says nothing of
whether a file changed since: the size of the listing does, as far as anything does.
"""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings

from aegis.egress.bodies import Body
from aegis.problems import Conflict, Invalid, NotFound
from aegis.proof.paths import check_path
from aegis.proof.streams import Readable, chunks
from imports.sources.mlflow.answers import read_entries
from imports.sources.mlflow.asking import Tracking
from imports.sources.protocol import PlannedFile

PROXY: Final = "/api/2.0/mlflow-artifacts/artifacts"
SCHEME: Final = "mlflow-artifacts"

_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(\d+)")
# The server decodes a path until nothing is left to decode, and refuses what may be a fragment.
_UNREADABLE: Final = re.compile(r"[%#]")
_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """What a folder holds: a file with its size, or a further folder."""

    name: str
    is_folder: bool
    size: int | None


def place_of(artifact_uri: str, tracking: Tracking) -> str:
    """Return where a root of artifacts is for the server, which is to hand them out itself."""
    server = tracking.server
    parts = urlsplit(artifact_uri)
    path = unquote(parts.path)
    if parts.scheme in {"http", "https"} and artifact_uri.startswith(f"{server.uri}{PROXY}/"):
        path = path[path.index(PROXY) + len(PROXY) :]
    elif parts.scheme != SCHEME:
        raise _elsewhere(parts.scheme)
    elif parts.netloc and parts.netloc.lower() != urlsplit(server.uri).netloc.lower():
        # Whoever makes an experiment says where its artifacts are, so no credential goes there.
        raise Invalid(
            "mlflow_artifacts_elsewhere",
            f"The artifacts are at {parts.netloc}, and not at the MLflow server {server.name}.",
            mend="Aegis asks only the server that the operator named. Let artifacts go through it.",
        )
    return check_path(path.strip("/"))


def list_folder(tracking: Tracking, place: str) -> list[Entry]:
    """Return what the folder at ``place`` holds; nothing for a file, or where there is nothing."""
    missing = NotFound("mlflow_folder_missing", "The MLflow server has no such folder.")
    try:
        answer = tracking.get(PROXY, {"path": place}, missing=missing)
    except NotFound:
        return []
    entries = [Entry(*found) for found in read_entries(answer)]
    if any(not entry.name or "/" in entry.name for entry in entries):
        raise tracking.unreadable("with a list of files that cannot be")
    return entries


def find_files(tracking: Tracking, root: str, path: str) -> list[PlannedFile] | None:
    """Return the files of the artifact at ``path`` below ``root``; None where there is none.

    A single file keeps its name; those of a folder are named from it. An empty ``path`` is all.
    """
    if not path:
        return list(_walk(tracking, root))
    _refuse_unreadable(path)
    folder, _, name = f"{root}/{path}".rpartition("/")
    for entry in list_folder(tracking, folder):
        if entry.name == name and entry.is_folder:
            return list(_walk(tracking, f"{folder}/{name}"))
        if entry.name == name:
            return [_planned(folder, "", entry)]
    return None


def shown_entries(tracking: Tracking, place: str) -> str:
    """Return what a folder holds, as people read it."""
    names = [
        f"{entry.name}/" * entry.is_folder or entry.name for entry in list_folder(tracking, place)
    ]
    further = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + further


@contextmanager
def open_file(
    tracking: Tracking, file: PlannedFile, *, offset: int
) -> Generator[Readable, None, None]:
    """Open a file from ``offset``; what a server sends before it is read over."""
    with tracking.stream(f"{PROXY}/{quote(file.place)}", offset=offset) as body:
        begin = _begin(tracking, file, body, offset)
        for _ in chunks(body, offset - begin):
            pass
        yield body


def _begin(tracking: Tracking, file: PlannedFile, body: Body, offset: int) -> int:
    """Return at which byte a body begins, or raise ``Conflict`` if the file is another by now."""
    if body.status in {HTTPStatus.NOT_FOUND, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}:
        raise _changed(file)
    if body.status == HTTPStatus.OK:
        begin, size = 0, body.headers.get("content-length")
    elif body.status == HTTPStatus.PARTIAL_CONTENT:
        match = _RANGE.fullmatch(body.headers.get("content-range", ""))
        if match is None or int(match[1]) > offset:
            raise tracking.unreadable("with another part of a file than was asked for")
        begin, size = int(match[1]), match[2]
    else:
        raise tracking.refusal(body.status, body.headers)
    if size is not None and file.size is not None and size != str(file.size):
        raise _changed(file)
    return begin


def _walk(tracking: Tracking, root: str) -> Iterator[PlannedFile]:
    """Yield the files of a folder, and of those in it; an endless one is given up."""
    most = settings.AEGIS_UPLOAD_FILES
    folders, seen = [""], 0
    for folder in folders:
        for entry in list_folder(tracking, f"{root}/{folder}".rstrip("/")):
            seen += 1
            if seen > 2 * most:
                raise Invalid(
                    "too_many_files",
                    f"The artifact has more than {most:,} files and folders, and no more than "
                    f"{most:,} files go into a version.",
                    mend="Give the path of a folder in it.",
                )
            planned = _planned(root, folder, entry)
            if entry.is_folder:
                folders.append(f"{planned.path}/")
            else:
                yield planned


def _planned(root: str, folder: str, entry: Entry) -> PlannedFile:
    path = check_path(f"{folder}{entry.name}")
    _refuse_unreadable(path)
    # An artifact can be written over; that its size is another is all that MLflow tells of it.
    mark = "" if entry.size is None else f"{entry.size:,} bytes"
    return PlannedFile(path=path, place=f"{root}/{path}", size=entry.size, mark=mark)


def _refuse_unreadable(path: str) -> None:
    if _UNREADABLE.search(path):
        raise Invalid(
            "mlflow_path_unreadable",
            f"MLflow gives out no file with a % or # in its path, and {path!a} has one.",
            mend="Log it under another name.",
        )


def _changed(file: PlannedFile) -> Conflict:
    return Conflict(
        "source_changed",
        f"{file.path} was changed or taken away on the MLflow server since it was looked up.",
        mend="Look it up again.",
    )


def _elsewhere(scheme: str) -> Invalid:
    if scheme in {"", "file"}:
        return Invalid(
            "mlflow_artifacts_elsewhere",
            "The artifacts are in a folder (file:) of the machine that logged them, which Aegis "
            "cannot read.",
            mend="Run the MLflow server with --serve-artifacts, and log the model to an experiment "
            "whose artifacts begin with mlflow-artifacts:.",
        )
    return Invalid(
        "mlflow_artifacts_elsewhere",
        f"The artifacts are in storage ({scheme}:) that the MLflow server does not hand out.",
        mend="Run the MLflow server with --serve-artifacts and --artifacts-destination, and log "
        "the model to an experiment whose artifacts begin with mlflow-artifacts:.",
    )
