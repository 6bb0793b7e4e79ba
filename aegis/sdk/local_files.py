"""The files of a model on this machine: found below a folder, and read in chunks."""

import hashlib
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aegis.problems import Invalid, NotFound
from aegis.proof.manifest import FileEntry
from aegis.proof.paths import RESERVED_FOLDER, check_path, check_paths, order
from aegis.proof.streams import chunks
from aegis.sdk.progress import Progress, Watcher, unwatched

# What systems and tools leave in folders and nobody means by the model; pages leave out the same.
_LEFT_OUT_NAMES: Final = frozenset({".ds_store", "thumbs.db"})
_LEFT_OUT_FOLDERS: Final = frozenset({RESERVED_FOLDER, ".git", "__MACOSX", ".ipynb_checkpoints"})


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine, and its path in the artifact. ``size`` is in bytes."""

    path: str
    place: Path
    size: int
    changed_at: int

    @property
    def mark(self) -> tuple[int, int]:
        """What tells, without reading it, that the file is the one that was read before."""
        return (self.size, self.changed_at)


@dataclass(frozen=True, slots=True)
class LocalModel:
    """The files of a model, sorted by path, and the paths that were left out."""

    root: Path
    files: tuple[LocalFile, ...]
    left_out: tuple[str, ...]

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(file.size for file in self.files)


def find_files(root: Path) -> LocalModel:
    """Return the files of a model: one file, or all below a folder.

    Links, devices and sockets are refused, since what they stand for is not in the folder.
    Left out are ``.git``, ``.aegis`` and what desktops leave behind. Raises ``NotFound`` and
    ``Invalid``.
    """
    if not root.exists():
        raise NotFound("path_not_found", f"There is no file or folder {root}.")
    if root.is_file():
        return LocalModel(root, (_local(root.name, root),), ())
    left_out: list[str] = []
    files = [_local(path, place) for path, place in walk(root, left_out)]
    check_paths([file.path for file in files])
    ordered = sorted(files, key=lambda file: order(file.path))
    return LocalModel(root, tuple(ordered), tuple(sorted(left_out)))


def walk(root: Path, left_out: list[str] | None = None) -> Iterator[tuple[str, Path]]:
    """Yield path and place of each file below ``root``; refuse what is neither file nor folder.

    What nobody means by a model is added to ``left_out`` instead; without it nothing is left out.
    """
    pending = [(root, "")]
    while pending:
        folder, above = pending.pop()
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                path = f"{above}{unicodedata.normalize('NFC', entry.name)}"
                if left_out is not None and _is_left_out(entry):
                    left_out.append(path)
                elif entry.is_dir(follow_symlinks=False):
                    pending.append((Path(entry.path), f"{path}/"))
                elif entry.is_file(follow_symlinks=False):
                    yield path, Path(entry.path)
                else:
                    raise _no_file(path)


def hashed(file: LocalFile, *, watcher: Watcher = unwatched, before: int = 0) -> FileEntry:
    """Read a file and return its entry; ``before`` bytes of others were told to the watcher."""
    digest = hashlib.sha256()
    size = 0
    with file.place.open("rb") as stream:
        for data in chunks(stream):
            digest.update(data)
            size += len(data)
            watcher(Progress("hashing", before + size, None, file.path))
    return FileEntry(file.path, size, digest.hexdigest())


def _local(path: str, place: Path) -> LocalFile:
    found = place.stat()
    name = check_path(unicodedata.normalize("NFC", path))
    return LocalFile(name, place, found.st_size, found.st_mtime_ns)


def _is_left_out(entry: "os.DirEntry[str]") -> bool:
    if entry.is_dir(follow_symlinks=False):
        return entry.name in _LEFT_OUT_FOLDERS
    return entry.name.casefold() in _LEFT_OUT_NAMES


def _no_file(path: str) -> Invalid:
    return Invalid(
        "not_a_regular_file",
        f"{path} is a link or a device; an artifact holds regular files and folders only.",
        field="path",
        mend="Copy the file itself into the folder, or take it out.",
    )
