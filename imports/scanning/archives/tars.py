"""The members of a tar, read header by header (POSIX pax and GNU) and never extracted."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from imports.scanning.archives.names import Names
from imports.scanning.archives.zips import examine_part
from imports.scanning.examination import Examination, LimitExceeded, Malformed, Scan
from imports.scanning.findings import Finding
from imports.scanning.limits import MEBIBYTE
from imports.scanning.sources import Source, part_of
from imports.scanning.verdicts import Verdict

BLOCK: Final = 512
_LONGEST_NAME: Final = 64 * 1024
_LONGEST_PAX: Final = MEBIBYTE
_MOST_DIGITS: Final = 9
_FILES: Final = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE})
_LINKS: Final = frozenset({tarfile.LNKTYPE, tarfile.SYMTYPE})
_EXTENDED: Final = frozenset(
    {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE}
)
_DEVICES: Final = frozenset({tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE})
# PyTorch's first format of all: pickles and numbers in members of these names.
_FIRST_TORCH: Final = frozenset({"pickle", "storages", "tensors"})


@dataclass(frozen=True, slots=True)
class TarMember:
    """A member: what kind it is, and where its bytes lie."""

    name: str
    kind: bytes
    offset: int
    size: int


def is_tar(source: Source) -> bool:
    """Say whether the source begins with the header of a tar's member."""
    block = source.head[:BLOCK]
    if len(block) < BLOCK or not block[0]:
        return False
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return block[257:262] == b"ustar"
    return True


def examine_tar(source: Source, scan: Scan) -> Examination:
    """Return what is found in all members, up to where the archive cannot be read further."""
    names = Names()
    found = Examination()
    seen: set[str] = set()
    try:
        for member in _members(source, scan):
            seen.add(member.name)
            faults = tuple(names.faults(member.name, source.place))
            if faults:
                found += Examination(Verdict.UNSAFE, faults)
            found += Examination(members=1)
            found += _examine_member(member, source, scan)
    except (LimitExceeded, Malformed) as end:
        found += Examination(Verdict.INCONCLUSIVE, (end.finding,))
    if seen >= _FIRST_TORCH:
        sentence = "It is of PyTorch's first format, which can only be read by loading all of it."
        finding = Finding.of("torch_first_format", sentence, source.place)
        found += Examination(Verdict.UNSAFE, (finding,))
    return found


def _members(source: Source, scan: Scan) -> Iterator[TarMember]:
    """Yield the members in order; long names and pax records are applied to the next one."""
    at = 0
    renamed: dict[str, str] = {}
    while at < source.size:
        block = source.read_at(at, BLOCK)
        if not any(block):
            _check_end(source, at)
            return
        scan.count_member(source.place)
        info = _header(block, source)
        offset = at + BLOCK
        if info.type not in _EXTENDED:
            info.size = int(renamed.get("size", info.size))
        if info.type in _LINKS:
            info.size = 0
        if info.size < 0 or offset + info.size > source.size:
            raise _malformed("A member reaches beyond its end.", source)
        if info.type in {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}:
            text = _text(source, offset, info.size, _LONGEST_NAME).rstrip("\0")
            if info.type == tarfile.GNUTYPE_LONGNAME:
                renamed["path"] = text
        elif info.type in {tarfile.XHDTYPE, tarfile.XGLTYPE}:
            renamed |= _pax(_text(source, offset, info.size, _LONGEST_PAX), source)
        else:
            yield TarMember(renamed.get("path", info.name), info.type, offset, info.size)
            renamed = {}
        at = offset + -(-info.size // BLOCK) * BLOCK


def _header(block: bytes, source: Source) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        raise _malformed("A header is damaged.", source) from error


def _text(source: Source, offset: int, size: int, limit: int) -> str:
    if not 0 <= size <= limit:
        raise _malformed("A name is too long.", source)
    return source.read_at(offset, size).decode("utf-8", "replace")


def _pax(text: str, source: Source) -> dict[str, str]:
    """Return the records of a pax header that change the next member."""
    records: dict[str, str] = {}
    data = text.encode()
    while data.rstrip(b"\0"):
        length_text, space, _ = data.partition(b" ")
        length = (
            int(length_text) if length_text.isdigit() and len(length_text) < _MOST_DIGITS else 0
        )
        record = data[len(length_text) + 1 : length]
        key, equals, value = record.partition(b"=")
        if not space or not equals or not record.endswith(b"\n"):
            raise _malformed("A pax header is damaged.", source)
        if key.startswith(b"GNU.sparse"):
            raise _malformed("It holds a sparse file.", source)
        records[key.decode()] = value[:-1].decode()
        data = data[length:]
    if not records.get("size", "0").isdecimal():
        raise _malformed("A size is no number.", source)
    return {key: value for key, value in records.items() if key in {"path", "size"}}


def _check_end(source: Source, at: int) -> None:
    """Refuse what follows the end of the archive: a reader that goes on finds more members."""
    stream = part_of(source, at, source.size - at)
    while chunk := stream.read(MEBIBYTE):
        if any(chunk):
            raise _malformed("Behind its end follows something else.", source)


def _examine_member(member: TarMember, source: Source, scan: Scan) -> Examination:
    place = f"{source.place}!{member.name}" if source.place else member.name
    if member.kind == tarfile.DIRTYPE:
        return Examination()
    if member.kind in _LINKS or member.kind in _DEVICES:
        what = "a link" if member.kind in _LINKS else "a device"
        sentence = f"The member is {what}, which leads outside of a folder when it is unpacked."
        return Examination(Verdict.UNSAFE, (Finding.of("member_link", sentence, place),))
    if member.kind not in _FILES:
        raise _malformed(f"A member is of kind {member.kind!r}, which is not read here.", source)
    return examine_part(source, member.offset, member.size, member.name, scan)


def _malformed(sentence: str, source: Source) -> Malformed:
    return Malformed("tar_malformed", f"The tar cannot be trusted. {sentence}", source.place)
