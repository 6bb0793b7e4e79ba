"""The index of a seekable package: where each file and each gzip member begins.

It is canonical JSON (RFC 8785), lies beside the package and follows from it; whoever reads by
it believes nothing of it, and says ``package_index_damaged`` where it does not fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import rfc8785

from aegis import strict_json
from aegis.problems import Conflict, Invalid
from aegis.proof.manifest import Manifest, is_sha256
from aegis.proof.packages.framing import END, placed
from aegis.proof.packages.members import CHUNK_SIZE, LAYOUT, largest_member

FORMAT: Final = 1
MEDIA_TYPE: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is: in the tar stream, and in the package.

    ``members`` are the offsets of the gzip members that hold its bytes, and the end of the
    last one; a file without bytes has none.
    """

    offset: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file of the package, and where its bytes begin in the tar stream."""

    path: str
    offset: int
    size: int


@dataclass(frozen=True)
class Index:
    """What is where in one package. Make it with ``of``, ``parse`` or ``rebuild``.

    ``size`` and ``sha256`` are the package's; ``members`` says where each gzip member begins,
    and where the last one ends.
    """

    size: int
    sha256: str
    members: tuple[int, ...]
    files: tuple[IndexedFile, ...]

    @classmethod
    def of(cls, manifest: Manifest, members: Sequence[int], *, size: int, sha256: str) -> "Index":
        """Return the index of a package whose files the manifest names."""
        files = (IndexedFile(f.entry.path, f.offset, f.entry.size) for f in placed(manifest))
        return cls(size, sha256, tuple(members), tuple(files))

    @classmethod
    def parse(cls, data: bytes) -> "Index":
        """Return the index that ``canonical`` wrote, or raise ``Conflict``."""
        try:
            index = _index(strict_json.loads(data))
        except (Invalid, KeyError, TypeError, ValueError) as error:
            raise index_damaged() from error
        if not _is_possible(index) or index.canonical != data:
            raise index_damaged()
        return index

    @cached_property
    def canonical(self) -> bytes:
        """The index as canonical JSON."""
        return rfc8785.dumps(
            {
                "chunk_size": CHUNK_SIZE,
                "files": [
                    {"offset": file.offset, "path": file.path, "size": file.size}
                    for file in self.files
                ],
                "format": FORMAT,
                "layout": LAYOUT,
                "members": list(self.members),
                "package": {"sha256": self.sha256, "size": self.size},
            }
        )

    def place(self, path: str) -> Place:
        """Return where a file is. Raises ``KeyError`` if the package has no such file."""
        file = self._by_path[path]
        if not file.size:
            return Place(file.offset, ())
        first = file.offset // CHUNK_SIZE
        last = (file.offset + file.size - 1) // CHUNK_SIZE
        return Place(file.offset, self.members[first : last + 2])

    @cached_property
    def _by_path(self) -> dict[str, IndexedFile]:
        return {file.path: file for file in self.files}


def index_damaged() -> Conflict:
    """Return the refusal of an index that is none, or not that of its package."""
    return Conflict("package_index_damaged", "The index is not the one of the stored package.")


def _index(value: Any) -> Index:
    index = Index(
        size=value["package"]["size"],
        sha256=value["package"]["sha256"],
        members=tuple(value["members"]),
        files=tuple(IndexedFile(f["path"], f["offset"], f["size"]) for f in value["files"]),
    )
    numbers = [index.size, *index.members]
    for file in index.files:
        numbers += [file.offset, file.size]
        if not isinstance(file.path, str):
            raise TypeError
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise TypeError
    return index


def _is_possible(index: Index) -> bool:
    """Say whether the numbers agree with each other; only the package can say the rest."""
    if index.members[:1] != (0,) or index.members[1:][-1:] != (index.size,):
        return False
    if not all(0 < end - begin <= largest_member() for begin, end in pairwise(index.members)):
        return False
    most = (len(index.members) - 1) * CHUNK_SIZE - len(END)
    return is_sha256(index.sha256) and all(f.offset + f.size <= most for f in index.files)
