"""Export files: one version with all that proves it, as one uncompressed tar of fixed members.

``export.json`` comes first, then ``keys.json`` and the proofs in ``package.tar.gz.aegis/``, and
``package.tar.gz`` last: unpacked with ``tar``, ``aegis verify package.tar.gz`` works as on a
download. Nothing in a file that somebody hands over is believed: the names are fixed, the sizes
limited, and the bytes are read in pieces.
"""

import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from aegis import strict_json
from aegis.problems import Invalid, NotFound
from aegis.proof.paths import RESERVED_FOLDER
from aegis.proof.streams import CHUNK

FORMAT: Final = "aegis.export/1"
DOCUMENT: Final = "export.json"
KEYS: Final = "keys.json"
PACKAGE: Final = "package.tar.gz"
PROOFS: Final = f"{PACKAGE}{RESERVED_FOLDER}/"
SMALL_BYTES: Final = 32 * 1024**2
"""So many bytes any member has at most, but for the package."""

_BLOCK: Final = tarfile.BLOCKSIZE
_MEMBERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Export:
    """An export file: what it says of the version, the small members by name, and the package.

    The package lies at ``offset`` and has ``size`` bytes.
    """

    path: Path
    document: Mapping[str, Any]
    small: Mapping[str, bytes]
    offset: int
    size: int


def write_member(sink: BinaryIO, name: str, source: BinaryIO, size: int) -> None:
    """Add a member of ``size`` bytes; equal members make equal bytes."""
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = 0o644
    # What is larger than a plain header can say is said as GNU tar does, without another header.
    sink.write(header.tobuf(tarfile.GNU_FORMAT))
    left = size
    while left and (data := source.read(min(CHUNK, left))):
        sink.write(data)
        left -= len(data)
    if left:
        raise EOFError(f"{name} ends {left} bytes early.")
    sink.write(b"\0" * (-size % _BLOCK))


def write_end(sink: BinaryIO) -> None:
    """Add what ends a tar."""
    sink.write(b"\0" * 2 * _BLOCK)


def open_export(path: Path) -> Export:
    """Read an export file but for its package, or raise ``Invalid`` for what is none."""
    if not path.is_file():
        raise NotFound("path_not_found", f"There is no file {path}.")
    small: dict[str, bytes] = {}
    package: tuple[int, int] | None = None
    with path.open("rb") as stream:
        length = stream.seek(0, 2)
        stream.seek(0)
        for name, offset, size in _members(stream, length):
            if name in small or (name == PACKAGE and package):
                raise _unreadable(f"{name} is in it twice")
            if name == PACKAGE:
                package = (offset, size)
                continue
            if size > SMALL_BYTES:
                raise _unreadable(f"{name} has {size:,} bytes")
            stream.seek(offset)
            small[name] = stream.read(size)
    if package is None or DOCUMENT not in small:
        raise _unreadable(f"it lacks {PACKAGE if DOCUMENT in small else DOCUMENT}")
    return Export(path, _document(small[DOCUMENT]), small, *package)


def _members(stream: BinaryIO, length: int) -> Iterator[tuple[str, int, int]]:
    """Yield name, offset and size of each member, which are files of names that there may be."""
    place = 0
    for _ in range(_MEMBERS):
        stream.seek(place)
        block = stream.read(_BLOCK)
        if not block.strip(b"\0"):
            return
        try:
            header = tarfile.TarInfo.frombuf(block, "ascii", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise _unreadable("it is no tar of plain files") from error
        name, size = header.name, header.size
        is_ours = name in {DOCUMENT, KEYS, PACKAGE} or _is_proof(name)
        if header.type != tarfile.REGTYPE or not is_ours:
            raise _unreadable(f"{name[:80]!a} has no place in it")
        if not 0 <= size <= length - place - _BLOCK:
            raise _unreadable("it is cut off")
        yield name, place + _BLOCK, size
        place += _BLOCK + size + -size % _BLOCK
    raise _unreadable("it has too many members")


def _is_proof(name: str) -> bool:
    rest = name.removeprefix(PROOFS)
    return name.startswith(PROOFS) and rest.endswith(".json") and rest.count("/") == 0


def _document(data: bytes) -> Mapping[str, Any]:
    try:
        found = strict_json.loads(data)
    except Invalid as error:
        raise _unreadable(f"{DOCUMENT} is no JSON") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _unreadable(f"it is not of the format {FORMAT}")
    return found


def _unreadable(reason: str) -> Invalid:
    return Invalid(
        "export_unreadable",
        f"This is no export of a version: {reason}.",
        mend="Make one with `aegis export NAME@REF`.",
    )
