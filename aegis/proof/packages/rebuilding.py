"""The index of a package from the package alone, read once from its beginning to its end."""

import tarfile
from typing import Final

from aegis.problems import Invalid
from aegis.proof.manifest import FileEntry
from aegis.proof.packages.framing import BLOCK, END, damaged, header, padding
from aegis.proof.packages.index import Index, IndexedFile
from aegis.proof.packages.members import exactly
from aegis.proof.packages.seekable import TarReader
from aegis.proof.paths import FILES, PATH_BYTES, check_paths
from aegis.proof.streams import HashingReader, Readable, chunks
from aegis.strict_json import LARGEST_INTEGER

# Room for a path and a size in two pax records, and not for a bomb of them.
_LARGEST_PAX: Final = PATH_BYTES + 512


def rebuild(package: Readable, *, size_limit: int = LARGEST_INTEGER) -> Index:
    """Return the index of a seekable package; raise ``Conflict`` if it is none.

    ``size_limit`` is how many bytes its files may have together. Only headers that Aegis would
    have written are taken, so a link, a device or a path that leaves the folder is none.
    """
    source = HashingReader(package)
    walk = _Walk(TarReader(source), size_limit)
    files = walk.files()
    members = walk.tar.members
    return Index(source.size, source.sha256, tuple(members), tuple(files))


class _Walk:
    """A way through the tar stream of a package whose manifest is not at hand."""

    def __init__(self, tar: TarReader, size_limit: int) -> None:
        self.tar = tar
        self._limit = size_limit
        self._position = 0

    def files(self) -> list[IndexedFile]:
        found: list[IndexedFile] = []
        while (entry := self._entry()) is not None:
            found.append(IndexedFile(entry.path, self._position, entry.size))
            self._limit -= entry.size
            if len(found) > FILES or self._limit < 0:
                raise damaged("it holds more than it may")
            self._skip(entry.size)
            if self._take(len(padding(entry.size))) != padding(entry.size):
                raise damaged("its files do not end where they should")
        self.tar.finish()
        self._refuse_paths([file.path for file in found])
        return found

    def _entry(self) -> FileEntry | None:
        block = self._take(BLOCK)
        if block == END[:BLOCK]:
            if self._take(BLOCK) != END[BLOCK:]:
                raise damaged("it has no end")
            return None
        whole, path, size = block, None, None
        if self._parsed(block).type == tarfile.XHDTYPE:
            length = self._parsed(block).size
            if not 0 < length <= _LARGEST_PAX:
                raise damaged("it has a header that is too large")
            records = self._take(length + len(padding(length)))
            path, size = _pax(records[:length])
            block = self._take(BLOCK)
            whole += records + block
        member = self._parsed(block)
        entry = FileEntry(path or member.name, member.size if size is None else size, "")
        if not 0 <= entry.size <= LARGEST_INTEGER or _header(entry) != whole:
            raise damaged("it has a header that Aegis does not write")
        return entry

    def _parsed(self, block: bytes) -> tarfile.TarInfo:
        try:
            return tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeError) as error:
            raise damaged("it has a header that is broken") from error

    def _take(self, size: int) -> bytes:
        data = exactly(self.tar, size) if size else b""
        if len(data) < size:
            raise damaged("it ends too early")
        self._position += size
        return data

    def _skip(self, size: int) -> None:
        passed = sum(map(len, chunks(self.tar, size)))
        self._position += passed
        if passed < size:
            raise damaged("it ends too early")

    def _refuse_paths(self, paths: list[str]) -> None:
        try:
            in_order = check_paths(paths)
        except Invalid as refusal:
            raise damaged("it names a file that no version may have") from refusal
        if in_order != tuple(paths):
            raise damaged("its files are not in order")


def _header(entry: FileEntry) -> bytes:
    try:
        return header(entry)
    except (UnicodeError, ValueError) as error:
        raise damaged("it has a header that is broken") from error


def _pax(records: bytes) -> tuple[str | None, int | None]:
    """Return the path and size that pax records say: ``length key=value``, each on a line."""
    path = size = None
    try:
        for line in records.decode().splitlines():
            key, _, value = line.partition(" ")[2].partition("=")
            if key == "path":
                path = value
            elif key == "size":
                size = int(value)
    except ValueError as error:
        raise damaged("it has a header that is broken") from error
    return path, size
