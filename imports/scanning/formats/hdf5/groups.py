"""Groups of HDF5: the objects that they lead to, in both of the forms that groups have."""

from collections.abc import Iterator
from typing import Final

from imports.scanning.examination import Examination
from imports.scanning.formats.hdf5.objects import UNDEFINED, File, Message
from imports.scanning.formats.reading import Cursor
from imports.scanning.formats.saying import inconclusive, malformed, unsafe
from imports.scanning.sources import source_of

_DEEPEST_TREE: Final = 32
_SOFT: Final = 1
_USER_DEFINED: Final = 64


def members(file: File, message: Message) -> Iterator[int]:
    """Yield the addresses of the objects that a symbol table message leads to."""
    cursor = Cursor(source_of(message.data, place=file.source.place))
    yield from _tree(file, cursor.unsigned(8), set())


def _tree(file: File, address: int, seen: set[int], depth: int = 0) -> Iterator[int]:
    file.scan.check_time(file.source.place)
    if address in seen or depth > _DEEPEST_TREE:
        raise malformed(file.source, "tree_loops", "A group's tree leads to itself.")
    seen.add(address)
    cursor = file.signed_at(address, b"TREE")
    kind, level, used = cursor.unpack("BBH")
    if kind:
        raise malformed(file.source, "tree_kind", "A group's tree is no tree of a group.")
    cursor.skip(16)
    for _ in range(used):
        cursor.skip(8)
        child = cursor.unsigned(8)
        if level:
            yield from _tree(file, child, seen, depth + 1)
        else:
            yield from _symbols(file, child)


def _symbols(file: File, address: int) -> Iterator[int]:
    cursor = file.signed_at(address, b"SNOD")
    cursor.skip(2)
    for _ in range(cursor.unsigned(2)):
        _, header, cache = cursor.unpack("QQI")
        cursor.skip(20)
        # A soft link leads to another object of this file, by its path, and has no header.
        if header != UNDEFINED and cache != 2:  # noqa: PLR2004 -- the cache of a soft link.
            yield header


def link(file: File, message: Message, place: str) -> tuple[int | None, Examination]:
    """Return the object that a link leads to, if it is one of this file, and what it says."""
    cursor = Cursor(source_of(message.data, place=file.source.place))
    version, flags = cursor.unsigned(1), cursor.unsigned(1)
    if version != 1:
        sentence = f"The version {version} of a link is not known here."
        raise malformed(file.source, "version_unknown", sentence)
    kind = cursor.unsigned(1) if flags & 0x08 else 0
    cursor.skip((8 if flags & 0x04 else 0) + (1 if flags & 0x10 else 0))
    name = cursor.take(cursor.unsigned(1 << (flags & 3))).decode("utf-8", "replace")
    if kind == 0:
        return cursor.unsigned(8), Examination()
    if kind == _SOFT:
        return None, Examination()
    if kind == _USER_DEFINED:
        target = cursor.take(cursor.unsigned(2)).decode("utf-8", "replace")
        return None, external(f"The link {name} leads to another file: {target[1:]!r}.", place)
    sentence = f"The link {name} is of the kind {kind}, which is not known here."
    return None, inconclusive("link_unknown", sentence, place)


def is_dense(message: Message, width: int) -> bool:
    """Say whether links or attributes lie in a heap of their own.

    ``width`` is how many bytes their highest number of order takes, where it is kept.
    """
    flags = message.data[1] if len(message.data) > 1 else 0
    start = 2 + (width if flags & 1 else 0)
    return message.data[start : start + 8] != UNDEFINED.to_bytes(8, "little")


def external(sentence: str, place: str) -> Examination:
    """Say that the file makes its reader open another file."""
    return unsafe("external_file", sentence, place, is_dangerous=True)
