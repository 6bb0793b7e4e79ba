"""The files of a version by their folders, as a table shows them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from urllib.parse import quote

from aegis.proof.manifest import FileEntry

MOST: Final = 50


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file: its name inside its folder, and where it is downloaded."""

    entry: FileEntry
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with the files that are directly in it; an empty path is the artifact itself."""

    path: str
    files: tuple[FileRow, ...]


def folders_of(files: Iterable[FileEntry], address: str) -> tuple[Folder, ...]:
    """Return the folders in order, what lies in none of them last; ``address`` precedes paths."""
    rows = sorted(files, key=lambda entry: (not _folder(entry), _folder(entry), entry.path))
    return tuple(
        Folder(
            path,
            tuple(
                FileRow(entry, entry.path.rpartition("/")[2], f"{address}{quote(entry.path)}")
                for entry in group
            ),
        )
        for path, group in groupby(rows, key=_folder)
    )


def _folder(entry: FileEntry) -> str:
    return entry.path.rpartition("/")[0]
