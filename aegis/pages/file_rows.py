"""The files of a version by their folders, as a table shows them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from urllib.parse import quote
from uuid import UUID

from aegis.proof.manifest import FileEntry

MOST: Final = 50


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file: its name inside its folder, its address, and the redaction that took it out."""

    entry: FileEntry
    name: str
    url: str
    redaction: UUID | None


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with the files that are directly in it; an empty path is the artifact itself."""

    path: str
    files: tuple[FileRow, ...]


def folders_of(
    files: Iterable[FileEntry], address: str, redacted: Mapping[str, UUID]
) -> tuple[Folder, ...]:
    """Return the folders in order, what lies in none of them last.

    ``address`` precedes paths; ``redacted`` maps those that were taken out to their redaction.
    """
    rows = sorted(files, key=lambda entry: (not _folder(entry), _folder(entry), entry.path))
    return tuple(
        Folder(
            path,
            tuple(
                FileRow(
                    entry,
                    entry.path.rpartition("/")[2],
                    f"{address}{quote(entry.path)}",
                    redacted.get(entry.path),
                )
                for entry in group
            ),
        )
        for path, group in groupby(rows, key=_folder)
    )


def _folder(entry: FileEntry) -> str:
    return entry.path.rpartition("/")[0]
