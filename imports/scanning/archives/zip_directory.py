"""The directory of a zip, read by the rules of APPNOTE 6.3.10 and doubted where they are bent.

Readers differ in which of the two headers of a member they believe, and where they look for the
directory. A zip in which these disagree is two archives at once, and is refused.
"""

import struct
from dataclasses import dataclass
from typing import Final

from imports.scanning.examination import Malformed, Scan
from imports.scanning.sources import Source

LOCAL: Final = b"PK\x03\x04"
_CENTRAL: Final = b"PK\x01\x02"
_END: Final = b"PK\x05\x06"
_END_64: Final = b"PK\x06\x06"
_LOCATOR_64: Final = b"PK\x06\x07"
_CENTRAL_RECORD: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL_RECORD: Final = struct.Struct("<4s5H3L2H")
_END_RECORD: Final = struct.Struct("<4s4H2LH")
_END_64_RECORD: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64_RECORD: Final = struct.Struct("<4sLQL")
_FULL: Final = 0xFFFFFFFF
_EXTRA_64: Final = 1
_ENCRYPTED: Final = 0x2041
_DESCRIBED_BEHIND: Final = 0x8
_UTF_8: Final = 0x800
_LINK: Final = 0o12
# A data descriptor: an optional signature, a CRC, and two sizes of 4 or 8 bytes.
_NOTHING: Final = frozenset({0})
_DESCRIPTORS: Final = frozenset({12, 16, 20, 24})


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the directory and its own header agree on it; ``offset`` is that of its data."""

    name: str
    method: int
    flags: int
    crc: int
    compressed: int
    size: int
    header: int
    offset: int
    is_link: bool

    @property
    def is_encrypted(self) -> bool:
        """Say whether its bytes or its header cannot be read without a password."""
        return bool(self.flags & _ENCRYPTED)

    @property
    def is_folder(self) -> bool:
        """Say whether it stands for a folder."""
        return self.name.endswith("/")

    @property
    def is_described_behind(self) -> bool:
        """Say whether its sizes follow its data."""
        return bool(self.flags & _DESCRIBED_BEHIND)


@dataclass(frozen=True, slots=True)
class _End:
    """Where the directory lies; ``base`` is what stands before the archive."""

    base: int
    offset: int
    size: int
    count: int
    record: int


def is_zip(source: Source) -> bool:
    """Say whether a reader would take the source for a zip, whatever stands before it."""
    if source.head.startswith((LOCAL, _END)):
        return True
    at = source.tail.rfind(_END)
    if at < 0 or len(source.tail) - at < _END_RECORD.size:
        return False
    record = max(0, source.size - len(source.tail)) + at
    *_, size, _, _ = _END_RECORD.unpack_from(source.tail, at)
    directory = source.read_at(max(0, record - size), 4)
    return directory == _CENTRAL or source.read_at(record - 20, 4) == _LOCATOR_64


def read_directory(source: Source, scan: Scan) -> tuple[Member, ...]:
    """Return the members in the order of their bytes, or raise ``Malformed``."""
    end = _end(source)
    if end.size > scan.limits.structure_bytes:
        raise _malformed("The directory is too large to be read.", source)
    data = source.read_at(end.base + end.offset, end.size)
    members: list[Member] = []
    at = 0
    for _ in range(end.count):
        scan.count_member(source.place)
        member, at = _central(data, at, end, source)
        members.append(member)
    if at != len(data):
        raise _malformed("The directory holds more than its members.", source)
    members.sort(key=lambda member: member.header)
    _check_layout(members, end, source)
    return tuple(members)


def _end(source: Source) -> _End:
    """Return where the one directory lies."""
    tail, begin = source.tail, source.size - len(source.tail)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_RECORD.size:
        raise _malformed("The directory at its end is missing.", source)
    ends = [
        place
        for place in _places(tail, _END)
        if place + _END_RECORD.size + int.from_bytes(tail[place + 20 : place + 22], "little")
        == len(tail)
    ]
    if ends != [at]:
        raise _malformed("It does not end with its one directory.", source)
    _, disk, first, here, count, size, offset, _ = _END_RECORD.unpack_from(tail, at)
    if disk or first or here != count:
        raise _malformed("It is one of several volumes.", source)
    record = begin + at
    wide = _end_64(source, record)
    if wide is not None:
        narrow = ((count, 0xFFFF), (size, _FULL), (offset, _FULL))
        if any(
            value not in {full, other}
            for (value, full), other in zip(narrow, wide[:3], strict=True)
        ):
            raise _malformed("Its two end records disagree.", source)
        count, size, offset, record = wide
    base = record - size - offset
    if base < 0:
        raise _malformed("Its directory lies outside of it.", source)
    return _End(base, offset, size, count, record)


def _end_64(source: Source, record: int) -> tuple[int, int, int, int] | None:
    """Return count, size and offset from the wide end record, and its place, if there is one."""
    data = source.read_at(record - _LOCATOR_64_RECORD.size, _LOCATOR_64_RECORD.size)
    if record < _LOCATOR_64_RECORD.size or not data.startswith(_LOCATOR_64):
        return None
    place = record - _LOCATOR_64_RECORD.size - _END_64_RECORD.size
    data = source.read_at(max(0, place), _END_64_RECORD.size)
    if place < 0 or not data.startswith(_END_64):
        raise _malformed("Its wide end record is not where it belongs.", source)
    *_, here, count, size, offset = _END_64_RECORD.unpack(data)
    if here != count:
        raise _malformed("It is one of several volumes.", source)
    return count, size, offset, place


def _central(data: bytes, at: int, end: _End, source: Source) -> tuple[Member, int]:
    """Return the member whose record begins at ``at``, and where the next one begins."""
    if len(data) - at < _CENTRAL_RECORD.size or data[at : at + 4] != _CENTRAL:
        raise _malformed("A record of the directory is damaged.", source)
    fields = _CENTRAL_RECORD.unpack_from(data, at)
    _, made_by, _, flags, method, _, _, crc, compressed, size = fields[:10]
    name_length, extra_length, comment_length, _, _, attributes, header = fields[10:]
    name_at = at + _CENTRAL_RECORD.size
    name = data[name_at : name_at + name_length]
    extra = data[name_at + name_length : name_at + name_length + extra_length]
    size, compressed, header = _widened((size, compressed, header), extra, source)
    header += end.base
    is_unix = made_by >> 8 == 3  # noqa: PLR2004 - APPNOTE 4.4.2.
    member = Member(
        name=_decoded(name, flags, source),
        method=method,
        flags=flags,
        crc=crc,
        compressed=compressed,
        size=size,
        header=header,
        offset=_checked_local(source, header, name, (method, flags, crc, compressed, size)),
        is_link=is_unix and attributes >> 28 == _LINK,
    )
    return member, name_at + name_length + extra_length + comment_length


def _checked_local(source: Source, header: int, name: bytes, said: tuple[int, ...]) -> int:
    """Return where the data begins, after comparing a member's own header with the directory."""
    data = source.read_at(header, _LOCAL_RECORD.size)
    if len(data) < _LOCAL_RECORD.size or not data.startswith(LOCAL):
        raise _malformed("A member is not where the directory says.", source)
    _, _, flags, method, _, _, crc, compressed, size, name_length, extra_length = (
        _LOCAL_RECORD.unpack(data)
    )
    begin: int = header + _LOCAL_RECORD.size
    own_name = source.read_at(begin, name_length)
    extra = source.read_at(begin + name_length, extra_length)
    if _FULL in {compressed, size}:
        size, compressed = _widened((size, compressed), extra, source)
    own = (method, flags, crc, compressed, size)
    is_behind = flags & _DESCRIBED_BEHIND and not any(own[2:])
    if own_name != name or own[:2] != said[:2] or (own != said and not is_behind):
        raise _malformed("A member and the directory disagree about it.", source)
    return begin + int(name_length) + int(extra_length)


def _widened(narrow: tuple[int, ...], extra: bytes, source: Source) -> tuple[int, ...]:
    """Return numbers with those that do not fit into 4 bytes taken from the extra field."""
    at, wide = 0, b""
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == _EXTRA_64:
            wide = extra[at + 4 : at + 4 + length]
            break
        at += 4 + length
    numbers: list[int] = []
    for number in narrow:
        if number != _FULL:
            numbers.append(number)
            continue
        if len(wide) < 8:  # noqa: PLR2004 - the bytes of a wide number.
            raise _malformed("A wide number is missing.", source)
        numbers.append(int.from_bytes(wide[:8], "little"))
        wide = wide[8:]
    return tuple(numbers)


def _check_layout(members: list[Member], end: _End, source: Source) -> None:
    """Refuse members that share bytes, and bytes that belong to none."""
    if end.base:
        raise _malformed("Something stands before the archive.", source)
    at, allowed = 0, _NOTHING
    for begin, member in [*((each.header, each) for each in members), (end.offset, None)]:
        if begin < at:
            raise _malformed("Two parts share bytes, as those of a bomb do.", source)
        if begin - at not in allowed:
            raise _malformed("Between its parts are bytes that belong to none.", source)
        if member is not None:
            at = member.offset + member.compressed
            allowed = _DESCRIPTORS if member.is_described_behind else _NOTHING


def _decoded(name: bytes, flags: int, source: Source) -> str:
    try:
        return name.decode("utf-8" if flags & _UTF_8 else "cp437")
    except UnicodeDecodeError as error:
        raise _malformed("A name in it is not UTF-8.", source) from error


def _places(data: bytes, sought: bytes) -> list[int]:
    places: list[int] = []
    at = data.find(sought)
    while at >= 0:
        places.append(at)
        at = data.find(sought, at + 1)
    return places


def _malformed(sentence: str, source: Source) -> Malformed:
    return Malformed("zip_malformed", f"The zip cannot be trusted. {sentence}", source.place)
