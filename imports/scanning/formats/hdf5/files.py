"""HDF5: from the superblock to every object, for Keras configurations and ways out of the file.

The layout is that of https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html. Data is
never read: only groups, the kinds of data sets, and the few attributes that mean something.
"""

from collections.abc import Iterator
from typing import Final

from imports.scanning.examination import Examination, Format, LimitExceeded, Scan, together
from imports.scanning.formats.hdf5 import groups
from imports.scanning.formats.hdf5.attributes import Attribute
from imports.scanning.formats.hdf5.objects import UNDEFINED, File, Message, messages
from imports.scanning.formats.json_meaning import examine_value
from imports.scanning.formats.json_reading import read_any_json
from imports.scanning.formats.reading import Cursor
from imports.scanning.formats.saying import at, inconclusive, malformed, trailing
from imports.scanning.sources import HEAD, Source

_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
_LINK_INFO, _LINK, _EXTERNAL_FILES, _LAYOUT = 0x02, 0x06, 0x07, 0x08
_ATTRIBUTE, _SYMBOLS, _DRIVER, _ATTRIBUTE_INFO = 0x0C, 0x11, 0x14, 0x15
_SHARED_MESSAGES: Final = 0x0F
_VIRTUAL: Final = 3
_MOST_OBJECTS: Final = 500_000
_CONFIGURATIONS: Final = frozenset({"model_config", "training_config"})
_PYTABLES: Final = frozenset({"PYTABLES_FORMAT_VERSION"})


def recognises(source: Source) -> bool:
    """Say whether the signature stands where HDF5 looks for it: at 0, 512, 1,024 and so on."""
    if source.head.startswith(_SIGNATURE):
        return True
    offset = 512
    while offset < source.size:
        inside = source.head[offset : offset + 8] if offset + 8 <= HEAD else None
        if (source.read_at(offset, 8) if inside is None else inside) == _SIGNATURE:
            return True
        offset *= 2
    return False


def examine(source: Source, scan: Scan) -> Examination:
    """Walk over all objects from the root."""
    if not source.head.startswith(_SIGNATURE):
        sentence = "Something else stands before the HDF5 file, where another format can hide."
        raise malformed(source, "user_block", sentence)
    file = File(source, scan)
    root, extension, end = _superblock(file)
    found = [trailing(source, end, "HDF5 file")]
    if extension != UNDEFINED:
        found.extend(_examine_extension(file, extension))
    found.extend(_objects(file, root))
    return together(found)


def _superblock(file: File) -> tuple[int, int, int]:
    """Return the addresses of the root group and of the extension, and where the file ends."""
    source = file.source
    cursor = Cursor(source, len(_SIGNATURE))
    version = cursor.unsigned(1)
    if version > 3:  # noqa: PLR2004 -- the newest.
        raise malformed(source, "version_unknown", f"The version {version} is not known here.")
    if version > 1:
        widths = cursor.take(2)
        cursor.skip(1)
        base, extension, end, root = cursor.unpack("QQQQ")
        driver = UNDEFINED
    else:
        cursor.skip(4)
        widths = cursor.take(2)
        cursor.skip(9 if version == 0 else 13)
        base, _, end, driver = cursor.unpack("QQQQ")
        extension = UNDEFINED
        cursor.skip(8)
        root = cursor.unsigned(8)
    if widths != b"\x08\x08" or base:
        raise malformed(source, "superblock", "Addresses do not have 8 bytes from the beginning.")
    if driver != UNDEFINED:
        raise malformed(source, "driver", "The file is one of several, which are not here.")
    if end > source.size:
        sentence = f"The file claims {end:,} bytes and has {source.size:,}."
        raise malformed(source, "truncated", sentence)
    return root, extension, end


def _examine_extension(file: File, address: int) -> Iterator[Examination]:
    for message in messages(file, address):
        if message.kind in {_DRIVER, _SHARED_MESSAGES}:
            sentence = "The file is one of several, or keeps messages where they are not read."
            yield inconclusive("superblock_extension", sentence, file.source.place)


def _objects(file: File, root: int) -> Iterator[Examination]:
    """Examine every object that is reached from the root, each once."""
    waiting, seen = [root], {root}
    while waiting:
        address = waiting.pop()
        file.scan.check_time(file.source.place)
        for message in messages(file, address):
            reached, said = _examine_message(file, message, is_root=address == root)
            yield from said
            fresh = [each for each in reached if each not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
            if len(seen) > _MOST_OBJECTS:
                sentence = f"The file has more than {_MOST_OBJECTS:,} objects."
                raise LimitExceeded("too_many_objects", sentence, file.source.place)


def _examine_message(
    file: File, message: Message, *, is_root: bool
) -> tuple[list[int], list[Examination]]:
    """Return the objects that a message leads to, and what is to be said of it."""
    place = file.source.place
    if message.kind == _SYMBOLS:
        return list(groups.members(file, message)), []
    if message.kind == _LINK:
        target, said = groups.link(file, message, place)
        return [] if target is None else [target], [said]
    if message.kind == _LINK_INFO and groups.is_dense(message, 8):
        sentence = "A group keeps its links in a heap that is not read here."
        return [], [inconclusive("links_not_read", sentence, place)]
    if message.kind == _EXTERNAL_FILES:
        return [], [groups.external("A data set takes its data from another file.", place)]
    if message.kind == _LAYOUT and _is_virtual(message):
        return [], [groups.external("A virtual data set is put together of other files.", place)]
    return [], list(_examine_attribute(file, message, is_root=is_root))


def _is_virtual(message: Message) -> bool:
    version = message.data[0] if message.data else 0
    place = 1 if version >= 3 else 2  # noqa: PLR2004 -- earlier ones name dimensions first.
    return message.data[place : place + 1] == bytes([_VIRTUAL])


def _examine_attribute(file: File, message: Message, *, is_root: bool) -> Iterator[Examination]:
    """Examine attributes of the root, of which Keras and PyTables read some as more than data."""
    place = file.source.place
    if not is_root:
        return
    if message.kind == _ATTRIBUTE_INFO and groups.is_dense(message, 2):
        sentence = "The file keeps its attributes in a heap that is not read here."
        yield inconclusive("attributes_not_read", sentence, place)
    elif message.kind == _ATTRIBUTE and message.is_shared:
        yield inconclusive("attributes_not_read", "An attribute is kept elsewhere.", place)
    elif message.kind == _ATTRIBUTE:
        attribute = Attribute(file, message.data)
        if attribute.name in _PYTABLES:
            sentence = "PyTables may keep pickles in attributes and loads them."
            yield inconclusive("pytables", sentence, at(file.source, attribute.name))
        elif attribute.name in _CONFIGURATIONS:
            value = read_any_json(attribute.text(), file.source, attribute.name)
            yield examine_value(value, file.source, attribute.name)


FORMAT: Final = Format("hdf5", frozenset({".h5", ".hdf5", ".hdf", ".he5"}), recognises, examine)
