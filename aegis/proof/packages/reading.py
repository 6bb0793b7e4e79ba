"""Reading one file, or a range of it, with one ranged read of a seekable package."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from aegis.problems import Conflict
from aegis.proof.manifest import FileEntry, Manifest
from aegis.proof.packages import members
from aegis.proof.packages.framing import checked, placed
from aegis.proof.packages.index import Index, Place, index_damaged
from aegis.proof.packages.members import CHUNK_SIZE, largest_member
from aegis.proof.packages.verifying import read_through
from aegis.proof.streams import Readable


class OpenRange(Protocol):
    """Opens ``length`` bytes of a package from ``offset``, or all from there."""

    def __call__(self, offset: int, length: int | None, /) -> AbstractContextManager[Readable]:
        """Return the bytes as a stream."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a package: what it is, where, and how to find it if the place is wrong.

    Without a ``place`` the package is read through. ``manifest`` is asked only then.
    """

    entry: FileEntry
    place: Place | None
    layout: str
    manifest: Callable[[], Manifest]


def read_member(
    open_range: OpenRange,
    manifest: Manifest,
    path: str,
    *,
    index: Index | None,
    offset: int = 0,
    length: int | None = None,
    layout: str = members.LAYOUT,
) -> Iterator[bytes]:
    """Yield the bytes of one file of a package, or ``length`` of them from ``offset``.

    Raises ``KeyError`` if there is no such file, ``ValueError`` for a range outside of it. See
    ``read`` for what is checked.
    """
    entry = manifest.entry(path)
    if entry is None:
        raise KeyError(path)
    place = None if index is None else _place(index, manifest, path)
    member = Member(entry, place, layout, lambda: manifest)
    return read(open_range, member, offset=offset, length=length)


def _place(index: Index, manifest: Manifest, path: str) -> Place:
    """Return where the index has a file, or a place that fits nowhere if it cannot be there."""
    expected = next(file.offset for file in placed(manifest) if file.entry.path == path)
    try:
        place = index.place(path)
    except KeyError:
        return Place(expected, ())
    return place if place.offset == expected else Place(expected, ())


def read(
    open_range: OpenRange, member: Member, *, offset: int = 0, length: int | None = None
) -> Iterator[bytes]:
    """Yield the bytes of a file, or of a range of it; raise ``Conflict`` if they are not its own.

    A whole file is held against its sha256, and its last piece back until then: a caller that
    has passed pieces on must break off the answer when this raises. A range is held against the
    number, length and CRC of the gzip members that it lies in. Where the place does not fit, the
    package is read through from its beginning, and the whole file held against its sha256.
    """
    size = member.entry.size
    length = size - offset if length is None else length
    if offset < 0 or length < 0 or offset + length > size:
        message = "The range does not lie within the file."
        raise ValueError(message)
    return _read(open_range, member, offset, length)


def _read(open_range: OpenRange, member: Member, offset: int, length: int) -> Iterator[bytes]:
    if member.place is None:
        yield from _through(open_range, member, offset, length)
        return
    given, digest = 0, hashlib.sha256()
    try:
        data = _by_place(open_range, member.place, offset, length)
        whole = length == member.entry.size
        for piece in checked(member.entry, data) if whole else data:
            given += len(piece)
            digest.update(piece)
            yield piece
    except Conflict as refusal:
        if refusal.code not in {"package_index_damaged", "file_digest_mismatch"}:
            raise
        data = _through(open_range, member, offset, length)
        yield from _going_on(data, given, digest.digest())


def _by_place(open_range: OpenRange, place: Place, offset: int, length: int) -> Iterator[bytes]:
    """Yield a range of a file out of the gzip members that hold it, and no others."""
    if not length:
        return
    begin, end = place.offset + offset, place.offset + offset + length
    base = place.offset // CHUNK_SIZE
    first, last = begin // CHUNK_SIZE - base, (end - 1) // CHUNK_SIZE - base
    bounds = place.members[first : last + 2]
    if len(bounds) != last - first + 2 or not _is_possible(bounds):
        raise index_damaged()
    with open_range(bounds[0], bounds[-1] - bounds[0]) as stream:
        for number, expected in enumerate(_lengths(bounds), base + first):
            plain = _member(stream, number, expected)
            start = number * CHUNK_SIZE
            if start + len(plain) < min(end, start + CHUNK_SIZE):
                raise index_damaged()
            yield plain[max(0, begin - start) : end - start]


def _member(stream: Readable, number: int, expected: int) -> bytes:
    try:
        found = members.read_member(stream, number)
    except Conflict as refusal:
        raise index_damaged() from refusal
    if found is None or found[1] != expected:
        raise index_damaged()
    return found[0]


def _lengths(bounds: tuple[int, ...]) -> list[int]:
    return [end - begin for begin, end in pairwise(bounds)]


def _is_possible(bounds: tuple[int, ...]) -> bool:
    return bounds[0] >= 0 and all(0 < each <= largest_member() for each in _lengths(bounds))


def _through(open_range: OpenRange, member: Member, offset: int, length: int) -> Iterator[bytes]:
    manifest, path = member.manifest(), member.entry.path
    with open_range(0, None) as package:
        skip, left = offset, length
        for data in read_through(package, manifest, path, layout=member.layout):
            piece = data[skip : skip + left]
            skip = max(0, skip - len(data))
            left -= len(piece)
            if piece:
                yield piece


def _going_on(data: Iterator[bytes], given: int, digest: bytes) -> Iterator[bytes]:
    """Yield what follows the ``given`` bytes, once it is sure that those were right."""
    seen = hashlib.sha256()
    for piece in data:
        before, after = piece[:given], piece[given:]
        given -= len(before)
        seen.update(before)
        if not given and seen.digest() != digest:
            raise index_damaged()
        if after:
            yield after
