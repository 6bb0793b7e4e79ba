"""The manifest of an artifact: what its files are, and by that what the version is."""

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import rfc8785

from aegis import strict_json
from aegis.problems import Invalid
from aegis.proof.paths import check_paths, order

FORMAT: Final = 1

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of an artifact: its path, its size in bytes and the hex sha256 of its bytes."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The files of one artifact, sorted by path. Make it with ``of`` or ``parse``."""

    files: tuple[FileEntry, ...]

    @classmethod
    def of(cls, files: Iterable[FileEntry]) -> "Manifest":
        """Return the manifest of ``files`` in any order; raise ``Invalid`` on a faulty entry."""
        entries = {}
        paths = []
        for entry in files:
            paths.append(entry.path)
            entries[entry.path] = _checked(entry)
        check_paths(paths)
        return cls(tuple(sorted(entries.values(), key=lambda entry: order(entry.path))))

    @classmethod
    def parse(cls, data: bytes) -> "Manifest":
        """Return the manifest that ``canonical`` wrote; any other spelling is ``Invalid``."""
        manifest = cls.of(_entries(strict_json.loads(data)))
        if manifest.canonical != data:
            raise Invalid("manifest_not_canonical", "The manifest is not in its canonical form.")
        return manifest

    @cached_property
    def canonical(self) -> bytes:
        """The manifest as canonical JSON (RFC 8785)."""
        return rfc8785.dumps(
            {
                "files": [
                    {"path": entry.path, "sha256": entry.sha256, "size": entry.size}
                    for entry in self.files
                ],
                "format": FORMAT,
            }
        )

    @cached_property
    def digest(self) -> str:
        """The identity of the artifact: hex sha256 of the canonical JSON."""
        return hashlib.sha256(self.canonical).hexdigest()

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(entry.size for entry in self.files)

    def entry(self, path: str) -> FileEntry | None:
        """Return the entry of ``path``, if the artifact has it."""
        return self._by_path.get(path)

    def without(self, paths: Collection[str]) -> "Manifest":
        """Return the manifest of the files that a package still has when ``paths`` are redacted."""
        return Manifest(tuple(entry for entry in self.files if entry.path not in paths))

    @cached_property
    def _by_path(self) -> dict[str, FileEntry]:
        return {entry.path: entry for entry in self.files}


def is_sha256(text: object) -> bool:
    """Say whether ``text`` is a sha256 as the registry writes it: 64 lower-case hex digits."""
    return isinstance(text, str) and _SHA256.fullmatch(text) is not None


def _checked(entry: FileEntry) -> FileEntry:
    if isinstance(entry.size, bool) or not 0 <= entry.size <= strict_json.LARGEST_INTEGER:
        raise Invalid("file_size_invalid", f"The size of {entry.path} is no size.", field="size")
    if not is_sha256(entry.sha256):
        raise Invalid(
            "file_sha256_invalid",
            f"The sha256 of {entry.path} must be 64 lower-case hex digits.",
            field="sha256",
        )
    return entry


def _entries(value: Any) -> list[FileEntry]:
    if not (isinstance(value, dict) and value.keys() == {"files", "format"}):
        raise _malformed()
    if value["format"] != FORMAT or not isinstance(value["files"], list):
        raise _malformed()
    return [_entry(item) for item in value["files"]]


def _entry(value: Any) -> FileEntry:
    if not (isinstance(value, dict) and value.keys() == {"path", "sha256", "size"}):
        raise _malformed()
    if not (isinstance(value["path"], str) and isinstance(value["size"], int)):
        raise _malformed()
    return FileEntry(value["path"], value["size"], value["sha256"])


def _malformed() -> Invalid:
    return Invalid("manifest_malformed", f"This is no manifest of format {FORMAT}.")
