"""The members of a zip, each examined for what it is."""

from collections.abc import Callable
from typing import Final

from imports.scanning.archives.expanding import BZ2, DEFLATE, KEPT, Compression, examine_expanded
from imports.scanning.archives.names import Names
from imports.scanning.archives.zip_directory import Member, read_directory
from imports.scanning.examination import Examination, LimitExceeded, Malformed, Scan
from imports.scanning.findings import Finding
from imports.scanning.sources import Source, part_of, source_of
from imports.scanning.verdicts import Verdict

_STORED: Final = 0
_COMPRESSIONS: Final[dict[int, Compression]] = {8: DEFLATE, 12: BZ2}

# Says how a member is examined that has a place in a layout; None leaves it to its content.
MemberRule = Callable[[Member], Callable[[], Examination] | None]


def examine_zip(source: Source, scan: Scan, rule: MemberRule | None = None) -> Examination:
    """Return what is found in all members, or raise ``Malformed`` for a broken archive."""
    return examine_members(read_directory(source, scan), source, scan, rule)


def examine_members(
    members: tuple[Member, ...], source: Source, scan: Scan, rule: MemberRule | None = None
) -> Examination:
    """Return what is found in members, up to the one with which a limit was reached."""
    names = Names()
    found = Examination(members=len(members))
    for member in members:
        faults = tuple(names.faults(member.name, source.place))
        if faults:
            found += Examination(_verdict_of(faults), faults)
        special = rule(member) if rule is not None else None
        try:
            found += special() if special is not None else examine_member(member, source, scan)
        except Malformed as error:
            found += Examination(Verdict.INCONCLUSIVE, (error.finding,))
        except LimitExceeded as end:
            return found + Examination(Verdict.INCONCLUSIVE, (end.finding,))
    return found


def examine_member(member: Member, source: Source, scan: Scan) -> Examination:
    """Return what is found in one member."""
    place = f"{source.place}!{member.name}" if source.place else member.name
    if member.is_link:
        sentence = "The member is a link, which leads wherever the archive is unpacked to."
        return Examination(Verdict.UNSAFE, (Finding.of("member_link", sentence, place),))
    if member.is_encrypted:
        raise Malformed("member_encrypted", "The member is encrypted.", place)
    if member.is_folder:
        if member.size or member.compressed:
            raise Malformed("member_folder", "The member is a folder that holds bytes.", place)
        return Examination()
    stream = part_of(source, member.offset, member.compressed)
    if member.method == _STORED:
        if member.size != member.compressed:
            raise Malformed("member_size", "The member's two sizes disagree.", place)
        return examine_part(source, member.offset, member.size, member.name, scan)
    compression = _COMPRESSIONS.get(member.method)
    if compression is None:
        sentence = f"The member is compressed by method {member.method}, which is not read here."
        raise Malformed("member_method", sentence, place)
    return examine_expanded(
        stream, compression, name=member.name, of=source, scan=scan, size=member.size
    )


def examine_part(source: Source, offset: int, size: int, name: str, scan: Scan) -> Examination:
    """Return what is found in a stretch of a source that is a member of it as it stands."""
    if source.is_slow and size <= KEPT:
        # Going back and forth in it would expand everything before it each time.
        copy = source_of(source.read_at(offset, size))
        return scan.examine_member(copy.stream, size=copy.size, name=name, of=source)
    return scan.examine_member(part_of(source, offset, size), size=size, name=name, of=source)


def _verdict_of(faults: tuple[Finding, ...]) -> Verdict:
    escapes = any(fault.code == "member_escapes" for fault in faults)
    return Verdict.UNSAFE if escapes else Verdict.INCONCLUSIVE
